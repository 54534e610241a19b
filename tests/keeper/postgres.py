"""A real Postgres for tests: its own processes on a free port and a folder of their own, with TLS, killed as we like.

It never uses a Postgres that runs already, and refuses to run as root, as Postgres does: then it becomes `nobody`.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

import psutil
import psycopg
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from psycopg import sql

from keeper.settings import Address
from local.server_process import HOST, PROCESS_TIMEOUT, NotReadyError, free_port

NO_POSTGRES: Final = (
    "NO POSTGRES: the keeper and the server's entry point were not tested. Install it (Debian: apt-get install "
    "postgresql), or name the folder of its programs in POSTGRES_BIN."
)
_ADMIN: Final = "admin"
_PASSWORD: Final = "of a test / and # odd"  # noqa: S105 # in a folder that ends with the test
_SETTINGS: Final = (
    "fsync=off",  # a killed process loses nothing for it; only a machine would
    "unix_socket_directories=",
    f"listen_addresses={HOST}",
    "max_connections=100",
)


def find_postgres(environ: Mapping[str, str]) -> Path | None:
    """The folder of Postgres' programs: what POSTGRES_BIN names, what is on the path, or the newest of Debian's."""
    if named := environ.get("POSTGRES_BIN"):
        return Path(named)
    if found := shutil.which("initdb", path=environ.get("PATH", "")):
        return Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((found.parent for found in versions), key=lambda bin_: float(bin_.parent.name), default=None)


class Postgres:
    """A running cluster. In a `with` block it is gone at the end."""

    def __init__(self, programs: Path) -> None:
        """Nothing is made before the block begins."""
        self._programs: Final = programs
        self._user: Final = 65534 if os.geteuid() == 0 else None  # nobody's, on every system
        # Not pytest's folder: that one is closed to everybody else, and so to whoever Postgres runs as.
        self._folder: Final = Path(tempfile.mkdtemp(prefix="longhand-postgres-"))
        self._data: Final = self._folder / "data"
        self.log: Final = self._folder / "log"
        self.port: Final = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_tls = False

    def __enter__(self) -> Self:
        try:
            self._make()
            # Debian's and every other system's has TLS, as RDS has; builds without it exist, and are good for all else.
            self._has_tls = bool(self._run("postgres", "-D", str(self._data), "-C", "ssl_library").strip())
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def address(self, name: str = "postgres") -> Address:
        """How to reach a database as its owner."""
        mode = "require" if self._has_tls else "prefer"
        return Address(host=HOST, port=self.port, name=name, sslmode=mode, user=_ADMIN, password=_PASSWORD)

    def start(self) -> None:
        """Start it on the data that is there, and wait until it answers."""
        settings = [word for setting in (*_SETTINGS, f"ssl={self._has_tls}") for word in ("-c", setting)]
        with self.log.open("ab") as out:
            command = [
                str(self._programs / "postgres"),
                "-D",
                str(self._folder / "data"),
                "-p",
                str(self.port),
                *settings,
            ]
            self._process = subprocess.Popen(command, stdout=out, stderr=out, user=self._user, group=self._user)
        end = time.monotonic() + PROCESS_TIMEOUT
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > end:
                raise NotReadyError(f"Postgres did not become ready: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as a planned failover does: connections are cut, data is written."""
        assert self._process
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PROCESS_TIMEOUT)

    def kill(self) -> None:
        """End all of it as a crash does: what was not committed is undone at the next start."""
        if self._process and self._process.poll() is None:
            first = psutil.Process(self._process.pid)
            first.suspend()  # or it could start one more meanwhile
            while first.status() != psutil.STATUS_STOPPED:
                time.sleep(0.001)
            others = first.children(recursive=True)
            for process in (first, *others):
                process.kill()
            self._process.wait()
            psutil.wait_procs(
                others, PROCESS_TIMEOUT
            )  # whoever still holds the data's memory lets no other cluster start on it

    def create(self, name: str) -> Address:
        """Make an empty database."""
        with connect(self.address()) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.address(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        with connect(self.address()) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make(self) -> None:
        secret = self._folder / "password"
        secret.write_text(_PASSWORD)
        for file in (self._folder, secret):
            self._give(file)
        words = ["-D", str(self._data), "-U", _ADMIN, "-A", "scram-sha-256", f"--pwfile={secret}"]
        self._run("initdb", *words, "-E", "UTF8", "--locale=C", "--no-sync")
        _make_certificate(self._data)
        for file in (self._data / "server.key", self._data / "server.crt"):
            file.chmod(0o600)
            self._give(file)

    def _run(self, program: str, *words: str) -> str:
        command = [str(self._programs / program), *words]
        ended = subprocess.run(
            command, check=True, capture_output=True, text=True, user=self._user, group=self._user, cwd=self._folder
        )
        return ended.stdout

    def _give(self, file: Path) -> None:
        if self._user is not None:
            shutil.chown(file, self._user, self._user)

    def _is_ready(self) -> bool:
        try:
            connect(self.address()).close()
        except psycopg.OperationalError:
            return False
        return True


def connect(address: Address) -> psycopg.Connection[tuple[object, ...]]:
    """Connect to a database as the test itself."""
    return psycopg.connect(
        host=address.host,
        port=address.port,
        dbname=address.name,
        user=address.user,
        password=address.password,
        sslmode=address.sslmode,
        autocommit=True,
        connect_timeout=5,
    )


def url_of(address: Address) -> str:
    """The address as the server wants it."""
    secret = quote(address.password, safe="")
    return f"postgres://{address.user}:{secret}@{address.host}:{address.port}/{address.name}?sslmode={address.sslmode}"


def _make_certificate(folder: Path) -> None:
    """Write a key and a certificate that says who it is itself, which is enough for sslmode=require."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    (folder / "server.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "server.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
