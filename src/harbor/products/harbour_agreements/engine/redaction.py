"""What is masked in a provider's answer before it is kept. Source: docs/products/harbour.md#redaction."""

from __future__ import annotations

import re
from typing import Any, Final

MASK: Final = "[redacted]"
_WORDS: Final = (
    r"ssn|social_?(?:security|insurance)|sin|licen[cs]e_?(?:number|no)|document_?(?:number|no)|id_?number|passport"
    r"|image|photo|selfie|token|secret|password|authorization|api_?key"
)
_KEY: Final = re.compile(
    rf"(?:^|_)(?:{_WORDS})s?(?:_?(?:number|no|full|value|url|data|base64|front|back|video))?$", re.IGNORECASE
)
_CREDENTIALS: Final = re.compile(
    r"://[^/\s\"@]{1,512}@|[?&](?:[a-z]+_token|token|signature|sig|key|x-amz-[a-z-]+)=", re.IGNORECASE
)
# A number in the form of an SSN, under whatever name it comes.
_NUMBER: Final = re.compile(r"(?<![0-9-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![0-9-])")
# Reports are named after the number they trace, and hold none.
_HARMLESS: Final = frozenset({"ssn_id_document_reports"})


def redacted(value: Any) -> Any:
    """The same JSON value with numbers, pictures, tokens and addresses with credentials masked, `*_last4` left."""
    if isinstance(value, dict):
        return {name: _masked(name, item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    if isinstance(value, str) and (_CREDENTIALS.search(value) or _NUMBER.search(value)):
        return MASK
    return value


def _masked(name: str, value: Any) -> Any:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    if snake not in _HARMLESS and _KEY.search(snake) and value not in (None, "", [], {}):
        return MASK
    return redacted(value)
