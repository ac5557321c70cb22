"""What an answer of a provider means here. Pure: the same answer is the same report.

A word that nobody explained is an error and never a result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from harbor.products.harbour_agreements.engine import activity
from harbor.products.harbour_agreements.providers.http.model import HttpSettings
from harbor.products.harbour_agreements.providers.http.pointers import at
from harbor.products.harbour_agreements.providers.protocol import ProviderError, Update
from harbor.products.harbour_agreements.verifications.model import Result, Status

W = TypeVar("W", bound=StrEnum)

_REFERENCE_LENGTH_MAX = 200
_WORDS = {
    Status.STARTED: (activity.CREATED,),
    Status.IN_PROGRESS: (activity.SUBMITTED,),
    Status.COMPLETED: (activity.COMPLETE, activity.RETURNED),
    Status.CANCELLED: (activity.CANCELLED,),
}


def update_of(settings: HttpSettings, answer: Any, now: datetime, *, reference: str | None = None) -> Update:
    """The report in an answer. Raises `ProviderError` where it says too little or in unknown words."""
    pointers, words = settings.pointers, settings.words
    said = reference if reference is not None else at(answer, pointers.reference)
    if not isinstance(said, str | int) or said == "":
        raise ProviderError(f"The answer has no reference at {pointers.reference or 'its root'}.")
    if len(str(said)) > _REFERENCE_LENGTH_MAX or not str(said).isprintable():
        raise ProviderError("The reference of the answer is no word.")
    status = _meant(answer, pointers.status, words.status, "status")
    if status is None:
        raise ProviderError(f"The answer has no status at {pointers.status or 'its root'}.")
    result = _meant(answer, pointers.result, words.result, "result") if status is Status.COMPLETED else None
    if status is Status.COMPLETED and result not in (Result.VERIFIED, Result.REJECTED):
        raise ProviderError(f"The answer is complete and has no result at {pointers.result or 'any pointer'}.")
    level = _meant(answer, pointers.sub_status, words.sub_status, "sub_status")
    parts = {
        subtype: found
        for subtype, pointer in pointers.parts.items()
        if (found := _meant(answer, pointer, words.result, f"parts.{subtype}")) in (Result.VERIFIED, Result.REJECTED)
    }
    id_ = _id(str(said), status, result, level, parts)
    return Update(
        update_id=id_,
        reference=str(said),
        status=status,
        result=result,
        sub_status=level if status is Status.IN_PROGRESS else None,
        occurred_at=now,
        activity=_WORDS[status],
        raw=answer if isinstance(answer, dict) else {"answer": answer},
        parts={
            subtype: Update(
                update_id=f"{id_}/{subtype}",
                reference=str(said),
                status=Status.COMPLETED,
                result=part,
                occurred_at=now,
            )
            for subtype, part in parts.items()
        },
    )


def _meant(answer: Any, pointer: str | None, words: Mapping[str, W], what: str) -> W | None:
    said = None if pointer is None else at(answer, pointer)
    if said is None:
        return None
    if not isinstance(said, str | int | bool):
        raise ProviderError(f"The {what} of the answer is no word.")
    folded = str(said).casefold()
    found = next((meaning for word, meaning in words.items() if word.casefold() == folded), None)
    if found is None:
        raise ProviderError(f"Nobody said what the {what} {str(said)[:60]!r} means.")
    return found


def _id(reference: str, *said: object) -> str:
    state = [reference, *(dict(one) if isinstance(one, Mapping) else one for one in said)]
    return hashlib.sha256(msgspec.json.encode(state)).hexdigest()
