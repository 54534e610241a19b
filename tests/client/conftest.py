"""The fixture of the client's tests: each runs with both clients."""

import pytest

from longhand_client import AsyncClient, Client

from .caller import Caller


@pytest.fixture(params=[Client, AsyncClient])
def call(request: pytest.FixtureRequest) -> Caller:
    """A client of each kind."""
    return Caller(request.param)
