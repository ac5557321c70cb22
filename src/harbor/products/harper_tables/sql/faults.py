"""What is wrong with a statement, in the words that Harper's clients know. Source: docs/products/harper-sql.md#sql-errors."""

from __future__ import annotations

from harbor.kernel.errors import Internal, Invalid
from harbor.products.harper_tables.refusals import documented_500, invalid

_HINT = "Please ensure your SQL is valid. Try adding backticks to reserved words and schema table references."
_SHOWN_BEFORE, _SHOWN_AFTER = 60, 30


def missing() -> Invalid:
    """The body has no statement."""
    return invalid("The 'sql' parameter is missing from the request body", code="sql_missing", field="sql")


def invalid_sql(reason: str = "", *, text: str = "", position: int | None = None) -> Invalid:
    """The statement cannot be read: for a reason, or at a place of its text."""
    if reason:
        return invalid(reason, code="invalid_sql", field="sql")
    if position is None:
        return invalid(f"We had trouble parsing your request. {_HINT}", code="invalid_sql", field="sql")
    return invalid(f"Invalid SQL at: {_pointed(text, position)}. {_HINT}", code="invalid_sql", field="sql")


def not_supported(what: str) -> Invalid:
    """A statement of another kind."""
    return invalid(
        f"{what} statements are not supported; only SELECT, INSERT, UPDATE and DELETE are.",
        code="sql_not_supported",
        field="sql",
    )


def no_schema(table: str) -> Internal:
    """A table without its database that is in no default database either, in the older line."""
    return documented_500(f"schema not defined for table {table}")


def bad_insert() -> Internal:
    """The values of a row are not as many as the columns."""
    return documented_500("There was a problem performing this insert. Please check the logs and try again.")


def unknown_column(name: str, where: str = "") -> Invalid:
    """No table of the statement has it."""
    return invalid(f"unknown column '{name}'{where}", code="unknown_column", field="sql")


def ambiguous_column(name: str, where: str = "") -> Invalid:
    """Several tables of the statement have it."""
    return invalid(f"ambiguously defined column '{name}'{where}", code="ambiguous_column", field="sql")


def wrong(message: str, code: str = "sql_invalid") -> Invalid:
    """Any other fault of a statement, in a sentence."""
    return invalid(message, code=code, field="sql")


def too_much(what: str, bound: str) -> Invalid:
    """A bound was reached. The sentence says which setting it is."""
    setting = f"HARBOR_HARPER_{bound.upper()}"
    return invalid(f"{what}; narrow the statement, or raise {setting}.", code="sql_bound", field="sql")


def _pointed(text: str, position: int) -> str:
    line_start = text.rfind("\n", 0, position) + 1
    line_end = text.find("\n", position)
    start = max(line_start, position - _SHOWN_BEFORE)
    end = min(len(text) if line_end < 0 else line_end, position + _SHOWN_AFTER)
    shown = text[start:end].encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return f"{shown}\n{'-' * (position - start)}^"
