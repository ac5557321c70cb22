"""Bodies of operations at random: mostly what makes sense, and then something that may not."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from tests.products.harper_tables.fuzzing import corpus

from harbor.products.harper_tables.product import harper_operations

OPERATIONS: Final = harper_operations().names
# Every name under which some operation looks for something.
FIELDS: Final = (
    *("database", "schema", "table", "tables", "attribute", "search_attribute", "value", "search_value", "conditions"),
    *("operator", "records", "ids", "hash_values", "get_attributes", "select", "sort", "limit", "offset", "reverse", "desc"),
    *("primary_key", "hash_attribute", "attributes", "expiration", "audit", "sealed", "replicate", "residence", "indexed"),
    *("timestamp", "expiresAt", "full_record", "exact_count", "include_computed", "skip_record_count", "replicated"),
    *("username", "password", "role", "active", "permission", "id", "impersonate", "expires_in", "refresh_token"),
    *("data", "action", "csv_url", "file_path", "s3", "format", "path", "filename", "search_operation", "date", "from_date"),
    *("to_date", "search_type", "search_values", "from", "to", "start", "until", "order", "level", "sql", "for_operation"),
    *("project", "file", "payload", "package", "encoding", "name", "key", "host", "port", "subscriptions", "routes", "rule"),
    *("metric", "conditions", "start_time", "end_time", "certificate", "private_key", "csr", "hosts", "uses", "known_hosts"),
    *("value", "envelope", "grants", "license", "company", "backup_id", "gzip", "include_audit", "service", "status", "mode"),
)  # fmt: skip
# By number: hypothesis prints what it samples from, and some of these are long.
TEXTS: Final = st.one_of(
    st.sampled_from(corpus.NAMES),
    st.integers(0, len(corpus.TEXTS) - 1).map(lambda number: corpus.TEXTS[number]),
    st.text(max_size=6),
)
SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(-(2**200), 2**200),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    TEXTS,
)
KEYS: Final = st.one_of(
    TEXTS,
    st.sampled_from(FIELDS),
    st.sampled_from(("comparator", "search_type", "next", "descending", "attribute_name")),
)
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
ATTRIBUTES: Final = st.one_of(
    st.sampled_from(("id", "title", "year", "price", "tags", "__createdtime__")),
    st.sampled_from((["address", "city"], ["tags"], ["id"], [])),
    TEXTS,
)
COMPARATORS: Final = st.sampled_from(
    (
        *("equals", "eq", "=", "not_equal", "!=", "contains", "ct", "starts_with", "sw", "ends_with", "ew", "greater_than"),
        *("gt", ">=", "less_than", "lte", "<", "between", "in", "matches", "matches_all", "matches_any", "nope"),
    )
)  # fmt: skip
OPERANDS: Final = st.one_of(
    st.sampled_from((1994, "Tides", "", "o", 2.5, True, None, [1, 2], [1990, 2000], ["a", 3], "a-b")), VALUES
)


def _condition(name: str, word: str, operand: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: ATTRIBUTES, operand: OPERANDS}, optional={word: COMPARATORS})


CONDITION: Final = st.one_of(
    _condition("attribute", "comparator", "value"), _condition("search_attribute", "search_type", "search_value")
)
CONDITIONS: Final = st.recursive(
    st.lists(st.one_of(CONDITION, CONDITION, CONDITION, VALUES), min_size=1, max_size=3),
    lambda inner: st.lists(
        st.one_of(
            CONDITION,
            st.fixed_dictionaries(
                {"conditions": inner}, optional={"operator": st.sampled_from(("and", "or", "OR", "x"))}
            ),
        ),
        min_size=1,
        max_size=3,
    ),
    max_leaves=8,
)
SORTS: Final = st.recursive(
    st.one_of(
        st.none(),
        st.fixed_dictionaries({"attribute": ATTRIBUTES}, optional={"descending": st.booleans()}),
        st.fixed_dictionaries({"attribute": ATTRIBUTES}),
    ),
    lambda inner: st.fixed_dictionaries({"attribute": ATTRIBUTES, "next": inner}, optional={"descending": VALUES}),
    max_leaves=3,
)
RECORDS: Final = st.lists(
    st.dictionaries(
        st.one_of(st.sampled_from(("id", "id", "title", "year", "$", "ü", "x y")), KEYS), VALUES, max_size=4
    ),
    max_size=3,
)
GRANTS: Final = st.dictionaries(
    st.sampled_from(("read", "insert", "update", "delete", "attribute_permissions")), VALUES
)
PERMISSIONS: Final = st.dictionaries(
    st.sampled_from(("super_user", "structure_user", "operations", "press", "vault", "cluster_user")),
    st.one_of(
        VALUES, st.fixed_dictionaries({"tables": st.dictionaries(st.sampled_from(("article", "author", "x")), GRANTS)})
    ),
    max_size=3,
)
_WHERE: Final = {
    "database": st.sampled_from(("press", "press", "press", "press", "vault", "kiosk")),
    "table": st.sampled_from(("article", "article", "article", "author", "t2")),
}
_SEARCH: Final = {
    **_WHERE,
    "ids": st.lists(st.one_of(st.integers(0, 3), SCALARS), max_size=3),
    "get_attributes": st.lists(st.one_of(st.sampled_from(("id", "title", "*")), TEXTS), min_size=1, max_size=3),
    "attribute": ATTRIBUTES,
    "value": OPERANDS,
    "conditions": CONDITIONS,
    "sort": SORTS,
}
_WRITE: Final = {**_WHERE, "records": RECORDS, "ids": st.lists(st.one_of(st.integers(0, 3), SCALARS), max_size=3)}
_TABLE: Final = {**_WHERE, "primary_key": st.just("id"), "attribute": ATTRIBUTES}
_PEOPLE: Final = {
    "permission": PERMISSIONS,
    "role": st.sampled_from(("desk", "super_user", "walker")),
    "username": st.sampled_from(("una", "ida", "none")),
    "password": st.sampled_from(("birch-9", "")),
    "active": st.booleans(),
    "id": st.sampled_from(("desk", "walker", "none")),
}
_OTHER: Final = {
    **_WHERE,
    "data": st.sampled_from(("id,title\n9,x\n", "", "id,a`b\n1,2\n", 'id\n"')),
    "date": st.sampled_from(("2020-01-01", "soon")),
    "sql": st.sampled_from(("SELECT * FROM press.article", "DELETE FROM press.author WHERE id = 9", "SELECT")),
    "id": st.sampled_from(("desk", "none")),
    "project": st.sampled_from(("shelf", "desk")),
    "file": st.sampled_from(("conf.yaml", "..")),
    "name": st.sampled_from(("forge", "API_KEY")),
    "payload": st.sampled_from((None, "rest: true")),
}


def likely(operation: str) -> st.SearchStrategy[dict[str, Any]]:
    """Fields that make sense for an operation."""
    if operation.startswith("search"):
        return st.fixed_dictionaries(_SEARCH)
    if operation in ("insert", "update", "upsert", "put", "delete"):
        return st.fixed_dictionaries(_WRITE)
    if operation.startswith(("create_", "describe_", "drop_table", "drop_attribute", "drop_schema", "drop_database")):
        return st.fixed_dictionaries(_TABLE)
    if operation.endswith(("user", "role", "users", "roles", "_permission", "login", "tokens", "_info")):
        return st.fixed_dictionaries(_PEOPLE)
    return st.fixed_dictionaries(_OTHER)


_DROPS: Final = tuple(
    name for name in OPERATIONS if name.startswith(("drop_", "restore_", "restart", "purge_", "delete_"))
)
_OFTEN: Final = tuple(name for name in OPERATIONS if name not in _DROPS) * 4 + OPERATIONS
# Who changes users throttles and ends the caller's own session: those are examined elsewhere.
WILD: Final = st.one_of(
    st.just({}),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=2),
    st.dictionaries(st.sampled_from(FIELDS), SCALARS, min_size=1, max_size=1),
    st.fixed_dictionaries(
        {
            "impersonate": st.one_of(
                VALUES, st.fixed_dictionaries({"role": st.fixed_dictionaries({"permission": PERMISSIONS})})
            )
        }
    ),
)
BODIES: Final = st.sampled_from(_OFTEN).flatmap(
    lambda operation: st.builds(
        lambda fields, wild: {**fields, **wild, "operation": operation}, likely(operation), WILD
    )
)
SEARCHES: Final = st.builds(
    lambda operation, fields, more: {**fields, **more, "operation": operation},
    st.sampled_from(("search_by_conditions", "search", "search_by_value", "search_by_id")),
    st.fixed_dictionaries(_SEARCH),
    st.fixed_dictionaries(
        {},
        optional={
            "limit": st.one_of(st.integers(1, 4), SCALARS),
            "offset": st.one_of(st.integers(0, 3), SCALARS),
            "operator": st.sampled_from(("and", "or", "AND", 1)),
            "reverse": st.booleans(),
            "select": st.lists(st.one_of(TEXTS, st.fixed_dictionaries({"name": TEXTS, "select": VALUES})), max_size=3),
        },
    ),
)
