"""How many requests a second does the router carry to an application, against asking the application itself?

A small answer over 32 connections that stay open. The application is one process of the server that the router is made of;
one of uvicorn, about the fastest that Python has, stands beside it for information.
"""

from __future__ import annotations

import json
import sys

from benchmarks.load import pour
from benchmarks.measuring import Options, Report, command, in_turn
from benchmarks.servers import Place, Program, free_port, place

RATIO_MIN = 0.25
HOST = "tides.apps.localhost"
AIOHTTP = """
import asyncio, sys, uvloop
from aiohttp import web
async def answer(request):
    return web.Response(text="Hello, tides")
async def main():
    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    await asyncio.Event().wait()
uvloop.run(main())
"""
UVICORN = """
import sys, uvicorn
ANSWER = [{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"12")]},
          {"type": "http.response.body", "body": b"Hello, tides"}]
async def app(scope, receive, send):
    for message in ANSWER:
        await send(message)
uvicorn.run(app, port=int(sys.argv[1]), http="httptools", loop="uvloop", log_level="warning", lifespan="off")
"""


async def ask(options: Options) -> Report:
    """Requests through the router and straight to the application."""
    report = Report("router", "A small response over connections that stay open", "the application itself")
    count = options.size(10_000, 2_000)
    with place(options.place) as here:
        content = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
        upstreams = {
            name: _application(here, name, text) for name, text in (("aiohttp", AIOHTTP), ("uvicorn", UVICORN))
        }
        for name, direct in upstreams.items():
            routed = _router(here, name, direct)

            async def ours(port: int = routed.port) -> float:
                return (await pour(port, lambda _number: content, count, status=200)).per_second

            async def other(port: int = direct) -> float:
                return (await pour(port, lambda _number: content, count, status=200)).per_second

            await ours()
            await other()
            mine, theirs = await in_turn(options.rounds, ours, other)
            target = RATIO_MIN if name == "aiohttp" else None
            report.against(f"requests, application of {name}", mine, theirs, unit="1/s", at_least=target)
        one = await pour(routed.port, lambda _number: content, count // 20, status=200, connections=1)
        report.value("alone on one connection, p50", one.quantile_ms(0.5), unit="ms")
        report.value("memory of the router", routed.memory_mb, unit="MB")
    return report


def _application(here: Place, name: str, text: str) -> int:
    program, port = here.folder / f"application_{name}.py", free_port()
    program.write_text(text, encoding="utf-8")
    return here.run([sys.executable, str(program), str(port)], port).wait_until_listening().port


def _router(here: Place, name: str, upstream: int) -> Program:
    folder, port = here.folder / name, free_port()
    folder.mkdir()
    entry = {"slug": "tides", "upstreams": [f"127.0.0.1:{upstream}"]}
    (folder / "routes.json").write_text(json.dumps({"version": 1, "applications": {"1": entry}}), encoding="utf-8")
    words = ["--routes", str(folder / "routes.json"), "--run", str(folder), "--port", str(port)]
    module = [sys.executable, "-m", "harbor.products.appharbor_apps.router"]
    return here.run([*module, *words], port).wait_until_listening()


if __name__ == "__main__":
    command(ask)
