"""The keeper's image, built step by step and started: it says what it lacks, waits for its database, and leaves."""

import signal
import socket

import pytest

from tests.images.conftest import Build, Container, running
from tests.images.image_builder import Image

PASSWORD = "not-for-the-log"  # noqa: S105 it opens nothing


@pytest.fixture(scope="module")
def image(build: Build) -> Image:
    return build("keeper")


def environ(port: int) -> dict[str, str]:
    """What the task definition gives it."""
    return {
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(port),
        "DB_NAME": "resonate",
        "DB_USER": "resonate",
        "DB_PASSWORD": PASSWORD,
        "DB_SSLMODE": "require",
        "METRICS_URL": f"http://127.0.0.1:{port}/metrics",
        "RETENTION_DAYS": "40",
    }


def test_a_missing_setting_is_one_sentence_and_exit_code_2(image: Image) -> None:
    with running(image, {}) as container:
        code, written = container.finish()
    assert (code, written.count("\n")) == (2, 1)
    assert written.startswith("keeper: DB_")


def test_it_waits_for_a_database_that_is_away_and_leaves_in_peace(image: Image) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with running(image, environ(port)) as container:
        written = read_until(container, "the database is away")
        container.process.send_signal(signal.SIGTERM)
        code, rest = container.finish()
    assert code == 0, rest
    assert PASSWORD not in written + rest


def read_until(container: Container, words: str) -> str:
    """Read the log up to the line with these words; the time limit of the tests ends a wait in vain."""
    assert container.process.stdout
    written = ""
    for line in container.process.stdout:
        written += line
        if words in line:
            return written
    raise AssertionError(written)


def test_the_image_holds_what_the_keeper_is_made_of_and_no_more(image: Image) -> None:
    assert {place.name for place in image.path("/app").iterdir()} == {"contract", "keeper"}
