"""What the tests of users and roles share: a table with something to hide, and a second process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.harness import Client
from tests.products.harper_tables.conftest import Instance

from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.identity.verified import VerifiedPasswords
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.products.harper_tables.access.user_access import UserAccess
from harbor.products.harper_tables.product import harper_product

FLAGS = ("read", "insert", "update", "delete")


def table_grant(*flags: str, attributes: dict[str, str] | None = None) -> dict[str, Any]:
    """The permissions of a table: the flags that are set, and by attribute the flags of those that are listed."""
    listed = [
        {"attribute_name": name, **{flag: flag in given.split() for flag in ("read", "insert", "update")}}
        for name, given in (attributes or {}).items()
    ]
    return {**{flag: flag in flags for flag in FLAGS}, "attribute_permissions": listed}


def on_article(*flags: str, attributes: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A permission object that grants something on press.article alone."""
    return {"super_user": False, **more, "press": {"tables": {"article": table_grant(*flags, attributes=attributes)}}}


async def library(instance: Instance) -> None:
    """Tables with something to hide: press.article and press.draft, and the database vault."""
    await instance.table(
        "article", records=[{"id": 1, "title": "Tides", "fee": 90}, {"id": 2, "title": "Moss", "fee": 50}]
    )
    await instance.table("draft", records=[{"id": 1, "text": "secret"}])
    await instance.do("create_table", database="vault", table="plans", primary_key="id")


@pytest.fixture
def workers() -> Iterator[PasswordWorkers]:
    """Threads for a second process."""
    made = PasswordWorkers()
    yield made
    made.close()


def second_process(
    instance: Instance, workers: PasswordWorkers, *, verified: VerifiedPasswords | None = None
) -> Instance:
    """The same installation through another process: nothing is remembered there, and nothing is told to it."""
    services = instance.house.services
    throttle = SignInThrottle(MemoryRateLimiter())
    access = UserAccess(instance.house.database, workers, throttle, instance.house.clock.now, verified=verified)
    client = Client(Pipeline(harper_product(access), services), instance.client.headers)
    return replace(instance, client=client, access=access)


def with_headers(instance: Instance, headers: dict[str, str]) -> Instance:
    """The instance as it is called with these headers."""
    return replace(instance, client=Client(instance.client.pipeline, headers))
