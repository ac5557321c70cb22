"""The forms that a setting's text may have, each with the words that explain it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

_T = TypeVar("_T")

LIST_ITEMS_MAX: Final = 100
TEXT_LENGTH_MAX: Final = 4_096
DAYS_MAX: Final = 36_500
# The bounds of rate limits and retries, which stand above this module. A test compares them.
RATE_QUOTA_MAX: Final = 60_000_000
RETRY_ATTEMPTS_MAX: Final = 50
RETRY_DELAY_S_MAX: Final = 30 * 24 * 3_600


@dataclass(frozen=True, slots=True)
class Form:
    """What a value may look like: `words` complete "it must be …"; `read` gives the value or raises `ValueError`."""

    words: str
    read: Callable[[str], object]


def number(least: int, most: int, what: str = "a whole number") -> Form:
    """Whole numbers, both ends included."""

    def read(text: str) -> int:
        value = int(text) if re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) else -1
        return _checked(value, least <= value <= most)

    return Form(f"{what} from {least} to {most}", read)


def size(least: int, most: int) -> Form:
    """Bytes, both ends included: a number, or one of KiB, MiB or GiB."""
    units = {"": 1, "kib": 1_024, "mib": 1_024**2, "gib": 1_024**3}

    def read(text: str) -> int:
        match = re.fullmatch(r"([0-9]{1,12}) ?([kmg]ib)?", text.lower(), re.ASCII)
        value = int(match[1]) * units[match[2] or ""] if match else -1
        return _checked(value, least <= value <= most)

    return Form(f"a size from {_size(least)} to {_size(most)}, in bytes or like 64MiB", read)


def _size(value: int) -> str:
    units = ((1_024**3, "GiB"), (1_024**2, "MiB"), (1_024, "KiB"))
    return next((f"{value // unit} {word}" for unit, word in units if value >= unit and value % unit == 0), str(value))


def choice(*words: str) -> Form:
    """One of some words, in any case."""

    def read(text: str) -> str:
        return _checked(text.lower(), text.lower() in words)

    return Form(" or ".join([", ".join(words[:-1]), words[-1]]), read)


def list_of(form: Form, words: str) -> Form:
    """Several of a form as a tuple, with commas between them; repetitions are dropped."""

    def read(text: str) -> tuple[object, ...]:
        items = [item for part in text.split(",") if (item := part.strip())]
        return _checked(tuple(dict.fromkeys(map(form.read, items))), len(items) <= LIST_ITEMS_MAX)

    return Form(f"{words}, at most {LIST_ITEMS_MAX}, with commas between them", read)


def matching(words: str, pattern: str) -> Form:
    """Text that a pattern matches from end to end."""

    return Form(words, lambda text: _checked(text, re.fullmatch(pattern, text, re.ASCII) is not None))


def _read_proxy(text: str) -> str:
    return _checked(text, _is_url(text, "http"))


def _read_origin(text: str) -> str:
    whole = text.lower().rstrip("/")
    parts = urlsplit(whole)
    is_bare = whole == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    return _checked(whole, is_bare and _is_url(whole, "http", "https"))


def _is_url(text: str, *schemes: str) -> bool:
    parts = urlsplit(text)
    _ = parts.port  # raises ValueError for what is no port
    return parts.scheme in schemes and bool(parts.hostname) and not re.search(r"\s", text)


def _read_switch(text: str) -> bool:
    words = {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}
    return words[_checked(text.lower(), text.lower() in words)]


def _read_limit(text: str) -> str:
    if text.lower() == "off":
        return "off"
    match = re.fullmatch(r"([0-9]{1,8}):([0-9]{1,8})", text, re.ASCII)
    return _checked(text, match is not None and 1 <= int(match[2]) <= int(match[1]) <= RATE_QUOTA_MAX)


def _read_rate(text: str) -> str:
    if text.lower() in ("off", "0"):
        return "off"
    match = re.fullmatch(r"([0-9]{1,8})/([0-9]{1,6})s", text, re.ASCII)
    # At most one each microsecond, as a rule wants it.
    return _checked(text, match is not None and 1 <= int(match[1]) <= int(match[2]) * 1_000_000)


def _read_schedule(text: str) -> str:
    waits = [part.strip() for part in text.split(",")]
    is_good = all(re.fullmatch(r"[0-9]{1,9}", wait, re.ASCII) for wait in waits)
    is_good = is_good and int(waits[0]) == 0 and max(map(int, waits)) <= RETRY_DELAY_S_MAX
    return _checked(",".join(waits), is_good and len(waits) <= RETRY_ATTEMPTS_MAX)


def _read_ports(text: str) -> Mapping[str, int]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    ports = {product.strip().lower(): port.strip() for product, _, port in pairs}
    is_good = len(ports) == len(pairs) and all(re.fullmatch(r"[a-z][a-z_]*", product) for product in ports)
    return {product: _read_port(port) for product, port in _checked(ports, is_good).items()}


def _read_port(text: str) -> int:
    port = int(text) if re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) else -1
    return _checked(port, 0 <= port <= 65_535)


def _read_optional_port(text: str) -> int | None:
    return None if text.lower() == "off" else _read_port(text)


def _checked(value: _T, is_good: bool) -> _T:
    if not is_good:
        raise ValueError(value)
    return value


def _host_name(text: str) -> str:
    return _checked(text.lower().rstrip("."), re.fullmatch(r"[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*\.?", text) is not None)


def _line(text: str) -> str:
    return _checked(text, len(text) <= TEXT_LENGTH_MAX and text.isprintable())


PATH: Final = Form("the path of a file", lambda text: Path(_line(text)).expanduser())
TEXT: Final = Form("text on one line", _line)
DIRECTORY: Final = Form("the path of a directory", PATH.read)
PORT: Final = Form("a port from 0 (any free one) to 65535", _read_port)
OPTIONAL_PORT: Final = Form("a port from 0 (any free one) to 65535, or off", _read_optional_port)
SWITCH: Final = Form("on or off", _read_switch)
LIMIT: Final = Form("requests a minute and how many of them at once, like 600:60, or off", _read_limit)
RATE: Final = Form("requests in a span of seconds, like 100/15s, or off", _read_rate)
SCHEDULE: Final = Form(
    f"the wait before each attempt in whole seconds with commas between them, the first 0, at most {RETRY_ATTEMPTS_MAX}"
    f" of them and none above {RETRY_DELAY_S_MAX}",
    _read_schedule,
)
PORTS: Final = Form("products with their ports, like harvest=8002,harper=8003", _read_ports)
HOST: Final = matching("a host name or an address of this machine", r"[0-9A-Za-z.:%_-]{1,255}")
NAMES: Final = list_of(Form("a host name", _host_name), "host names without scheme and port")
NETWORKS: Final = list_of(Form("a network", ip_network), "networks or addresses")
ORIGIN: Final = Form("an origin: scheme, host and port, and no path", _read_origin)
ORIGINS: Final = list_of(ORIGIN, "origins, each a scheme, a host and a port without a path")
# Only the look of it: storage asks libpq, which knows several hosts, sockets and options.
DATABASE: Final = matching(
    "the URL of a PostgreSQL database, or its parameters like host=db dbname=harbor",
    r"postgres(ql)?://\S+|[a-z_]+ ?= ?[ -~]+",
)
PROXY: Final = Form("the http:// URL of a forward proxy", _read_proxy)
ADDRESS: Final = matching("a bare e-mail address", r"[^\s@<>,;:\"()]{1,64}@[^\s@<>,;:\"()]{1,189}")
# How long it may be is for whoever uses it to say.
DURATION: Final = matching("a number of seconds, or of s, m, h, d, w or y like 15m", r"[1-9][0-9]{0,8} ?[smhdwy]?")
DAYS: Final = number(0, DAYS_MAX, "a whole number of days")
