"""What to do next: refusals of the server and failures to reach it, as failures of a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from harbor.cli.output import Exit, Failure

if TYPE_CHECKING:
    from harbor_sdk import HarborError

_HINTS: Final[Mapping[str, str]] = {
    "connection_error": "Is the server running (`harbor serve`)? --host or HARBOR_URL names another one.",
    "timeout": "The request may have been carried out all the same; look before repeating it.",
    "invalid_response": "Does --host name a Harbor server, without a path and with the right scheme?",
    "authentication_failed": (
        "Check --key, or HARBOR_SECRET_KEY (admin words: HARBOR_ADMIN_KEY). A key may be revoked, expired, or belong"
        " to the other environment."
    ),
    "permission_denied": "Use a key with that scope: `harbor keys create --name NAME --scope SCOPE` makes one.",
    "resource_not_found": "Check the id, and that the key belongs to the same workspace and environment.",
    "route_not_found": "The server may be older than this program, or --host may name something else.",
    "invalid_request": "Change what the message names; --help shows what each option takes.",
    "workspace_suspended": "`harbor workspaces activate WORKSPACE_ID` ends the suspension; it takes the admin key.",
    "workspace_archived": "An archived workspace stays readable; write to another one.",
    "idempotency_conflict": "Send the first payload again, or use a fresh --idempotency-key.",
    "webhook_disabled": "`harbor webhooks update WEBHOOK_ID --status active` enables the endpoint.",
    "delivery_not_replayable": "`harbor deliveries get DELIVERY_ID` shows its state; it will be attempted by itself.",
    "delivery_not_cancelable": "`harbor deliveries get DELIVERY_ID` shows its state; it has ended already.",
    "workspace_not_archived": "`harbor workspaces archive WORKSPACE_ID` comes first.",
    "conflict": "Something else changed it in the same moment; look at it, then try again.",
    "payload_too_large": "Keep large things elsewhere and send their address.",
    "internal_error": "The server's log tells more under the request id.",
    "service_unavailable": "Try again in a moment.",
}


def failure(error: HarborError) -> Failure:
    """`error` with what to do next, and the exit code that scripts rely on."""
    hint = _HINTS.get(error.code)
    if error.code == "rate_limit_exceeded":
        seconds = -(-(error.retry_after_ms or 1_000) // 1_000)
        hint = f"Wait {seconds} s and run it again."
    return Failure(
        error.message,
        hint=hint,
        code=error.code,
        exit_code=_exit_code(error),
        request_id=error.request_id,
        facts={
            "status": error.status,
            "param": error.param,
            "details": list(error.details) or None,
            "retry_after_ms": error.retry_after_ms,
        },
    )


def _exit_code(error: HarborError) -> Exit:
    if error.code in ("connection_error", "timeout"):
        return Exit.UNREACHABLE
    # Without a status nothing was sent: the client library refused what it was given.
    return Exit.USAGE if error.status is None and error.code != "invalid_response" else Exit.REFUSED
