"""What a process can say of itself and its machine: sections of `system_information`. Reads /proc, so never in a transaction.

What the machine does not tell is null: a figure is measured or absent, never made up.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

_KIB: Final = 1_024
_PROC: Final = Path("/proc")


def section(name: str, folder: Path) -> dict[str, Any] | list[Any]:
    """One section by its name. `folder` lies on the disk that holds the data."""
    return _SECTIONS[name](folder)


def _system(folder: Path) -> dict[str, Any]:  # noqa: ARG001 - all sections are asked alike
    os_release = _release()
    return {
        "platform": platform.system().lower(),
        "distro": os_release.get("NAME"),
        "release": os_release.get("VERSION_ID"),
        "codename": os_release.get("VERSION_CODENAME"),
        "kernel": platform.release(),
        "arch": platform.machine(),
        "hostname": socket.gethostname(),
        # It runs on Python; clients that look for a version of Node find none.
        "node_version": None,
        "npm_version": None,
        "python_version": platform.python_version(),
    }


def _time(folder: Path) -> dict[str, Any]:  # noqa: ARG001
    now = datetime.now().astimezone()
    return {
        "current": round(time.time() * 1_000),
        "uptime": _number(_PROC / "uptime"),
        "timezone": now.strftime("GMT%z"),
        "timezoneName": now.tzname(),
    }


def _cpu(folder: Path) -> dict[str, Any]:  # noqa: ARG001
    told = _table(_PROC / "cpuinfo")
    cores = os.cpu_count()
    load = os.getloadavg() if hasattr(os, "getloadavg") else (None, None, None)
    return {
        "manufacturer": told.get("vendor_id"),
        "brand": told.get("model name"),
        "vendor": told.get("vendor_id"),
        "speed": _float(told.get("cpu MHz")),
        "cores": cores,
        "physicalCores": _whole(told.get("cpu cores")),
        "processors": 1 if cores else None,
        "cpu_speed": {"avg": _float(told.get("cpu MHz"))},
        "current_load": {"avgLoad": load[0], "avgLoad5": load[1], "avgLoad15": load[2]},
    }


def _memory(folder: Path) -> dict[str, Any]:  # noqa: ARG001
    told = _table(_PROC / "meminfo")

    def size(name: str) -> int | None:
        found = _whole(told.get(name, "").partition(" ")[0])
        return None if found is None else found * _KIB

    total, free, swap, swap_free = (size(each) for each in ("MemTotal", "MemFree", "SwapTotal", "SwapFree"))
    return {
        "total": total,
        "free": free,
        "used": None if total is None or free is None else total - free,
        "active": size("Active"),
        "available": size("MemAvailable"),
        "swaptotal": swap,
        "swapused": None if swap is None or swap_free is None else swap - swap_free,
        "swapfree": swap_free,
        "rss": rss(),
        "heapTotal": None,
        "heapUsed": None,
        "external": None,
        "arrayBuffers": None,
    }


def _disk(folder: Path) -> dict[str, Any]:
    used = shutil.disk_usage(folder)
    share = round(used.used / used.total * 100, 2) if used.total else None
    size = {"fs": None, "type": None, "size": used.total, "used": used.used, "use": share, "mount": _mount(folder)}
    return {"io": _io(), "read_write": _io(), "size": [size]}


def _network(folder: Path) -> dict[str, Any]:  # noqa: ARG001
    names = [name for _, name in socket.if_nameindex()]
    return {
        "default_interface": next((name for name in names if name != "lo"), None),
        "latency": None,
        "interfaces": [{"iface": name} for name in names],
        "stats": [],
        "connections": [],
    }


def _processes(folder: Path) -> dict[str, Any]:  # noqa: ARG001
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "core": [
            {
                "pid": os.getpid(),
                "name": "harbor",
                "cpu": round(usage.ru_utime + usage.ru_stime, 3),
                "memVsz": _pages(0),
                "memRss": rss(),
            }
        ]
    }


def _threads(folder: Path) -> list[Any]:  # noqa: ARG001
    return [{"threadId": each.native_id, "name": each.name} for each in threading.enumerate()]


def rss() -> int | None:
    """Bytes of memory that the process holds."""
    return _pages(1)


_SECTIONS: Final[Mapping[str, Callable[[Path], dict[str, Any] | list[Any]]]] = {
    "system": _system,
    "time": _time,
    "cpu": _cpu,
    "memory": _memory,
    "disk": _disk,
    "network": _network,
    "harperdb_processes": _processes,
    "threads": _threads,
}
NAMES: Final = tuple(_SECTIONS)


def _pages(place: int) -> int | None:
    try:
        return int((_PROC / "self" / "statm").read_text().split()[place]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None


def _io() -> dict[str, Any] | None:
    told = _table(_PROC / "self" / "io")
    if not told:
        return None
    return {"rIO": _whole(told.get("read_bytes")), "wIO": _whole(told.get("write_bytes"))}


def _mount(folder: Path) -> str | None:
    at = folder.resolve()
    while not at.is_mount() and at != at.parent:
        at = at.parent
    return str(at)


def _table(path: Path) -> dict[str, str]:
    """The lines `name: value` of a file, the first of each name."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip(), value.strip())
    return found


def _release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _number(path: Path) -> float | None:
    try:
        return _float(path.read_text().split()[0])
    except (OSError, IndexError):
        return None


def _float(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
