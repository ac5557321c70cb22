"""A delivery as a command line: the request that Harbor sends, to be sent by hand to a server one works on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from harbor.kernel.call import Call
from harbor.kernel.clock import real_now
from harbor.kernel.webhooks.model import Delivery, Subscription
from harbor.kernel.webhooks.subscriptions import keys
from harbor.kernel.webhooks.view import Signing


def signed_now(call: Call, delivery: Delivery, webhook: Subscription, body: str) -> str:
    """The command with a signature of this moment, which receivers take for five minutes."""
    kept = keys.open_secrets(call.vault, call.account_id, webhook.sealed_secrets)
    headers = call.views.of(delivery).headers(
        Signing(
            subscription=webhook,
            secrets=tuple(secret.text for secret in keys.valid_at(kept, call.tx.now)),
            event_id=delivery.event_id,
            event_type=delivery.event_type,
            delivery_id=delivery.id,
            attempt=max(1, delivery.attempt_count),
            timestamp=int(real_now().timestamp()),
            body=body.encode(),
        )
    )
    return command(webhook.url, headers, body)


def command(url: str, headers: Mapping[str, str], body: str) -> str:
    """The words for a shell, each quoted. The body is sent byte for byte."""
    lines = [f"curl {shlex.quote(url)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines.append(f"--data-binary {shlex.quote(body)}")
    return " \\\n  ".join(lines)
