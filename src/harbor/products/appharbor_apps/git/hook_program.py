"""What git runs as pre-receive and post-receive: it asks the process that started git, and repeats the answer.

Only the standard library, and only what starts quickly. The answer is lines: `O` and a text to show, and at last `A` to
accept or `R` to refuse. Nobody there to ask means refusal before the refs change, and nothing after.
"""

from __future__ import annotations

import json
import socket
import sys


def main(name: str, address: str, options: list[str]) -> int:
    """0 if the push goes on."""
    updates = [line.split(" ", 2) for line in sys.stdin.read().splitlines()]
    asked = {"hook": name, "updates": updates, "options": [option for option in options if option]}
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(address)
            link.sendall(json.dumps(asked).encode() + b"\n")
            return _repeat(link)
    except OSError:
        if name == "post-receive":
            return 0
        print("Harbor is not there to take this push; try again.", file=sys.stderr)
        return 1


def _repeat(link: socket.socket) -> int:
    with link.makefile("r", encoding="utf-8", errors="replace") as answer:
        for line in answer:
            kind, text = line[:1], line[2:].rstrip("\n")
            if kind == "O":
                print(text, file=sys.stderr, flush=True)
            else:
                return 0 if kind == "A" else 1
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
