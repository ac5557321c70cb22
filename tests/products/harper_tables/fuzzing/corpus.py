"""What ends, opens or changes something in some language, if it were glued into it: for every name and every value."""

from __future__ import annotations

from typing import Final

QUOTES: Final = (
    "'",
    '"',
    "`",
    "''",
    '""',
    "``",
    "\\",
    "\\'",
    "[",
    "]",
    "[id]",
    "{",
    "}",
    "(",
    ")",
    "a'b",
    'a"b',
    "a`b",
)
STATEMENTS: Final = (
    "'; DROP TABLE harper_records; --",
    '" OR ""="',
    "' OR '1'='1",
    "1); DELETE FROM harper_records; --",
    "x' UNION SELECT password_hash FROM harper_users --",
    "/* */",
    "--",
    "#",
    ";",
    "select",
    "FROM",
    "null",
    "undefined",
    "true",
    "NaN",
)
PLACES: Final = (":account_id", "%(table_id)s", "%s", "$1", "?", "{0}", "${x}", "{{7*7}}", "@@version", "%n%n%n")
WILD: Final = ("*", "%", "_", "%_%", "**", ".*", "(a+)+$", "[a-", "\\%")
PATHS: Final = (
    "$",
    "$.x",
    "$[0]",
    "$..*",
    "a.b",
    "a..b",
    ".",
    "..",
    "../../etc/passwd",
    "/",
    "//",
    "C:\\x",
    "a/b",
    "file:///etc/passwd",
)
OBJECTS: Final = (
    "__proto__",
    "constructor",
    "__class__",
    "prototype",
    "__createdtime__",
    "__updatedtime__",
    "__unset__",
    "hdb_user",
)
LETTERS: Final = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202egnp.exe",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\udfff\ud800",
    "é\u0301",
    "💥",
    "İı",
    "\x1b[31m",
    "\r\nSet-Cookie: a=b",
    "x" * 251,
    "x" * 5_000,
    "💥" * 2_000,
)
NUMBERS: Final = ("0", "-1", "1e999", "9" * 400, "0x10", "01")
NAMES: Final = (
    "id",
    "title",
    "press",
    "article",
    "author",
    "vault",
    "plans",
    "system",
    "data",
    "mira",
    "tor",
    "super_user",
)
TEXTS: Final = (*QUOTES, *STATEMENTS, *PLACES, *WILD, *PATHS, *OBJECTS, *LETTERS, *NUMBERS)

# Values of other kinds, where a text or a list is expected, and the other way round.
VALUES: Final = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    -(2**200),
    1.5,
    1e308,
    -0.0,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": ""},
    {"$": ["date", 1]},
    {"__proto__": {"super_user": True}},
    {"attribute": {"attribute": []}},
    [["id", "title"]],
    ["id"] * 2_100,
)
