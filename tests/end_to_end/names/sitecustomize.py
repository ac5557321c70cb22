"""A name service that a test writes: `HARBOR_TEST_NAMES` names a JSON file, read at each lookup, of names and addresses.

Python imports this module at the start of the process when its folder is on PYTHONPATH. The variable is not a setting
of Harbor's. Names that are not in the file do not resolve, so no test asks a name server.
"""

from __future__ import annotations

import json
import os
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any

_really = socket.getaddrinfo


def _getaddrinfo(host: Any, port: Any, *more: Any, **options: Any) -> list[Any]:
    if host is None or _is_literal(str(host)):
        return _really(host, port, *more, **options)
    known = json.loads(Path(os.environ["HARBOR_TEST_NAMES"]).read_text())
    if host not in known:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [found for address in known[host] for found in _really(address, port, *more, **options)]


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


if "HARBOR_TEST_NAMES" in os.environ:
    socket.getaddrinfo = _getaddrinfo
