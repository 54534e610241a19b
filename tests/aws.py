"""moto's AWS, in a process of its own, so that no other test resets it, or in the process of the tests."""

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import pytest
from obstore.store import S3Store

from local.server_process import HOST, free_port
from tests import aws_models  # noqa: F401 - a test makes many sessions, and each would parse them again
from tests.processes import kill_at_end
from tests.waiting import wait_until

# Of moto: without the images of EC2's machines, which no test needs, and which take longer than all else that it does.
VARIABLES = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}


@contextmanager
def serve_aws() -> Iterator[str]:
    """Give the address of a server that runs inside the block."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    null, environ = subprocess.DEVNULL, os.environ | VARIABLES
    with kill_at_end(subprocess.Popen(command, env=environ, stdout=null, stderr=null)) as server:
        wait_until(lambda: _answers(port), lambda: f"AWS does not answer; it ended with {server.poll()}")
        yield f"http://{HOST}:{port}"


@contextmanager
def serve_aws_here() -> Iterator[str]:
    """Give the address of a server in this process, which imports moto once; tests may set states no request sets."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it takes a second, and few processes need it

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(HOST, 0)
    with pytest.MonkeyPatch.context() as variables:
        for name, value in VARIABLES.items():
            variables.setenv(name, value)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


def reset_aws(aws: str) -> None:
    """Delete all resources."""
    with urlopen(Request(f"{aws}/moto-api/reset", method="POST"), timeout=10):  # noqa: S310 our own server
        pass


def _answers(port: int) -> bool:
    with socket.socket() as knock:
        knock.settimeout(1)
        return knock.connect_ex((HOST, port)) == 0


def bucket_at(endpoint: str, name: str = "b") -> S3Store:
    """Return a bucket at any address, such as one that fails or does not answer. Requests are not retried."""
    return S3Store(
        name,
        endpoint=endpoint,
        region="x",
        skip_signature=True,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
