"""`harbor doctor`: each trouble has a row, and what fails is the exit code."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sdks.python.tests.loopback import refusal
from tests.cli.conftest import Ran, Run, StandIn

import harbor
from harbor.cli import doctor_model as model

GIB = 2**30


@pytest.fixture(autouse=True)
def healthy(server: StandIn) -> None:
    """A server of which there is nothing to say."""
    server.on("GET /healthz", {"status": "ok"})
    server.on("GET /readyz", {"status": "ready"})
    server.on("GET /", {"version": harbor.__version__})
    server.on("GET /admin/v1/instance", instance())
    server.on("GET /admin/v1/deliveries/queue", {"depth": 3, "lag_ms": 20})


def instance(*, skew_s: float = 0, free: int = 50 * GIB, clock: str = "system") -> dict[str, Any]:
    now = datetime.now(UTC) + timedelta(seconds=skew_s)
    about = {"version": harbor.__version__, "engine": "sqlite", "mode": "production", "clock": clock}
    return {**about, "now": now.isoformat(), "disk_free_bytes": free, "disk_total_bytes": 100 * GIB}


def verdicts(ran: Ran) -> dict[str, str]:
    return {check["check"]: check["verdict"] for check in ran.json["data"]}


def test_a_healthy_server_passes(run: Run) -> None:
    ran = run("doctor", "--json")

    assert ran.code == 0
    assert verdicts(ran) == dict.fromkeys(
        ("server", "readiness", "version", "admin key", "clock", "disk space", "deliveries"), "passed"
    )


@pytest.mark.parametrize(
    ("route", "reply", "check", "verdict"),
    [
        ("GET /", {"version": "0.0.1"}, "version", "warning"),
        ("GET /admin/v1/instance", lambda: instance(skew_s=10), "clock", "warning"),
        ("GET /admin/v1/instance", lambda: instance(skew_s=-1_000), "clock", "failed"),
        ("GET /admin/v1/instance", lambda: instance(free=2 * GIB), "disk space", "warning"),
        ("GET /admin/v1/instance", lambda: instance(free=1_000), "disk space", "failed"),
        ("GET /admin/v1/instance", lambda: instance(clock="manual"), "calendar", "warning"),
        ("GET /admin/v1/deliveries/queue", {"depth": 9, "lag_ms": 120_000}, "deliveries", "warning"),
        ("GET /admin/v1/deliveries/queue", {"depth": 9, "lag_ms": 9_000_000}, "deliveries", "failed"),
        ("GET /admin/v1/key_rotation", {"id": "job_1", "state": "failed", "error": "full"}, "rotation of the key", "failed"),
        ("GET /admin/v1/key_rotation", {"id": "job_1", "state": "running"}, "rotation of the key", "passed"),
        ("GET /healthz", {"hello": "world"}, "server", "failed"),
    ],
)  # fmt: skip
def test_a_trouble_has_its_row_and_says_what_to_do(
    server: StandIn, run: Run, route: str, reply: Any, check: str, verdict: str
) -> None:
    server.on(route, reply() if callable(reply) else reply)  # what it says of the time is made now

    ran = run("doctor", "--json")

    assert verdicts(ran)[check] == verdict
    assert ran.code == (1 if verdict == "failed" else 0)
    row = next(row for row in ran.json["data"] if row["check"] == check)
    assert bool(row["what_to_do"]) == (verdict != "passed")


def test_a_server_that_takes_no_writes_fails(server: StandIn, run: Run) -> None:
    server.on("GET /readyz", {"status": "unavailable", "reason": "The disk is full."}, status=503)

    ran = run("doctor")

    assert ran.code == 1
    assert "The disk is full." in ran.stdout


def test_a_server_that_is_not_there_fails(run: Run) -> None:
    ran = run("doctor", "--json", HARBOR_URL="http://127.0.0.1:9")

    assert (ran.code, verdicts(ran)) == (1, {"server": "failed"})


def test_without_a_key_the_doctor_looks_from_outside(run: Run) -> None:
    ran = run("doctor", "--json", HARBOR_ADMIN_KEY="")

    assert ran.code == 0
    assert verdicts(ran) == {"server": "passed", "readiness": "passed", "version": "passed", "admin key": "warning"}


def test_a_key_that_is_refused_fails(server: StandIn, run: Run) -> None:
    server.answers["GET /admin/v1/instance"] = refusal(401, "authentication_failed")

    ran = run("doctor", "--json")

    assert (ran.code, verdicts(ran)["admin key"]) == (1, "failed")


@pytest.mark.parametrize(("days", "verdict"), [(90, "passed"), (5, "warning"), (-1, "failed")])
def test_a_certificate_is_looked_at_before_it_ends(days: int, verdict: str) -> None:
    assert model.certificate(days).verdict == verdict


def test_the_certificate_that_a_server_shows_is_looked_at_whoever_signed_it(run: Run, tls_port: int) -> None:
    ran = run("doctor", "--json", HARBOR_URL=f"https://127.0.0.1:{tls_port}")

    assert ran.code == 1
    assert verdicts(ran) == {"certificate": "warning", "server": "failed"}  # nobody here trusts it


@pytest.fixture
def tls_port(tmp_path: Path) -> Iterator[int]:
    """A server that shows a certificate with five days left, and closes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "harbor.test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=5, hours=1))
    shown = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "pem").write_bytes(shown + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            try:
                context.wrap_socket(accepted, server_side=True).close()
            except OSError:
                accepted.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()
