"""The fixtures of this folder."""

from tests.end_to_end.fixtures import (
    api,
    each_shop,
    installation,
    manual_server,
    postgres_serving,
    receiver,
    shop,
    slow_shop,
    sqlite_server,
    template,
)

__all__ = [
    "api",
    "each_shop",
    "installation",
    "manual_server",
    "postgres_serving",
    "receiver",
    "shop",
    "slow_shop",
    "sqlite_server",
    "template",
]
