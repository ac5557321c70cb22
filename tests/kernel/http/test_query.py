"""Query text becomes declared types, and what only looks like a value is refused."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest

from harbor.kernel.errors import Invalid
from harbor.kernel.http import decode
from harbor.kernel.http.decode import Query


class Wanted(Query):
    """What may be asked for."""

    status: Literal["open", "closed"] | None = None
    size: Annotated[int, msgspec.Meta(ge=1)] | None = None
    word: str | None = None
    tag: list[str] = msgspec.field(default_factory=list)


@pytest.mark.parametrize("name", ["status", "size"])
def test_the_word_null_does_not_mean_that_nothing_was_sent(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode.query([(name, "null")], Wanted, known_elsewhere=frozenset())

    assert refused.value.field == name


def test_text_may_be_the_word_null() -> None:
    assert decode.query([("word", "null")], Wanted, known_elsewhere=frozenset()).word == "null"


def test_a_list_takes_a_repeated_parameter() -> None:
    assert decode.query([("tag", "a"), ("tag", "b")], Wanted, known_elsewhere=frozenset()).tag == ["a", "b"]
