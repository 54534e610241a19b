"""The text that starts the hosted server: with the real server and a real Postgres, and what it hands on."""

import time
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

import psutil
import pytest

from keeper.settings import Address
from local.server_process import PROCESS_TIMEOUT
from tests.conftest import REAL
from tests.waiting import wait_until
from wire.client import Client
from wire.errors import Denied
from wire.requests import PromiseCreate

from .conftest import NO_SERVER
from .entry import Entered, Keys, environ, recorded, recorder, try_it

needs_server = pytest.mark.skipif(REAL is None, reason=NO_SERVER)
KEYS = Keys.make("ES256")
ODD = "a#b/c:d@e?f%g h'i\"j$k`l\\m*n[o]p\nqé~!&+=-_."
NOWHERE = Address(host="db.example", port=5432, name="resonate", sslmode="require", user="us/er", password=ODD)
NEEDED = sorted(environ(NOWHERE, KEYS, Path("/")).keys() - {"PATH", "TMPDIR"})


def start(database: Address, keys: Keys, folder: Path) -> Entered:
    """Start it and wait until it is ready."""
    assert REAL is not None
    entered = Entered(REAL.binary, folder, environ(database, keys, folder))
    wait_until(lambda: is_ready(entered), f"it is ready: {entered.log.read_text()}")
    return entered


def is_ready(entered: Entered) -> bool:
    try:
        with urlopen(f"{entered.url}/ready", timeout=PROCESS_TIMEOUT) as answer:  # noqa: S310 our own address
            return bool(answer.status == 200)
    except OSError:
        return False


@needs_server
@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_it_becomes_a_server_that_asks_for_our_tokens(algorithm: str, database: Address, tmp_path: Path) -> None:
    """Over TLS to Postgres, with a password that an address cannot hold as it is."""
    keys = Keys.make(algorithm)
    with start(database, keys, tmp_path) as entered:
        assert psutil.Process(entered.process.pid).exe() == str(REAL.binary if REAL else "")
        with Client(entered.url) as anybody, pytest.raises(Denied, match="401"):
            anybody.create(PromiseCreate(id="doc/1", timeout_at=1))
        with Client(entered.url, token=keys.token()) as ours:
            assert ours.create(PromiseCreate(id="doc/1", timeout_at=1)).id == "doc/1"


@needs_server
def test_a_token_of_somebody_else_opens_nothing(database: Address, tmp_path: Path) -> None:
    """By another key, for another audience, by another issuer, or of another time."""
    wrong = [
        Keys.make("ES256").token(),
        Keys.make("EdDSA").token(),
        KEYS.token(aud=["others"]),
        KEYS.token(iss="others"),
        KEYS.token(exp=int(time.time()) - 3600),
    ]
    with start(database, KEYS, tmp_path) as entered:
        for token in wrong:
            with Client(entered.url, token=token) as client, pytest.raises(Denied, match="401"):
                client.get("doc/1")


@needs_server
def test_being_told_to_stop_reaches_the_server(database: Address, tmp_path: Path) -> None:
    """It ends in order, which a shell in between would not let it."""
    with start(database, KEYS, tmp_path) as entered:
        assert entered.end() == 0


@needs_server
def test_it_writes_no_file(database: Address, tmp_path: Path) -> None:
    """So its root may be read-only, and it needs no folder of its own: neither where it starts nor for what passes."""
    with start(database, KEYS, tmp_path) as entered, Client(entered.url, token=KEYS.token()) as client:
        client.create(PromiseCreate(id="doc/1", timeout_at=1))
        assert {path.name for path in tmp_path.iterdir()} == {"resonate-server", entered.log.name}


@needs_server
def test_its_log_holds_no_secret(database: Address, tmp_path: Path) -> None:
    with start(database, KEYS, tmp_path) as entered, Client(entered.url, token=KEYS.token()) as client:
        client.create(PromiseCreate(id="doc/1", timeout_at=1))
        entered.end()
        text = unquote(entered.log.read_text())
    assert database.password not in text


@needs_server
def test_a_wrong_password_ends_it_with_an_error(database: Address, tmp_path: Path) -> None:
    assert REAL is not None
    env = environ(database, KEYS, tmp_path, DB_PASSWORD="another")  # noqa: S106 of nobody
    with Entered(REAL.binary, tmp_path, env) as entered:
        assert entered.process.wait(PROCESS_TIMEOUT) != 0
        assert "password authentication failed" in entered.log.read_text()


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_missing_is_one_sentence_and_no_server(name: str, value: str | None, tmp_path: Path) -> None:
    """Also the key: a server that asks for no token is never started."""
    record = recorder(tmp_path, "resonate-server")
    env = environ(NOWHERE, KEYS, tmp_path)
    del env[name]
    ended = try_it(env if value is None else {**env, name: value})
    assert (ended.returncode, ended.stdout, record.exists()) == (2, "", False)
    assert ended.stderr == f"server: {name} is not set: add it to the task definition\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PORT", "54x2"),
        ("DB_SSLMODE", "on"),
        ("PUBLIC_KEY", "none"),
        ("PUBLIC_KEY", "/run/key.pem"),
        ("PUBLIC_KEY", KEYS.private_text),
        ("PUBLIC_KEY", KEYS.public_text + KEYS.private_text),
        ("TOKEN_ISSUER", 'long"hand'),
        ("TOKEN_AUDIENCE", "a,b"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_no_server(name: str, value: str, tmp_path: Path) -> None:
    """The private half of the key is not repeated in the log."""
    record = recorder(tmp_path, "resonate-server")
    ended = try_it(environ(NOWHERE, KEYS, tmp_path, **{name: value}))
    assert (ended.returncode, ended.stdout, record.exists()) == (2, "", False)
    assert ended.stderr.startswith("server: ")
    assert ended.stderr.count("\n") == 1
    assert name in ended.stderr
    assert "MIGH" not in ended.stderr


def test_the_server_is_handed_what_it_reads_and_no_secret_besides(tmp_path: Path) -> None:
    """The text runs no other command, which could be given one as a word and show it in the process list."""
    key = tmp_path / "key"
    server = recorder(tmp_path, "resonate-server", then=f'/bin/cat "$RESONATE_AUTH__PUBLICKEY" >{key}')
    ended = try_it(environ(NOWHERE, KEYS, tmp_path, RESONATE_SERVER__PORT="8001", PATH=str(tmp_path)))
    assert (ended.returncode, ended.stderr) == (0, "")
    words, env = recorded(server)
    assert words[-2:] == ["serve", ""]
    assert not any(ODD in word or "PUBLIC" in word for word in words)
    ours = {name: value for name, value in env.items() if name not in {"PATH", "TMPDIR", "PWD"}}
    url = urlsplit(ours.pop("RESONATE_STORAGE__POSTGRES__URL"))
    assert ours == {
        "RESONATE_STORAGE__TYPE": "postgres",
        "RESONATE_AUTH__PUBLICKEY": "/dev/fd/3",
        "RESONATE_AUTH__ISS": '"longhand"',
        "RESONATE_AUTH__AUD": '"resonate"',
        "RESONATE_SERVER__PORT": "8001",
    }
    assert key.read_text().strip() == KEYS.public_text.strip()
    assert (url.scheme, url.hostname, url.port, url.path, url.query) == (
        "postgres",
        "db.example",
        5432,
        "/resonate",
        "sslmode=require",
    )
    assert (unquote(url.username or ""), unquote(url.password or "")) == ("us/er", ODD)


@needs_server
def test_names_that_look_like_numbers_are_names(database: Address, tmp_path: Path) -> None:
    """The server reads its environment as values with types; a stack may well be called 2026."""
    assert REAL is not None
    env = environ(database, KEYS, tmp_path, TOKEN_ISSUER="2026", TOKEN_AUDIENCE="true")  # noqa: S106 names
    with Entered(REAL.binary, tmp_path, env) as entered:
        wait_until(lambda: is_ready(entered), "it is ready")
        with Client(entered.url, token=KEYS.token(iss="2026", aud=["true"])) as client:
            assert client.create(PromiseCreate(id="doc/1", timeout_at=1)).id == "doc/1"
