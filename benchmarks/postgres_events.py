"""How fast are events taken on PostgreSQL?

The same as `durable_events`, on a PostgreSQL of the same machine with `synchronous_commit = on`, against Falcon and one
statement that inserts both rows. Client, server and PostgreSQL share the cores, so the figures are printed without target.
"""

from __future__ import annotations

from benchmarks import durable_events
from benchmarks.measuring import Options, Report, command
from benchmarks.postgres import postgres
from benchmarks.servers import place


async def ask(options: Options) -> Report:
    """Durable POST /v1/events on PostgreSQL."""
    report = Report("postgres_events", "Durable POST /v1/events on PostgreSQL", "bare Falcon")
    with place(options.place) as here, postgres(here.folder) as server:
        installation = here.install(database=server.database())
        limit = here.limit("durable_posts_postgres", server.database())
        try:
            await durable_events.compare(report, options, here, installation, limit, is_target=False)
        finally:
            here.close()  # before PostgreSQL ends
    return report


if __name__ == "__main__":
    command(ask)
