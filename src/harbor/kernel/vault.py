"""The vault: secrets are sealed for one account and one purpose before they reach the database.

AES-256-GCM with a key derived for each (account, purpose) from a master key in a file of its own. A sealed text is
`<key id>.<base64 of nonce, ciphertext and tag>`. Source: docs/reference/settings.md#instance-key.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from base64 import b32encode, b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from harbor.kernel.errors import Internal, StartRefused

KEY_BYTES = 32
NONCE_BYTES = 12
KEYS_MAX = 16
# About a thousand accounts in use at once; deriving again costs 5 us, sealing 300 bytes 2.4.
CIPHERS_CACHED_MAX = 4_096

_HEADING = (
    "# Master keys of this installation, newest last. Without them its database cannot be read. Keep a copy apart."
)
_ID = re.compile(r"[a-z2-7]{8}")


class Unsealable(Internal):
    """A sealed text cannot be opened: its key is not here, it belongs elsewhere, or it was changed."""

    code_default = "unsealable"


class Vault:
    """Seals and opens with the master keys of one file; the newest seals, all open. May be used from any thread."""

    def __init__(self, path: Path, keys: dict[str, bytes]) -> None:
        assert keys, path
        self._path = path
        self._replace_keys(keys)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new key file (readable by its owner alone). Raises `StartRefused` if there is one."""
        keys = _fresh_key()
        try:
            _write(path, keys, replace=False)
        except FileExistsError:
            raise StartRefused(f"{path} exists already; a new key would make the old database unreadable.") from None
        return cls(path, keys)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The vault of an existing key file. Raises `StartRefused` if it is missing, damaged or open to others."""
        return cls(path, _read(path))

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return self._current

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, newest last. An id is the beginning of every text its key sealed."""
        return tuple(self._keys)

    @property
    def fingerprint(self) -> str:
        """Names the current master key without revealing it: kept in the database to tell whether the key is there."""
        return fingerprint_of(self._keys[self._current])

    def check_fingerprint(self, stored: str) -> None:
        """Refuse to start with the database that was written with another key. Raises `StartRefused`."""
        if not any(secrets.compare_digest(fingerprint_of(key), stored) for key in self._keys.values()):
            raise StartRefused(
                f"{self._path} is not the key of this database; put back the key file that belongs to it."
            )

    def seal(self, account_id: str, purpose: str, text: str) -> str:
        """`text` as only this account and purpose can open it; the same text gives another result each time."""
        current = self._current  # read once: another thread may add a key meanwhile
        cipher, bound = self._cipher(current, account_id, purpose)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + cipher.encrypt(nonce, text.encode(), bound)
        return f"{current}.{b64encode(sealed).decode('ascii')}"

    def open(self, account_id: str, purpose: str, sealed: str) -> str:
        """The text that was sealed for this account and purpose. Raises `Unsealable`."""
        key_id, _, encoded = sealed.partition(".")
        if key_id not in self._keys:
            raise Unsealable(
                f"A sealed value for {purpose} needs the key {key_id[:8]!r}, which is not in {self._path}."
            )
        cipher, bound = self._cipher(key_id, account_id, purpose)
        try:
            packed = b64decode(encoded, validate=True)
            return cipher.decrypt(packed[:NONCE_BYTES], packed[NONCE_BYTES:], bound).decode()
        except (InvalidTag, ValueError):
            raise Unsealable(f"A sealed value for {purpose} was changed or belongs to something else.") from None

    def reseal(self, account_id: str, purpose: str, sealed: str) -> str:
        """The same text sealed with the current key; unchanged if it already is. Raises `Unsealable`."""
        if sealed.startswith(self._current + "."):
            return sealed
        return self.seal(account_id, purpose, self.open(account_id, purpose, sealed))

    def add_key(self) -> str:
        """Add a new master key to the file and seal with it from now on; returns its id. The others still open."""
        assert len(self._keys) < KEYS_MAX, self.key_ids
        keys = {**self._keys, **_fresh_key()}
        _write(self._path, keys, replace=True)
        self._replace_keys(keys)
        return self._current

    def remove_key(self, key_id: str) -> None:
        """Forget a key after everything was resealed; what it sealed can never be opened again."""
        assert key_id in self._keys, key_id
        assert key_id != self._current, key_id
        keys = {known: key for known, key in self._keys.items() if known != key_id}
        _write(self._path, keys, replace=True)
        self._replace_keys(keys)

    def _replace_keys(self, keys: dict[str, bytes]) -> None:
        self._keys: Mapping[str, bytes] = MappingProxyType(keys)
        self._current: str = next(reversed(keys))
        # A cache of its own per set of keys, so that a removed key is gone from memory too.
        self._cipher = lru_cache(CIPHERS_CACHED_MAX)(self._derive)

    def _derive(self, key_id: str, account_id: str, purpose: str) -> tuple[AESGCM, bytes]:
        assert account_id, purpose
        assert purpose, account_id
        # The length keeps ("a", "bc") and ("ab", "c") apart.
        bound = f"{len(account_id)}:{account_id}:{purpose}".encode()
        return AESGCM(_hkdf(self._keys[key_id], b"harbor vault seal 1 " + bound, KEY_BYTES)), bound


def fingerprint_of(key: bytes) -> str:
    """32 hexadecimal digits that name a master key."""
    return _hkdf(key, b"harbor vault fingerprint 1", 16).hex()


def _id_of(key: bytes) -> str:
    # Derived from the key, so that a damaged line of the file is noticed.
    return b32encode(_hkdf(key, b"harbor vault id 1", 5)).decode("ascii").lower()


def _hkdf(key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(key)


def _fresh_key() -> dict[str, bytes]:
    key = secrets.token_bytes(KEY_BYTES)
    return {_id_of(key): key}


def _read(path: Path) -> dict[str, bytes]:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise StartRefused(f"{path} can be read by others (mode {mode:04o}); run chmod 600 {path}.")
            text = file.read(64 * KEYS_MAX + len(_HEADING) + 1_024).decode("ascii")
    except FileNotFoundError:
        raise StartRefused(f"{path} is missing; without this key the database cannot be read. Put it back.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"{path} cannot be read as a key file: {error}.") from None
    keys: dict[str, bytes] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            key_id, key = _parse(path, line)
            keys[key_id] = key
    if not 0 < len(keys) <= KEYS_MAX:
        raise StartRefused(f"{path} holds {len(keys)} keys; put back a copy with 1 to {KEYS_MAX}.")
    return keys


def _parse(path: Path, line: str) -> tuple[str, bytes]:
    key_id, _, encoded = line.strip().partition(" ")
    try:
        key = b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    # The line itself is never shown: it may be a key with one letter wrong.
    if not _ID.fullmatch(key_id) or len(key) != KEY_BYTES or _id_of(key) != key_id:
        raise StartRefused(f"{path} has a damaged line; put back a good copy of the key file.")
    return key_id, key


def _write(path: Path, keys: Mapping[str, bytes], *, replace: bool) -> None:
    """Put a whole new file in place of `path`, on disk before it is named; FileExistsError unless `replace`."""
    if replace:
        path = path.resolve()  # a key file kept elsewhere and linked here is renewed where it lies
    lines = [_HEADING, *(f"{key_id} {b64encode(key).decode('ascii')}" for key_id, key in keys.items()), ""]
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write("\n".join(lines))
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(fresh, path)
        else:
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
