"""The SDK's core as a worker uses it: the one place that says how tasks are executed."""

from resonate.codec import Codec
from resonate.core import Core
from resonate.heartbeat import Heartbeat
from resonate.observability import noop_observer
from resonate.registry import Registry
from resonate.retry import Never

from durable.clock import Clock
from durable.wire.roots import group_address

from .sender import RunSender
from .settings import Settings


def make_core(  # noqa: PLR0913 a core has all of them
    sender: RunSender, codec: Codec, registry: Registry, *, heartbeat: Heartbeat, settings: Settings, clock: Clock
) -> Core:
    """Return a core that runs the registry's workflows for the settings' group."""

    def find_address(target: str | None) -> str:
        """Return the address of a target: an address already, a group's name, or None for the worker's own group."""
        return group_address(target or settings.group)

    return Core(
        sender=sender,
        fencing=sender,
        codec=codec,
        registry=registry,
        resolver=find_address,
        heartbeat=heartbeat,
        pid=settings.pid,
        ttl=int(settings.lease * 1000),
        retry_policy=Never(),  # steps have their own retries, and workflow bodies must have none
        clock=lambda: int(clock.now() * 1000),
        sleeper=clock.sleep,
        observer=noop_observer,
    )
