"""Harper as it is mounted: its callers, its jobs, and the tables of other products that SQL may read."""

from __future__ import annotations

from harbor.kernel.clock import Clock
from harbor.kernel.http.front import Door
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.product import Product
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.settings import Settings
from harbor.kernel.storage.database import Database
from harbor.products.harbor_events.sql_views import VIEWS as HARBOR_VIEWS
from harbor.products.harper_tables.access.user_access import UserAccess
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.product import harper_product

# What an administrator may read with SQL besides tables of Harper.
VIEWS = (*HARBOR_VIEWS,)
# What Harper's documentation lets pages of any origin send.
_HEADERS = "Content-Type, Authorization, Accept"


def product(
    settings: Settings, database: Database, clock: Clock, passwords: PasswordWorkers, throttle: SignInThrottle
) -> Product:
    """The product over an installation's users."""
    access = UserAccess(database, passwords, throttle, clock.now)
    return harper_product(access, Compat(settings.harper_compat), views=VIEWS)


def door(pipeline: Pipeline) -> Door:
    """Under /harper, and at the root of the port its clients expect."""
    listeners = frozenset({"operations", "harper"})
    return Door(pipeline=pipeline, prefix="/harper", listeners=listeners, any_origin_headers=_HEADERS)
