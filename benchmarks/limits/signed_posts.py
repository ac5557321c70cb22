"""The bare limit of deliveries: aiohttp posts of a signed body, one after the other on each of a few connections.

Run: python -m benchmarks.limits.signed_posts RECEIVER_PORT PORT; PORT only tells that it is ready. Each line on standard
input is a number of posts to send; a line on standard output follows when all are answered.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import sys
import time

import aiohttp
import uvloop

_CONNECTIONS = 8
_KEY = b"0123456789abcdef01234567"
_BODY = b'{"id":"del_01","type":"event.created","data":{"note":"' + b"x" * 1_100 + b'"}}'


def _headers(number: int) -> dict[str, str]:
    # The same headers and the same two signatures as a delivery of Harbor has.
    timestamp = int(time.time())
    hexed = hmac.digest(_KEY, b"%d." % timestamp + _BODY, "sha256").hex()
    coded = base64.b64encode(hmac.digest(_KEY, b"evt_%026d.%d." % (number, timestamp) + _BODY, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Bare/1.0",
        "Harbor-Signature": f"t={timestamp},v1={hexed}",
        "Harbor-Timestamp": str(timestamp),
        "Harbor-Delivery-Id": f"bare_{number:026}",
        "Harbor-Attempt": "1",
        "Harbor-Event-Type": "order.shipped",
        "webhook-id": f"evt_{number:026}",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{coded}",
    }


async def _main(receiver_port: int, port: int) -> None:
    url = f"http://127.0.0.1:{receiver_port}/x"
    numbers = iter(range(1 << 60))
    ready = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
    async with ready, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post_some(count: int) -> None:
            for _ in range(count):
                async with session.post(url, data=_BODY, headers=_headers(next(numbers))) as response:
                    await response.read()

        while line := await asyncio.to_thread(sys.stdin.readline):
            each = int(line) // _CONNECTIONS
            await asyncio.gather(*(post_some(each) for _ in range(_CONNECTIONS)))
            print(each * _CONNECTIONS, flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(int(sys.argv[1]), int(sys.argv[2])))
