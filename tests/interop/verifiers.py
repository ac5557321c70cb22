"""The six third-party verifiers that receivers of deliveries use, asked as a receiver would ask them.

Three come from the Python index and run here; three come from npm and run in Node.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import standardwebhooks
import stripe
import svix.webhooks
from tests.interop import packages

NAMES = (
    "PyPI standardwebhooks",
    "PyPI svix",
    "PyPI stripe",
    "npm standardwebhooks",
    "npm svix",
    "npm stripe",
)

_TOLERANCE_S = 300


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
    """The three npm verifiers."""

    @staticmethod
    def installed() -> NodeVerifiers:
        """The verifiers, installed first if this machine has none of this lock file."""
        packages.installed()
        return NodeVerifiers()

    def verify(self, deliveries: Sequence[Delivery]) -> list[dict[str, bool]]:
        """Which of the three accept each delivery, by name."""
        cases = [
            {"secret": each.secret, "headers": each.lower_headers, "body": base64.b64encode(each.body).decode()}
            for each in deliveries
        ]
        answer: list[dict[str, bool]] = packages.run("verify.mjs", cases)
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
