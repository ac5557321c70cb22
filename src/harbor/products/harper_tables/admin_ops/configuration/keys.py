"""The keys of the configuration: what they are called, what kind of value they take, what they are by default.

Source: docs/products/harper.md#administration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from harbor.products.harper_tables.access.tokens import duration_s

Kind = Literal["boolean", "number", "string", "array", "object", "level", "hash", "port", "duration", "any"]
LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal", "notify")
# Passwords are hashed in one way, whatever is asked for.
HASHES: Final = ("argon2id",)
_PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class Key:
    """One key, as a path with underscores, and the kind of its values. Null is always taken."""

    name: str
    kind: Kind
    default: Any = None

    @property
    def path(self) -> tuple[str, ...]:
        """Where it stands in the nested object."""
        return tuple(self.name.split("_"))

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value, to follow the key; None if it may be had."""
        if value is None or self.kind == "any":
            return None
        if self.kind in ("level", "hash"):
            words = LEVELS if self.kind == "level" else HASHES
            return None if value in words else f"must be one of [{', '.join(words)}]"
        if self.kind == "port":
            is_port = type(value) is int and 0 < value <= _PORT_MAX
            return None if is_port else f"must be a port from 1 to {_PORT_MAX}"
        if self.kind == "duration":
            return None if duration_s(value) is not None else "must be a duration like 15m, or a number of seconds"
        if isinstance(value, _TYPES[self.kind]) and (self.kind == "boolean" or not isinstance(value, bool)):
            return None
        return f"must be {_WORDS[self.kind]}"


_TYPES: Final[Mapping[str, Any]] = {
    "boolean": bool,
    "number": (int, float),
    "string": str,
    "array": list,
    "object": dict,
}
_WORDS: Final[Mapping[str, str]] = {
    "boolean": "a boolean",
    "number": "a number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}


def _keys(prefix: str, kind: Kind, **defaults: Any) -> tuple[Key, ...]:
    return tuple(Key(f"{prefix}_{name}" if prefix else name, kind, value) for name, value in defaults.items())


KEYS: Final = (
    *_keys("analytics", "number", aggregatePeriod=60, storageInterval=10),
    *_keys("analytics", "boolean", replicate=False),
    *_keys("authentication", "boolean", authorizeLocal=False, enableSessions=True),
    *_keys("authentication", "number", cacheTTL=30_000),
    *_keys("authentication", "duration", operationTokenTimeout="1d", refreshTokenTimeout="30d"),
    *_keys("authentication", "hash", hashFunction="argon2id"),
    *_keys("", "string", componentsRoot=None, rootPath=None),
    *_keys("customFunctions", "boolean", enabled=True),
    *_keys("http", "number", port=9926, securePort=None, compressionThreshold=1_200, timeout=120_000),
    *_keys("http", "boolean", cors=True),
    *_keys("http", "array", corsAccessList=["*"]),
    *_keys("localStudio", "boolean", enabled=False),
    *_keys("logging", "boolean", auditLog=True, console=False, file=True, stdStreams=False),
    *_keys("logging", "duration", auditRetention="3d"),
    *_keys("logging", "level", level="info"),
    *_keys("logging", "string", root=None),
    *_keys("logging_auditAuthEvents", "boolean", logFailed=False, logSuccessful=False),
    *_keys("logging_rotation", "boolean", enabled=False, compress=False),
    *_keys("logging_rotation", "any", interval=None, maxSize=None, retention=None),
    *_keys("logging_rotation", "string", path=None),
    *_keys("mqtt", "any", network=None),
    *_keys("mqtt", "boolean", webSocket=True, requireAuthentication=True),
    *_keys("node", "string", hostname="localhost"),
    *_keys("operationsApi_network", "port", port=9925, securePort=None),
    *_keys("operationsApi_network", "number", timeout=120_000, keepAliveTimeout=30_000, headersTimeout=60_000),
    *_keys("operationsApi_network", "boolean", cors=True),
    *_keys("operationsApi_network", "array", corsAccessList=["*"]),
    *_keys("operationsApi_network", "string", domainSocket=None),
    *_keys("replication", "string", hostname=None, url=None),
    *_keys("replication", "number", port=9933, securePort=None, shard=None),
    *_keys("replication", "any", databases="*", routes=None),
    *_keys("replication", "boolean", enableRootCAs=True, copyTablesToCatchUp=True),
    *_keys("storage", "boolean", writeAsync=False, caching=True, noReadAhead=False),
    *_keys("storage", "any", compression=True, blobPaths=None),
    *_keys("storage", "string", path=None),
    *_keys("threads", "number", count=1, maxHeapMemory=None),
    *_keys("tls", "string", certificate=None, certificateAuthority=None, privateKey=None, ciphers=None),
)
# Sections that are answered only in the older line, which has a messaging layer of its own.
CLUSTERING: Final = (
    *_keys("clustering", "boolean", enabled=False, republishMessages=False),
    *_keys("clustering", "string", nodeName=None, user=None, logLevel="error"),
    *_keys("clustering", "any", hubServer=None, leafServer=None, tls=None),
)
# They are read back as null: what they name belongs to whoever runs the machine, or is a secret.
UNREADABLE: Final = frozenset({"tls_privateKey"})

_BY_NAME: Final = {key.name.lower(): key for key in (*KEYS, *CLUSTERING)}
PACKAGE: Final = "_package"


def find(name: str) -> Key | None:
    """The key of a name, in any case; the package of a component is a key of its own."""
    known = _BY_NAME.get(name.lower())
    if known is None and name.endswith(PACKAGE) and len(name) > len(PACKAGE):
        return Key(name, "string")
    return known
