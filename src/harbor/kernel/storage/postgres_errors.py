"""What PostgreSQL's errors mean to a caller, by their SQLSTATE. Source: PostgreSQL documentation, appendix A."""

from __future__ import annotations

import psycopg

from harbor.kernel.errors import Conflict, HarborError, Invalid, Unavailable

SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
UNIQUE_VIOLATION = "23505"
QUERY_CANCELED = "57014"
LOCK_NOT_AVAILABLE = "55P03"
DISK_FULL = "53100"
READ_ONLY_TRANSACTION = "25006"
NUMBER_OUT_OF_RANGE = "22003"
CHARACTER_NOT_IN_REPERTOIRE = "22021"

# Connection, resources, shutdown, input and output: the server's trouble, not the caller's.
_UNAVAILABLE_CLASSES = frozenset({"08", "53", "58"})
_UNAVAILABLE_STATES = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25P04"})


class RunAgain(Exception):
    """The transaction lost a race and the same work may succeed now. `refusal` is for when the runs are used up."""

    def __init__(self, refusal: HarborError) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class NeedsSnapshot(Exception):
    """A read that began as a lone statement has a second one, so it must begin again in a transaction."""


class PlanIsStale(RunAgain):
    """A prepared statement answers with other columns than before: a migration ran beside this connection."""


def meaning(error: Exception, *, writes: bool, racing: frozenset[str] = frozenset()) -> Exception:
    """What to raise in place of `error`: a refusal, `RunAgain`, or `error` itself where the fault is ours.

    `writes` says whether the transaction may change anything, `racing` names the unique indexes whose violation is a
    lost race.
    """
    if isinstance(error, UnicodeEncodeError):
        return Invalid("The text contains half of a surrogate pair, which is no character.")
    if isinstance(error, OverflowError):
        return _number_too_large()
    if not isinstance(error, psycopg.Error):
        return error
    state = error.sqlstate or ""
    if state == UNIQUE_VIOLATION:
        return _violation(error, racing)
    if state in {SERIALIZATION_FAILURE, DEADLOCK_DETECTED}:
        return RunAgain(busy())
    if state == "0A000" and error.diag.source_function == "RevalidateCachedQuery":
        return PlanIsStale(busy())
    if isinstance(error, psycopg.DataError):
        return _data(error, state)
    if state == QUERY_CANCELED:
        return _too_slow(writes=writes)
    return _unavailable(error, state, writes=writes) or error


def lost() -> Unavailable:
    """The connection broke before the commit was sent."""
    return Unavailable(
        "The connection to the database was lost; nothing was changed. Try again in a moment.", retry_after_s=5
    )


def lost_while_committing() -> Unavailable:
    """The connection broke after the commit was sent, so only a look can tell."""
    return Unavailable(
        "The connection to the database was lost during the commit. Look whether the change is there first.",
        code="outcome_unknown",
        retry_after_s=5,
    )


def busy() -> Unavailable:
    """Every run of the work lost a race."""
    return Unavailable(
        "Others are changing the same things; nothing was changed. Try again in a moment.", retry_after_s=1
    )


def _violation(error: psycopg.Error, racing: frozenset[str]) -> Exception:
    # The detail of the server would show the values, which may be another person's.
    conflict = Conflict(f"This exists already ({error.diag.constraint_name}).", code="already_exists")
    return RunAgain(conflict) if error.diag.constraint_name in racing else conflict


def _data(error: psycopg.DataError, state: str) -> Exception:
    if state == NUMBER_OUT_OF_RANGE:
        return _number_too_large()
    if state == CHARACTER_NOT_IN_REPERTOIRE or not state:  # psycopg itself refuses U+0000, without a state
        return Invalid("The text contains the character U+0000, which cannot be stored; remove it.")
    return error


def _number_too_large() -> Invalid:
    return Invalid("A number is too large; whole numbers from -2^63 to 2^63-1 can be stored.")


def _too_slow(*, writes: bool) -> HarborError:
    if writes:
        return Invalid(
            "The request needs more than 2 seconds of the database; split it into smaller ones.", code="too_slow"
        )
    return Unavailable(
        "The answer takes longer than 30 seconds to find; ask for a smaller part of it.", code="too_slow"
    )


def _unavailable(error: psycopg.Error, state: str, *, writes: bool) -> Unavailable | None:
    if state == LOCK_NOT_AVAILABLE:
        return busy()
    if state == DISK_FULL:
        return Unavailable(
            "The disk of the server is full; nothing was changed. Try again when there is space.", retry_after_s=30
        )
    if state == READ_ONLY_TRANSACTION and writes:
        return Unavailable(
            "The database is read-only at the moment; nothing was changed. Try again later.", retry_after_s=30
        )
    is_ours_to_bear = state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE_STATES
    if is_ours_to_bear or (not state and isinstance(error, psycopg.OperationalError)):
        return lost()
    return None
