"""Objects in stores that speak S3. botocore signs, asks again and reads answers; our own guarded client sends.

botocore hands each signed request to its event `before-send`, and takes the answer from there, so nothing leaves the
machine but through `kernel.outbound`. It works in threads of its own. Source: docs/decisions/0010-s3-through-botocore.md.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from ipaddress import ip_network
from threading import Lock
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import Invalid, Unavailable
from harbor.kernel.outbound import Failure, OutboundClient, OutboundPolicy, Outcome
from harbor.products.harper_tables.jobs_ops.s3_place import Keys, Place
from harbor.products.harper_tables.refusals import invalid

T = TypeVar("T")
_TIMEOUT_S: Final = 60.0
# The client keeps the time; a thread waits a little longer, should the loop be gone.
_SLACK_S: Final = 10.0
_ANSWER_BYTES_MAX: Final = 16 * MIB
_ATTEMPTS_MAX: Final = 3
_THREADS: Final = 2
_KEY_LENGTH_MIN: Final = 8
# Clients may be used side by side, and are made one after the other.
_MAKING: Final = Lock()
# Set by the client that sends, and not signed.
_NOT_OURS: Final = frozenset({"content-length", "expect", "host", "connection", "transfer-encoding"})
_EVERYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_GONE: Final = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})


class S3Fault(Exception):
    """What asking again would not mend; the message is the job's."""

    def __init__(self, message: str, *, is_gone: bool = False) -> None:
        super().__init__(message)
        self.is_gone = is_gone


@dataclass(frozen=True, slots=True)
class Object:
    """What a store knows of an object: its bytes, and the tag that another version of it would not have."""

    size_bytes: int
    etag: str


class S3:
    """One object of a store. All methods raise `S3Fault`, or `Unavailable` for what may pass."""

    def __init__(self, place: Place, keys: Keys, policy: OutboundPolicy, endpoint: str | None) -> None:
        self.place = place
        self._keys = keys
        self._endpoint = place.endpoint or endpoint
        if self._endpoint is not None and place.endpoint is None:
            # The operator's own store may stand in a private network. Only its origin is asked, see `_send`.
            policy = replace(policy, allow_http=True, allow_cidrs=_EVERYWHERE)
        self._outbound = OutboundClient(policy)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")
        self._made: Any = None
        self._sending: Future[Outcome] | None = None
        self._is_closed = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(self, *_: object) -> None:
        # A thread that still asks, because its job was stopped, ends at once: nobody would answer it when the loop is gone.
        self._is_closed = True
        if self._sending is not None:
            self._sending.cancel()
        await self._outbound.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # The object

    async def look(self) -> Object:
        """Size and tag of the object."""
        found = await self._ask("head_object")
        return Object(found["ContentLength"], found["ETag"])

    async def read(self, etag: str, first: int, size: int) -> bytes:
        """At most `size` bytes from `first` on, of the version with this tag."""
        return await self.apart(lambda: self.read_here(etag, first, size))

    def read_here(self, etag: str, first: int, size: int) -> bytes:
        """The same in a thread that may wait: one of `apart`."""
        span = f"bytes={first}-{first + size - 1}"
        content: bytes = self._call("get_object", {"Range": span, "IfMatch": etag})["Body"].read()
        return content

    async def put(self, content: bytes, media_type: str) -> None:
        """Keep the whole object."""
        await self._ask("put_object", Body=content, ContentType=media_type)

    async def begin(self, media_type: str) -> str:
        """Begin an object that comes in parts; the id of the upload."""
        found = await self._ask("create_multipart_upload", ContentType=media_type)
        return str(found["UploadId"])

    async def put_part(self, upload_id: str, number: int, content: bytes) -> None:
        """Keep a part, in place of one of the same number."""
        await self._ask("upload_part", UploadId=upload_id, PartNumber=number, Body=content)

    async def finish(self, upload_id: str, count: int) -> None:
        """Make the object of its first `count` parts. Until then nobody sees it."""
        parts: list[dict[str, Any]] = []
        after = 0
        while True:
            page = await self._ask("list_parts", UploadId=upload_id, PartNumberMarker=after)
            parts += [{"PartNumber": each["PartNumber"], "ETag": each["ETag"]} for each in page.get("Parts", ())]
            if not page.get("IsTruncated"):
                break
            if page["NextPartNumberMarker"] <= after:
                raise S3Fault("The store lists the parts of the upload without an end.")
            after = page["NextPartNumberMarker"]
        parts = [each for each in parts if each["PartNumber"] <= count]
        if len(parts) != count:
            raise S3Fault(f"The store has {len(parts)} of {count} parts of the upload.", is_gone=True)
        await self._ask("complete_multipart_upload", UploadId=upload_id, MultipartUpload={"Parts": parts})

    async def has_upload(self, upload_id: str) -> bool:
        """Whether an upload is neither finished nor aborted."""
        try:
            await self._ask("list_parts", UploadId=upload_id, MaxParts=1)
        except S3Fault as error:
            if error.is_gone:
                return False
            raise
        return True

    async def abort(self, upload_id: str) -> None:
        """Forget an upload with its parts."""
        await self._ask("abort_multipart_upload", UploadId=upload_id)

    # Asking

    async def apart(self, work: Callable[[], T]) -> T:
        """The result of work that waits, in a thread of the store."""
        return await self._loop.run_in_executor(self._threads, work)

    async def _ask(self, operation: str, **fields: Any) -> Any:
        return await self.apart(partial(self._call, operation, fields))

    def _call(self, operation: str, fields: Mapping[str, Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # type: ignore[import-untyped]

        try:
            if self._made is None:
                self._made = self._make()
            return getattr(self._made, operation)(Bucket=self.place.bucket, Key=self.place.key, **fields)
        except ClientError as error:
            raise self._explained(error.response) from None
        except Invalid as refused:  # by the guard
            raise S3Fault(refused.message) from None
        except (ConnectionError, HTTPClientError) as error:
            raise Unavailable(self._plain(f"The store cannot be reached: {error}")) from None
        except BotoCoreError as error:
            raise S3Fault(self._plain(f"The store cannot be asked: {error}")) from None

    def _explained(self, answer: Any) -> Exception:
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        error = answer.get("Error", {})
        code, message = str(error.get("Code", "")), str(error.get("Message", ""))
        text = self._plain(f"The store answered {status} {code}: {message[:500]}")
        return Unavailable(text) if status >= 500 or status == 429 else S3Fault(text, is_gone=code in _GONE)

    def _plain(self, text: str) -> str:
        """A text without keys, should a store repeat them."""
        for each in (self._keys.secret, self._keys.token, self._keys.id):
            if each and len(each) >= _KEY_LENGTH_MIN:  # shorter ones are none, and would be found in any text
                text = text.replace(each, "…")
        return text

    def _make(self) -> Any:
        from botocore.config import Config  # type: ignore[import-untyped]

        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "virtual" if self._endpoint is None else "path"},
            retries={"total_max_attempts": _ATTEMPTS_MAX, "mode": "standard"},
            # Stores of others do not know the newer sums. TLS and the signature protect the content.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            ignore_configured_endpoint_urls=True,
        )
        with _MAKING:
            client = _session().create_client(
                "s3",
                region_name=self.place.region,
                endpoint_url=self._endpoint,
                aws_access_key_id=self._keys.id,
                aws_secret_access_key=self._keys.secret,
                aws_session_token=self._keys.token,
                config=config,
            )
        client.meta.events.register("before-send.s3", self._send)
        return client

    def _send(self, request: Any, **_: object) -> Any:
        """Send a signed request: in a thread of botocore, by the client on the loop."""
        from botocore.awsrequest import AWSResponse  # type: ignore[import-untyped]
        from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

        if self._endpoint is not None and _origin(request.url) != _origin(self._endpoint):
            raise invalid("The store sends elsewhere, which is not followed.", code="blocked_address")
        body = request.body
        content = (
            body if body is None or isinstance(body, bytes) else body.encode() if isinstance(body, str) else body.read()
        )
        headers = {name: _text(value) for name, value in request.headers.items() if name.lower() not in _NOT_OURS}
        self._sending = asyncio.run_coroutine_threadsafe(
            self._answer(request.method, request.url, content, headers), self._loop
        )
        outcome = self._sending.result(_TIMEOUT_S + _SLACK_S)
        if outcome.error is Failure.BLOCKED_ADDRESS:
            raise invalid(f"The store cannot be called: {outcome.detail}", code="blocked_address")
        if outcome.error is Failure.TIMEOUT:
            raise ReadTimeoutError(endpoint_url=_origin(request.url), error=outcome.detail)
        if outcome.status is None or (outcome.error is not None and outcome.error is not Failure.REDIRECT):
            raise EndpointConnectionError(endpoint_url=_origin(request.url), error=outcome.detail)
        return AWSResponse(request.url, outcome.status, dict(outcome.headers), _Raw(outcome.body))

    async def _answer(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> Outcome:
        if self._is_closed:
            raise invalid("The job was stopped.", code="stopped")
        return await self._outbound.request(
            method,
            url,
            content,
            headers,
            _TIMEOUT_S,
            read_bytes_max=_ANSWER_BYTES_MAX,
            kept_bytes_max=_ANSWER_BYTES_MAX,
        )


@cache
def _session() -> Any:
    """botocore's session. It holds no keys, only descriptions of services, which take half a second to read."""
    from botocore.session import Session  # type: ignore[import-untyped]

    # At its finest level it logs whole requests.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    # Nothing is taken from the environment or the files of whoever runs the process.
    session = Session(session_vars={"profile": (None, None, None, None)})
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    return session


class _Raw(io.BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self, _size: int = 0, **_: object) -> Any:
        while piece := self.read(MIB):
            yield piece


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
