"""A workflow that a worker starts and one that a client starts are the same request."""

from msgspec import structs
from pydantic import BaseModel
from resonate.codec import Codec, NoopEncryptor
from resonate.context import Context

from durable import RootPromise, workflow
from durable.runtime.server_promises import make_root_request
from durable.wire.roots import root_promise


class Order(BaseModel):
    """An argument."""

    number: int
    to: str = "Zürich"


@workflow(name="ship", version=3)
async def ship(ctx: Context, order: Order) -> None:
    """Do nothing."""


def test_the_toolkit_and_wire_build_the_same_root_promise() -> None:
    """The worker builds it with the SDK's types and codec, a client without the SDK."""
    root = RootPromise(id="order/1", workflow=ship, args=(Order(number=1),), tags={"kind": "order"}, lifetime=50.0)
    ours = make_root_request(root, "poll://any@orders", Codec(NoopEncryptor()), now=100.0)
    theirs = root_promise(
        "order/1",
        "ship",
        Order(number=1),
        version=3,
        target="poll://any@orders",
        timeout_at=150_000,
        tags={"kind": "order"},
    )
    assert structs.asdict(ours) | {"param": ours.param.data} == structs.asdict(theirs) | {"param": theirs.param.data}
