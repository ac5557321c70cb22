"""Which store, bucket and object a request names, and the keys to it. Source: docs/products/harper.md#s3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

KEY_BYTES_MAX: Final = 1_024  # S3's own
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_KEYS: Final = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_LENGTH_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An object in a bucket. `endpoint` is the origin of a store that the request itself named."""

    bucket: str
    key: str
    region: str
    endpoint: str | None = None

    def kept(self) -> dict[str, str | None]:
        """As a job keeps it."""
        return {"bucket": self.bucket, "key": self.key, "region": self.region, "endpoint": self.endpoint}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Who asks the store. Never printed."""

    id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def missing(s3: Mapping[str, Any], *names: str) -> list[str]:
    """The fields that are not there."""
    return [name for name in names if not s3.get(name)]


def keys_of(s3: Mapping[str, Any]) -> dict[str, str]:
    """The fields that are secrets."""
    return {name: str(s3[name]) for name in _KEYS if s3.get(name)}


def keys_from(fields: Mapping[str, str]) -> Keys:
    """The keys that `keys_of` gave."""
    return Keys(
        id=fields.get(_KEYS[0], ""),
        secret=fields.get(_KEYS[1], ""),
        token=fields.get(_KEYS[2]),
    )


def place_of(s3: Mapping[str, Any], suffix: str = "") -> Place | str:
    """The place that the fields name, `suffix` at the end of its key; or the sentence that refuses them."""
    for name in (*_KEYS, "bucket", "key", "region"):
        if s3.get(name) is not None and (not isinstance(s3[name], str) or len(s3[name]) > _LENGTH_MAX):
            return f"S3 {name.replace('_', ' ')} must be a string"
    bucket, region = s3.get("bucket", ""), s3.get("region") or "us-east-1"
    key = f"{s3.get('key', '')}{suffix}"
    endpoint = None
    if bucket.startswith(("http://", "https://")):
        try:
            parts = urlsplit(bucket)
        except ValueError:
            return "S3 bucket must be the name of a bucket, or the URL of one"
        endpoint, bucket = f"{parts.scheme}://{parts.netloc}", parts.path.strip("/")
    if not _BUCKET.fullmatch(bucket):
        return "S3 bucket must be the name of a bucket, or the URL of one"
    if not _REGION.fullmatch(region):
        return "S3 region must be the name of a region"
    if not 1 <= len(key.encode()) <= KEY_BYTES_MAX or not key.isprintable():
        return f"S3 key must have 1 to {KEY_BYTES_MAX} bytes, all of them printable"
    return Place(bucket=bucket, key=key, region=region, endpoint=endpoint)
