"""Reading models out of replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harbor_sdk.core.decode import Model, decode
from harbor_sdk.core.reply import invalid_response, read_object
from harbor_sdk.core.request import Reply
from harbor_sdk.errors import HarborError

M = TypeVar("M", bound=Model)


def one(model: type[M]) -> Callable[[Reply], M]:
    """A reader of replies that hold one `model`."""

    def read(reply: Reply) -> M:
        return decode_from(reply, model, read_object(reply))

    return read


def items(model: type[M]) -> Callable[[Reply], tuple[M, ...]]:
    """A reader of replies that hold a list object of `model`s."""

    def read(reply: Reply) -> tuple[M, ...]:
        return decode_items(reply, model, read_object(reply).get("data"))

    return read


def decode_items(reply: Reply, model: type[M], data: object) -> tuple[M, ...]:
    """The `data` of a list object, as models."""
    if not isinstance(data, list):
        raise invalid_response("The list has no data.", reply)
    return tuple(decode_from(reply, model, item, f"data[{index}]") for index, item in enumerate(data))


def decode_from(reply: Reply, model: type[M], value: object, where: str = "") -> M:
    """`value` as a `model`; an error says which reply it came from."""
    try:
        return decode(model, value, where)
    except HarborError as error:
        error.status, error.request_id = reply.status, reply.request_id
        raise
