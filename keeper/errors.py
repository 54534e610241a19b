"""The errors of a statement for reasons outside it. A wrong statement raises the database's own error."""


class UnavailableError(Exception):
    """The database is unavailable, or the server has not made its tables yet."""


class AbortedError(Exception):
    """The database is available, and ended one statement: it took too long, or waited for another program's lock."""
