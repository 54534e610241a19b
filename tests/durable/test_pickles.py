"""A pickle in a rejected promise never runs: a client that can write a promise would own the workers."""

import json
import os
import pickle
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from resonate.codec import Codec

from durable.payload import NoPickle
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab
from tests.waiting import wait_until

KEY = "__py_pickle"


class Planted:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.open, (str(self.file), os.O_CREAT)


@EMBEDDED_SERVER
@pytest.mark.parametrize(("program", "runs"), [("worker", False), ("sdk_worker", True)])
def test_a_planted_pickle_does_not_run(lab: WorkerLab, program: str, *, runs: bool) -> None:
    """In the SDK's own worker it runs."""
    file = lab.folder / "it-ran"
    lab.launch(program)
    lab.create("a", "asking")
    wait_until(lambda: "a:1" in lab.children("a"), lambda: "the promise does not exist")
    error = {"__type": "error", "message": "sorry", KEY: b64encode(pickle.dumps(Planted(file))).decode()}
    lab.settle("a:1", "rejected", error)
    assert lab.result("a") == "ApplicationError: sorry"
    assert file.exists() is runs


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({KEY: "x", "message": "m"}),
        '{"__py\\u005fpickle": "x", "message": "m"}',
        '{"\\u005f\\u005fpy_pickle": "x", "message": "m"}',
        json.dumps({"message": "m", KEY: {"nested": KEY}}),
    ],
)
def test_a_pickle_is_removed_however_its_key_is_spelt(data: str) -> None:
    hook = NoPickle()
    for convert in (hook.encrypt, hook.decrypt):
        assert json.loads(convert(data.encode())) == {"message": "m"}


@pytest.mark.parametrize("data", [b'{"__py_pickle":', b"\xff__py_pickle", b"[" * 100_000 + b'"__py_pickle"'])
def test_unreadable_payloads_become_null(data: bytes) -> None:
    """The hook must not raise: the SDK would hold the task until its lease ends, again and again."""
    assert NoPickle().decrypt(data) == b"null"


@pytest.mark.parametrize("value", [{"a": "\u00e9\U0001f600\x01"}, ["__py_pickle"], "\x1f", 1.5, {"b": {KEY: 1}}])
def test_other_values_survive_unchanged(value: object) -> None:
    """The SDK unpickles only the outermost key."""
    codec = Codec(NoPickle())
    assert codec.decode(codec.encode(value)) == value


def test_our_own_errors_are_sent_without_a_pickle() -> None:
    codec = Codec(NoPickle())
    assert codec.decode(codec.encode(ValueError("m"))) == {"__type": "error", "message": "m"}
