"""Forms: their bodies, the token every one of them carries, and where they may come from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast, get_args
from urllib.parse import parse_qsl, urlsplit

import msgspec

from harbor.console.cookies import is_form_token, secret_of
from harbor.kernel.errors import Denied, Invalid
from harbor.kernel.http import decode, multipart
from harbor.kernel.http.multipart import Fields, Upload
from harbor.kernel.http.request import Request

MEDIA_TYPE = "application/x-www-form-urlencoded"
FIELDS_MAX = 2_000
TOKEN_FIELD = "_token"  # noqa: S105 (names a field)


def accepts(media_type: str | None) -> bool:
    """Bodies are forms, those with files among them."""
    is_form = media_type is not None and media_type.partition(";")[0].strip().lower() == MEDIA_TYPE
    return is_form or multipart.is_multipart(media_type)


def parse(request: Request, raw: bytes) -> Fields:
    """The fields of a form. Raises `Invalid` for what is no form, or one with too many fields."""
    content_type = request.header(b"content-type") or ""
    if multipart.is_multipart(content_type):
        parts = multipart.parts(raw, content_type)
        texts = [(name, value) for name, value in parts if isinstance(value, str)]
        # A browser sends a file that was not chosen as one without a name and without bytes.
        files = [
            (name, value) for name, value in parts if isinstance(value, Upload) and (value.file_name or value.data)
        ]
        return Fields(_checked(texts), tuple(files))
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except (ValueError, UnicodeDecodeError):
        raise Invalid(f"The form is not percent-encoded UTF-8 of at most {FIELDS_MAX} fields.") from None
    return Fields(_checked(pairs))


def _checked(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    found = []
    for name, value in pairs:
        if "\0" in value or "\0" in name:
            raise Invalid(f"{name[:100]} contains the character U+0000, which is not allowed.", field=name[:100])
        # Browsers send the line ends of text areas as CR LF, whatever was typed.
        found.append((name, value.replace("\r\n", "\n")))
    return tuple(found)


def decoded(request: Request, value: object, type_: type[Any]) -> Any:  # noqa: ARG001
    """The declared form out of the fields. A file goes into a field that is declared as `Upload | None`."""
    fields = value if isinstance(value, Fields) else Fields(())
    taken = _file_fields(cast(Any, type_))
    for name, _ in fields.pairs:
        if name in taken:
            raise Invalid(f"{name} must be a file.", field=name)
    form = decode.query(fields.pairs, type_, known_elsewhere=frozenset({TOKEN_FIELD, *taken}))
    files: dict[str, Upload] = {}
    for name, upload in fields.files:
        if name not in taken:
            raise Invalid(f"{name[:100]} takes no file.", field=name[:100])
        if name in files:
            raise Invalid(f"{name} takes one file.", field=name)
        files[name] = upload
    return msgspec.structs.replace(form, **files) if files else form


@lru_cache(maxsize=500)
def _file_fields(type_: Any) -> frozenset[str]:
    return frozenset(
        field.name for field in msgspec.structs.fields(type_) if Upload in (field.type, *get_args(field.type))
    )


def vouch(request: Request, value: object) -> None:
    """Raise `Denied` unless a form comes from a page of this console and carries the token of the session it is sent in.

    Browsers say where a form comes from; signing in has no session yet, so there it is all that can be asked for.
    """
    if _is_foreign(request):
        raise Denied("Forms are taken from pages of this console only.", code="foreign_origin")
    secret = secret_of(request)
    if request.principal is None or secret is None:
        return
    token = value.get(TOKEN_FIELD) if isinstance(value, Fields) else None
    if token is None or not is_form_token(secret, token):
        raise Denied(
            "This form belongs to another session. Load the page anew and send it again.", code="form_token_wrong"
        )


def _is_foreign(request: Request) -> bool:
    site = request.header(b"sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        return True
    origin = request.header(b"origin")
    return origin is not None and urlsplit(origin).netloc.lower() != (request.header(b"host") or "").lower()
