"""Fixtures of the tests of traces: the lab with worker processes, as the toolkit's own tests have it."""

from tests.durable.conftest import lab, server, server_program

__all__ = ["lab", "server", "server_program"]
