"""The product as it is mounted: its operations joined, its dialect, its tables of the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harbor.kernel.http.product import Product
from harbor.kernel.sealed import Sealed
from harbor.kernel.sql_views import SqlView
from harbor.kernel.storage.migrate import Area
from harbor.products.harper_tables.access.explain_api import explain_permission_operations
from harbor.products.harper_tables.access.roles_api import OPERATIONS as ROLES
from harbor.products.harper_tables.access.sign_in_api import sign_in_operations
from harbor.products.harper_tables.access.user_access import UserAccess
from harbor.products.harper_tables.access.users_api import OPERATIONS as USERS
from harbor.products.harper_tables.additions import additions
from harbor.products.harper_tables.admin_ops.operations import OPERATIONS as ADMINISTRATION
from harbor.products.harper_tables.admin_ops.sealing import PURPOSE as KEPT_PURPOSE
from harbor.products.harper_tables.bodies import BODY_BYTES_MAX
from harbor.products.harper_tables.callers import Access
from harbor.products.harper_tables.catalog.api import OPERATIONS as CATALOG
from harbor.products.harper_tables.catalog.describe_api import describe_operations
from harbor.products.harper_tables.catalog.rest_api import REST
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.dialect import harper_dialect
from harbor.products.harper_tables.jobs_ops.api import OPERATIONS as JOBS
from harbor.products.harper_tables.jobs_ops.exports_api import OPERATIONS as EXPORTS
from harbor.products.harper_tables.jobs_ops.inputs import PURPOSE as JOB_PURPOSE
from harbor.products.harper_tables.jobs_ops.loads_api import load_operations
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.operations import Operations
from harbor.products.harper_tables.records.api import OPERATIONS as RECORDS
from harbor.products.harper_tables.records.audit_api import OPERATIONS as AUDIT
from harbor.products.harper_tables.search.api import OPERATIONS as SEARCH
from harbor.products.harper_tables.sql.api import sql_operations
from harbor.products.harper_tables.sql.bounds import Bounds

TITLE = "Harper Operations API"
DESCRIPTION = "Databases of schemaless tables, NoSQL and SQL, users and roles, on one path."
VERSION = "5"
# Two that insert the same record race, and the second one looks again.
RACING_INDEXES = frozenset({"harper_records_pkey"})
# What a rotation of the master key seals again.
SEALED = (
    Sealed(table="harper_token_keys", column="private_key", purpose="harper.token_key", key=("account_id", "id")),
    Sealed(table="harper_kept", column="secret", purpose=KEPT_PURPOSE, key=("account_id", "kind", "name")),
    Sealed(table="harper_job_inputs", column="secret", purpose=JOB_PURPOSE, key=("account_id", "job_id")),
)


def harper_area(engine: str) -> Area:
    """The product's migrations. Documents and large tables are kept in each engine's own way: decision 0001."""
    return Area("harper_tables", Path(__file__).parent / "migrations" / engine)


def harper_operations(
    compat: Compat = Compat.V5,
    *,
    users: UserAccess | None = None,
    views: Sequence[SqlView] = (),
    sql_bounds: Bounds | None = None,
    body_bytes_max: int = BODY_BYTES_MAX,
    means: Means | None = None,
) -> Operations:
    """All operations; `users` are those who can sign in. `views` are tables of other products that super users may read with SQL.

    `means` are what bulk jobs may reach outside the database.
    """
    sql = sql_operations(views, sql_bounds)
    sign_in = sign_in_operations(users, compat)
    ours = additions((*RECORDS, *SEARCH, *sql))
    bulk = (*load_operations(means or Means()), *EXPORTS, *JOBS)
    catalog = (*describe_operations(views), *CATALOG)
    joined = (
        *catalog,
        *RECORDS,
        *SEARCH,
        *sql,
        *AUDIT,
        *USERS,
        *ROLES,
        *sign_in,
        *bulk,
        *ADMINISTRATION,
        *ours,
    )
    return Operations((*joined, *explain_permission_operations(joined)), compat, body_bytes_max, (REST,))


def harper_product(
    access: Access,
    compat: Compat = Compat.V5,
    *,
    views: Sequence[SqlView] = (),
    sql_bounds: Bounds | None = None,
    body_bytes_max: int = BODY_BYTES_MAX,
    means: Means | None = None,
) -> Product:
    """Harper's Operations API with the callers that `access` knows."""
    users = access if isinstance(access, UserAccess) else None
    operations = harper_operations(
        compat, users=users, views=views, sql_bounds=sql_bounds, body_bytes_max=body_bytes_max, means=means
    )
    return Product(
        name="harper",
        title=TITLE,
        description=DESCRIPTION,
        version=VERSION,
        dialect=harper_dialect(operations, access, compat),
        routes=operations.routes(),
    )
