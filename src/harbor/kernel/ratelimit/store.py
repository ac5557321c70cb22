"""Table `rate_limits` on PostgreSQL: one statement per take, so that racing processes can never grant too much.

The statement says in SQL what `rules.available` and `rules.spend` say in Python. `ON CONFLICT` locks the row and sees
its newest version, so the decision and the count are one step.
"""

from __future__ import annotations

import re

PERSISTENCE = "SELECT relpersistence FROM pg_class WHERE oid = 'rate_limits'::regclass"

# Half-filled pages leave room for new versions of a row beside the old one, so that counting touches no index.
MAKE_UNLOGGED = "ALTER TABLE rate_limits SET UNLOGGED, SET (fillfactor = 50)"

_TAKE = """
INSERT INTO rate_limits AS r (bucket, opened_at, used, full_at, granted, stale_at)
VALUES (:bucket, :now, :first, :now + :first * :interval, :first, :now + 2 * :window)
ON CONFLICT (bucket) DO UPDATE
SET (opened_at, used, full_at, granted, stale_at) = (
    SELECT
        CASE WHEN granted > 0 AND is_over THEN :now ELSE r.opened_at END,
        CASE WHEN granted = 0 THEN r.used WHEN is_over THEN granted ELSE r.used + granted END,
        CASE WHEN granted = 0 THEN r.full_at ELSE busy_until + granted * :interval END,
        granted,
        CASE WHEN granted > 0 AND is_over THEN :now + 2 * :window ELSE r.stale_at END
    FROM (
        SELECT
            is_over,
            busy_until,
            CASE WHEN room >= :n THEN :n WHEN :partly = 1 THEN room ELSE 0 END AS granted
        FROM (
            SELECT
                is_over,
                busy_until,
                GREATEST(0, LEAST(
                    CASE WHEN is_over THEN :quota ELSE :quota - r.used END,
                    (:capacity - (busy_until - :now)) / NULLIF(:interval, 0)
                )) AS room
            FROM (
                SELECT
                    :now - r.opened_at NOT BETWEEN -:window AND :window - 1 AS is_over,
                    CASE WHEN r.opened_at - :now > :window THEN :now ELSE GREATEST(r.full_at, :now) END AS busy_until
            ) AS seen
        ) AS gates
    ) AS decision
)
RETURNING opened_at, used, full_at, granted
"""

_SWEEP = """
DELETE FROM rate_limits
WHERE bucket IN (
    SELECT bucket
    FROM rate_limits
    WHERE stale_at < :now
    ORDER BY stale_at          -- rate_limits_by_staleness
    LIMIT :n
    FOR UPDATE SKIP LOCKED
)
"""


def _bound(sql: str) -> str:
    """The statement as the driver takes it; numbers are cast, since small ones are sent as short integers."""
    without_comments = re.sub(r"--.*", "", sql)
    return re.sub(r":(\w+)", r"%(\1)s::bigint", without_comments).replace("%(bucket)s::bigint", "%(bucket)s")


TAKE = _bound(_TAKE)
SWEEP = _bound(_SWEEP)
