"""The keeper on a laptop: it answers queries from the SQLite file of the server, and has nothing to clean there."""

from contextlib import closing

from .periodic_tasks import run_periodically
from .queries.serving import serve_queries
from .queries.sql_job_index import SqlJobIndex
from .queries.sqlite import SqliteFile, SqliteIndexBuilder
from .settings import LaptopSettings


async def run_on_laptop(settings: LaptopSettings) -> None:
    """Make the indexes, then answer until canceled."""
    builder = SqliteIndexBuilder(settings.file)
    await run_periodically(builder)
    with closing(SqliteFile(settings.file, builder.conditions)) as statements:
        await serve_queries(SqlJobIndex(statements), settings.query)
