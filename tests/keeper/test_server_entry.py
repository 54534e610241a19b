"""The script that starts the hosted server: with the real server and a real Postgres, and what it passes on."""

import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

import psutil
import pytest

from durable.wire.client import Client
from durable.wire.errors import Denied
from durable.wire.requests import PromiseCreate
from keeper.settings import DatabaseAddress
from local.logged_process import PROCESS_TIMEOUT
from tests.conftest import REAL
from tests.waiting import wait_until

from .conftest import NO_SERVER
from .postgres import make_certificate
from .server_entry import Keys, ServerEntry, add_recorder, entry_environment, read_record, run_to_end

needs_server = pytest.mark.skipif(REAL is None, reason=NO_SERVER)
KEYS = Keys.generate("ES256")
SPECIAL_PASSWORD = "a#b/c:d@e?f%g h'i\"j$k`l\\m*n[o]p\nqé~!&+=-_."  # noqa: S105 no real one
UNUSED_ADDRESS = DatabaseAddress(
    host="db.example",
    port=5432,
    name="resonate",
    sslmode="require",
    sslrootcert="/etc/ssl/rds.pem",
    user="us/er",
    password=SPECIAL_PASSWORD,
)
VARIABLES = sorted(entry_environment(UNUSED_ADDRESS, KEYS, Path("/")).keys() - {"PATH", "TMPDIR"})


def start(database: DatabaseAddress, keys: Keys, folder: Path) -> ServerEntry:
    """Start the server, and wait until it is ready."""
    assert REAL is not None
    entry = ServerEntry(REAL.binary, folder, entry_environment(database, keys, folder))
    wait_until(lambda: is_ready(entry), f"the server is ready: {entry.log.read_text()}")
    return entry


def is_ready(entry: ServerEntry) -> bool:
    try:
        with urlopen(f"{entry.url}/ready", timeout=PROCESS_TIMEOUT) as response:  # noqa: S310 our own address
            return bool(response.status == 200)
    except OSError:
        return False


@needs_server
@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_the_server_requires_our_tokens(algorithm: str, empty_database: DatabaseAddress, tmp_path: Path) -> None:
    """Postgres is reached over TLS, with a password that must be encoded in a url."""
    keys = Keys.generate(algorithm)
    with start(empty_database, keys, tmp_path) as entry:
        assert psutil.Process(entry.process.pid).exe() == str(REAL.binary if REAL else "")
        with Client(entry.url) as client, pytest.raises(Denied, match="401"):
            client.create(PromiseCreate(id="doc/1", timeout_at=1))
        with Client(entry.url, token=keys.sign_token()) as ours:
            assert ours.create(PromiseCreate(id="doc/1", timeout_at=1)).id == "doc/1"


@needs_server
def test_the_server_verifies_the_name_and_the_authority_of_the_database(
    empty_database: DatabaseAddress, tmp_path: Path
) -> None:
    assert REAL is not None
    if empty_database.sslmode == "prefer":
        pytest.skip("this build of Postgres has no TLS")
    verified = replace(empty_database, sslmode="verify-full")
    with start(verified, KEYS, tmp_path):
        pass
    foreign = make_certificate(tmp_path / "foreign.pem")
    for other in (replace(verified, sslrootcert=str(foreign)), replace(verified, host="localhost")):
        with ServerEntry(REAL.binary, tmp_path, entry_environment(other, KEYS, tmp_path)) as entry:
            assert entry.process.wait(PROCESS_TIMEOUT) != 0
            assert "certificate" in entry.log.read_text()


@needs_server
def test_a_foreign_or_expired_token_is_refused(empty_database: DatabaseAddress, tmp_path: Path) -> None:
    """Of another key, audience or issuer, or of another time."""
    wrong = [
        Keys.generate("ES256").sign_token(),
        Keys.generate("EdDSA").sign_token(),
        KEYS.sign_token(aud=["others"]),
        KEYS.sign_token(iss="others"),
        KEYS.sign_token(exp=int(time.time()) - 3600),
    ]
    with start(empty_database, KEYS, tmp_path) as entry:
        for token in wrong:
            with Client(entry.url, token=token) as client, pytest.raises(Denied, match="401"):
                client.get("doc/1")


@needs_server
def test_sigterm_reaches_the_server(empty_database: DatabaseAddress, tmp_path: Path) -> None:
    """The server exits cleanly, which a shell in between would prevent."""
    with start(empty_database, KEYS, tmp_path) as entry:
        assert entry.stop() == 0


@needs_server
def test_the_server_writes_no_file(empty_database: DatabaseAddress, tmp_path: Path) -> None:
    """So its root may be read-only, and it needs neither a working nor a temporary folder."""
    with start(empty_database, KEYS, tmp_path) as entry, Client(entry.url, token=KEYS.sign_token()) as client:
        client.create(PromiseCreate(id="doc/1", timeout_at=1))
        assert {path.name for path in tmp_path.iterdir()} == {"resonate-server", entry.log.name}


@needs_server
def test_the_log_contains_no_secret(empty_database: DatabaseAddress, tmp_path: Path) -> None:
    with start(empty_database, KEYS, tmp_path) as entry, Client(entry.url, token=KEYS.sign_token()) as client:
        client.create(PromiseCreate(id="doc/1", timeout_at=1))
        entry.stop()
        text = unquote(entry.log.read_text())
    assert empty_database.password not in text


@needs_server
def test_a_wrong_password_ends_the_server_with_an_error(empty_database: DatabaseAddress, tmp_path: Path) -> None:
    assert REAL is not None
    env = entry_environment(empty_database, KEYS, tmp_path, DB_PASSWORD="another")  # noqa: S106 no real one
    with ServerEntry(REAL.binary, tmp_path, env) as entry:
        assert entry.process.wait(PROCESS_TIMEOUT) != 0
        assert "password authentication failed" in entry.log.read_text()


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_one_sentence_and_starts_no_server(name: str, value: str | None, tmp_path: Path) -> None:
    """The key included: a server that requires no token is never started."""
    record = add_recorder(tmp_path, "resonate-server")
    env = entry_environment(UNUSED_ADDRESS, KEYS, tmp_path)
    del env[name]
    ended = run_to_end(env if value is None else {**env, name: value})
    assert (ended.returncode, ended.stdout, record.exists()) == (2, "", False)
    assert ended.stderr == f"server: {name} is not set: add it to the task definition\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PORT", "54x2"),
        ("DB_SSLMODE", "on"),
        ("DB_SSLMODE", "verify-full"),  # without a file of certificates
        ("PUBLIC_KEY", "none"),
        ("PUBLIC_KEY", "/run/key.pem"),
        ("PUBLIC_KEY", KEYS.private_text),
        ("PUBLIC_KEY", KEYS.public_text + KEYS.private_text),
        ("TOKEN_ISSUER", 'long"hand'),
        ("TOKEN_AUDIENCE", "a,b"),
    ],
)
def test_a_wrong_variable_is_one_sentence_and_starts_no_server(name: str, value: str, tmp_path: Path) -> None:
    """A private key is not repeated in the log."""
    record = add_recorder(tmp_path, "resonate-server")
    ended = run_to_end(entry_environment(UNUSED_ADDRESS, KEYS, tmp_path, **{name: value}))
    assert (ended.returncode, ended.stdout, record.exists()) == (2, "", False)
    assert ended.stderr.startswith("server: ")
    assert ended.stderr.count("\n") == 1
    assert name in ended.stderr
    assert "MIGH" not in ended.stderr


def test_the_server_gets_its_variables_and_no_other_secret(tmp_path: Path) -> None:
    """The script runs no other command: an argument would show a secret in the process list."""
    key = tmp_path / "key"
    server = add_recorder(tmp_path, "resonate-server", then=f'/bin/cat "$RESONATE_AUTH__PUBLICKEY" >{key}')
    ended = run_to_end(
        entry_environment(UNUSED_ADDRESS, KEYS, tmp_path, RESONATE_SERVER__PORT="8001", PATH=str(tmp_path))
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    arguments, env = read_record(server)
    assert arguments[-2:] == ["serve", ""]
    assert not any(SPECIAL_PASSWORD in argument or "PUBLIC" in argument for argument in arguments)
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
    assert (unquote(url.username or ""), unquote(url.password or "")) == ("us/er", SPECIAL_PASSWORD)


@needs_server
def test_a_name_that_looks_like_a_number_stays_a_name(empty_database: DatabaseAddress, tmp_path: Path) -> None:
    """The server guesses the types of its variables, and a stack may be called 2026."""
    assert REAL is not None
    env = entry_environment(empty_database, KEYS, tmp_path, TOKEN_ISSUER="2026", TOKEN_AUDIENCE="true")  # noqa: S106 names
    with ServerEntry(REAL.binary, tmp_path, env) as entry:
        wait_until(lambda: is_ready(entry), "the server is ready")
        with Client(entry.url, token=KEYS.sign_token(iss="2026", aud=["true"])) as client:
            assert client.create(PromiseCreate(id="doc/1", timeout_at=1)).id == "doc/1"
