"""GET /types: a client offers what the deployment's workers know."""

from pathlib import Path

import pytest

from durable.wire.client import Client

from .conftest import api_over


def test_the_types_of_the_deployment_are_listed(client: Client, folder: Path) -> None:
    reply = api_over(client, folder, types=("invoice", "delivery-note")).send("GET", "/types")
    assert (reply.status, reply.body) == (200, {"types": [{"name": "invoice"}, {"name": "delivery-note"}]})


@pytest.mark.parametrize(("method", "query", "status"), [("POST", "", 405), ("GET", "kind=x", 400)])
def test_other_requests_are_refused(client: Client, folder: Path, method: str, query: str, status: int) -> None:
    assert api_over(client, folder).send(method, "/types", query=query).status == status
