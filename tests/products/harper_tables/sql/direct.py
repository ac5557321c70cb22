"""Running a statement past the wire: with other bounds, with views, in another account of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.products.harper_tables.conftest import Instance

from harbor.kernel.call import Call
from harbor.kernel.identity.store import Account
from harbor.kernel.sql_views import SqlView
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.rights import EverythingAllowed, User
from harbor.products.harper_tables.sql import service
from harbor.products.harper_tables.sql.bounds import Bounds
from harbor.products.harper_tables.sql.parsing import parsed
from harbor.products.harper_tables.sql.views import by_name

DEFAULT = Bounds()


def as_super_user(call: Call, instance: Instance, account: Account) -> Call:
    """The call of a super user of an account."""
    call.principal = User(
        account_id=account.id,
        organization_id=instance.organization.id,
        environment=account.environment,
        actor="mira",
        username="mira",
        rights=EverythingAllowed(),
    )
    return call


async def run(
    instance: Instance,
    sql: str,
    *,
    bounds: Bounds = DEFAULT,
    views: Sequence[SqlView] = (),
    account: Account | None = None,
) -> Any:
    """The answer to a statement, for a super user. Raises what it is refused with."""
    statement, where = parsed(sql), account or instance.organization.production

    def act(call: Call) -> Any:
        return service.run(as_super_user(call, instance, where), statement, Compat.V5, bounds, by_name(views))

    return await instance.house.read(where, act)
