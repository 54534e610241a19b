"""Messages to http addresses: each is a POST, and a target's failure affects no other."""

from contextlib import ExitStack

import pytest

from local.server_process import HOST, EmbeddedProgram, free_port

from .function import Function, Post
from .requests import get, listen, settle
from .world import World

JSON = "application/json"
REFUSALS = [300, 400, 404, 413, 429, 500, 503]
# The real server posts one message after the other and waits for each answer, so it is not asked to stand these.
EMBEDDED_ONLY = pytest.mark.parametrize("server_program", [EmbeddedProgram()], ids=["embedded"])


def test_a_message_is_posted_to_the_address_of_its_task(world: World) -> None:
    """To the very path, query and all, in the same words as to a stream."""
    with Function() as function:
        world.send("a", to=function.address("/path/%2f?x=%20y"))
        assert function.next() == Post("/path/%2f?x=%20y", JSON, world.execute("a"))
        world.ask.send_all(settle(world.name("a")))


def test_a_listener_may_have_an_http_address(world: World) -> None:
    """The message has the settled promise."""
    p = world.name("p")
    with Function() as function:
        world.ask.send_all(world.new("p"), listen(p, function.address()), settle(p, data="dg=="))
        assert function.next() == Post("/", JSON, {"kind": "unblock", "head": {}, "data": world.ask.data(get(p))})


def test_one_function_gets_all_of_its_messages(world: World) -> None:
    """Each once."""
    names = [f"{number}" for number in range(50)]
    with Function() as function:
        world.send(*names, to=function.address())
        got = [function.next().body for _ in names]
        assert all(world.execute(name) in got for name in names)
        world.ask.send_all(*(settle(world.name(name)) for name in names))


def test_what_a_function_refuses_is_sent_again_after_the_retry_timeout(world_with_fast_retries: World) -> None:
    """Whatever the target answered: all that matters is that no worker has acquired the task."""
    world = world_with_fast_retries
    with ExitStack() as stack:
        functions = {str(status): stack.enter_context(Function(status)) for status in REFUSALS}
        for name, function in functions.items():
            world.send(name, to=function.address())
        for name, function in functions.items():
            assert [function.next().body, function.next().body] == [world.execute(name)] * 2
        world.ask.send_all(*(settle(world.name(name)) for name in functions))


def test_a_function_that_is_not_there_yet_gets_its_message_later(world_with_fast_retries: World) -> None:
    """When it is sent again."""
    world, port = world_with_fast_retries, free_port()
    world.send("a", to=f"http://{HOST}:{port}/")
    with world.open_stream() as stream:
        assert world.read_messages(stream) == []  # so the message to the function has been sent, too
    with Function(port=port) as function:
        assert function.next().body == world.execute("a")
        world.ask.send_all(settle(world.name("a")))


@EMBEDDED_ONLY
def test_a_function_that_hangs_delays_no_other(world: World) -> None:
    """Neither streams nor other functions."""
    with Function() as hanging, Function() as function, world.open_stream() as stream:
        hanging.hang()
        world.send("1", "2", "3", to=hanging.address())
        assert {hanging.next().path for _ in range(3)} == {"/"}
        world.send("stream", to=world.address())
        world.send("function", to=function.address())
        assert stream.next() == world.execute("stream")
        assert function.next().body == world.execute("function")


# Addresses that are taken, and where nothing can be delivered: to no port, no host, no such name, no such scheme.
USELESS = [
    *(
        "http://127.0.0.1:0",
        "http://127.0.0.1:1/%zz",
        "http:\\\\127.0.0.1:1\\x",
        "http:127.0.0.1:1",
        "http://u:p@127.1:1",
    ),
    *("http://[::1]:1/", "http://0x7f.1:1", "http://a..invalid", "http://.invalid", "http://a_b.invalid"),
    *('http://a"b.invalid', "http://é.invalid", "http://xn--n3h.invalid", "http://*.invalid", "http://%41.invalid"),
    *(
        "http://" + "a" * 64 + ".invalid",
        "http://" + "a." * 130 + "invalid",
        "https://127.0.0.1:1",
        "http://x.invalid/\n",
    ),
    *("gcps://p/t", "bash://", "bash:x", "poll://uni@g", "poll://any@[::1]", "poll://any@g\0", "poll://any@%00"),
]


@EMBEDDED_ONLY
def test_no_address_breaks_the_delivery(world: World) -> None:
    """What cannot be sent is dropped, and what comes after it is sent."""
    with world.open_stream() as stream:
        for number, address in enumerate(USELESS):
            world.send(f"{number}", to=address)
            p = f"p{number}"
            world.ask.send_all(world.new(p), listen(world.name(p), address), settle(world.name(p)))
        assert world.read_messages(stream) == []
    assert world.server.process.poll() is None
    assert "Traceback" not in world.server.log.read_text()
