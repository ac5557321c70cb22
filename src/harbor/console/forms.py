"""Forms: their bodies, the token every one of them carries, and where they may come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harbor.console.cookies import is_form_token, secret_of
from harbor.kernel.errors import Denied, Invalid
from harbor.kernel.http import decode
from harbor.kernel.http.request import Request

MEDIA_TYPE = "application/x-www-form-urlencoded"
FIELDS_MAX = 2_000
TOKEN_FIELD = "_token"  # noqa: S105 (names a field)


@dataclass(frozen=True, slots=True)
class Fields:
    """What a form sent, in its order."""

    pairs: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The first value of a field."""
        return next((value for key, value in self.pairs if key == name), None)


def accepts(media_type: str | None) -> bool:
    """Bodies are forms."""
    return media_type is not None and media_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def parse(request: Request, raw: bytes) -> Fields:  # noqa: ARG001
    """The fields of a form. Raises `Invalid` for what is no form, or one with too many fields."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except (ValueError, UnicodeDecodeError):
        raise Invalid(f"The form is not percent-encoded UTF-8 of at most {FIELDS_MAX} fields.") from None
    for name, value in pairs:
        if "\0" in value or "\0" in name:
            raise Invalid(f"{name[:100]} contains the character U+0000, which is not allowed.", field=name[:100])
    # Browsers send the line ends of text areas as CR LF, whatever was typed.
    return Fields(tuple((name, value.replace("\r\n", "\n")) for name, value in pairs))


def decoded(request: Request, value: object, type_: type[Any]) -> Any:  # noqa: ARG001
    """The declared form out of the fields."""
    pairs = value.pairs if isinstance(value, Fields) else ()
    return decode.query(pairs, type_, known_elsewhere=frozenset({TOKEN_FIELD}))


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
