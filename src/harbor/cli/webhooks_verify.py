"""`harbor webhooks verify`: whether a saved request was signed with a secret, and if not, why."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Final

import click

from harbor.cli.options import webhook_secret_option, with_output
from harbor.cli.options_values import moment, read_file
from harbor.cli.output import Failure, Output

HEADERS_BYTES_MAX: Final = 256 * 1024
BODY_BYTES_MAX: Final = 16 * 1024 * 1024
TOLERANCE_S: Final = 300


@click.command()
@click.option("--headers", "headers_path", required=True, metavar="FILE", help="`Name: value` lines, or a JSON object.")
@click.option("--body", "body_path", required=True, metavar="FILE", help="The raw body, byte for byte; - for stdin.")
@webhook_secret_option
@click.option("--at", type=moment, help="When the request came; now when not given.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=TOLERANCE_S,
    show_default=True,
    metavar="SECONDS",
    help="How far the timestamp may lie from that moment.",
)
@with_output
def verify(out: Output, *, headers_path: str, body_path: str, secret: str, at: str | None, tolerance: float) -> None:
    """Check the signature of a saved request, and say which check fails. Ends with 0 when it holds, else with 1.

    Nothing is sent: this works without a server.

    \b
    Example:
      harbor webhooks verify --headers headers.txt --body body.json --at 2026-05-25T12:00:01Z
    """
    from harbor.kernel.webhooks.signing import diagnose

    if headers_path == body_path == "-":
        raise click.UsageError("Only one of --headers and --body can be standard input.")
    headers = read_headers(read_file(headers_path, HEADERS_BYTES_MAX))
    body = read_file(body_path, BODY_BYTES_MAX)
    now = time.time() if at is None else datetime.fromisoformat(at).timestamp()
    findings = diagnose(headers, body, secret=secret, now=now, tolerance_s=tolerance)
    is_genuine = all(finding.passed for finding in findings)
    rows = [{"check": finding.check.value, "passed": finding.passed, "text": finding.text} for finding in findings]
    if out.as_json:
        out.record({"verified": is_genuine, "findings": rows})
    else:
        shown = [{**row, "result": "passed" if row["passed"] else "failed"} for row in rows]
        out.table({"data": shown}, ("check", "result", "text"))
    if not is_genuine:
        first = next(finding for finding in findings if not finding.passed)
        raise Failure(
            f"The signature does not hold: {first.text}",
            hint="--at tells when a saved request came." if first.check == "age" else "Mend the first failed check.",
            code="webhook_signature_invalid",
            facts={"check": first.check.value},
        )


def read_headers(raw: bytes) -> dict[str, str]:
    """Headers from `Name: value` lines, with or without a request line, or from a JSON object of texts or lists."""
    text = raw.decode("utf-8-sig", "surrogateescape").strip()
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except ValueError as error:
            raise click.UsageError(f"--headers is not JSON: {error}") from error
        return {
            name: ", ".join(map(str, item)) if isinstance(item, list) else str(item) for name, item in value.items()
        }
    headers: dict[str, str] = {}
    for line in text.replace("\r\n", "\n").split("\n"):
        name, sign, found = line.partition(":")
        # The first line of a saved request, `POST /hook HTTP/1.1`, is no header.
        if sign and " " not in name.strip():
            headers[name.strip()] = found.strip()
    return headers
