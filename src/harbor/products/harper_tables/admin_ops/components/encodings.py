"""The encodings that the content of a file is sent and asked for in, by the names JavaScript has for them."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Final

from harbor.products.harper_tables.refusals import invalid

_CODECS: Final = {
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "ascii": "ascii",
    "binary": "latin-1",
    "latin1": "latin-1",
    "utf16le": "utf-16-le",
    "ucs2": "utf-16-le",
}
NAMES: Final = ("utf8", "ASCII", "binary", "hex", "base64", "utf16le", "latin1", "ucs2")
_KNOWN: Final = frozenset({*_CODECS, "hex", "base64"})


def is_known(name: str) -> bool:
    """Whether there is an encoding of the name, in any case."""
    return name.lower() in _KNOWN


def encoded(text: str, name: str) -> bytes:
    """The bytes that a text stands for. Raises `Invalid`."""
    kind = name.lower()
    try:
        if kind == "base64":
            return b64decode(text, validate=True)
        return bytes.fromhex(text) if kind == "hex" else text.encode(_CODECS[kind])
    except (ValueError, binascii.Error):
        raise invalid(f"'payload' is not {name}", code="invalid_field", field="payload") from None


def decoded(content: bytes, name: str) -> str:
    """The text that bytes are shown as; what the encoding cannot say becomes its sign for that."""
    kind = name.lower()
    if kind == "base64":
        return b64encode(content).decode("ascii")
    return content.hex() if kind == "hex" else content.decode(_CODECS[kind], "replace")
