"""AWS as moto plays it, on a port and in a process of its own: what lies there is nobody else's to empty."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

from obstore.store import S3Store

from local.server_process import HOST, free_port
from tests.killed import ended
from tests.waiting import wait_until


@contextmanager
def aws_on_a_port() -> Iterator[str]:
    """Give its address while it runs."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    with ended(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)) as server:
        wait_until(lambda: _answers(port), lambda: f"AWS does not answer; it ended with {server.poll()}")
        yield f"http://{HOST}:{port}"


def empty(aws: str) -> None:
    """Take everything out of it."""
    with urlopen(Request(f"{aws}/moto-api/reset", method="POST"), timeout=10):  # noqa: S310 our own server
        pass


def _answers(port: int) -> bool:
    with socket.socket() as knock:
        knock.settimeout(1)
        return knock.connect_ex((HOST, port)) == 0


def bucket_at(endpoint: str, name: str = "b") -> S3Store:
    """Return a bucket at an address where somebody answers in a way of their own, or nobody. It is asked once."""
    return S3Store(
        name,
        endpoint=endpoint,
        region="x",
        skip_signature=True,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
