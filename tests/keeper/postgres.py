"""A real Postgres for tests: its own processes, port and folder, with TLS. Tests may kill it.

It never uses a running Postgres. Postgres refuses to run as root, so a root user's tests run it as uid 65534.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
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

from keeper.settings import DatabaseAddress
from local.logged_process import PROCESS_TIMEOUT, NotReadyError
from local.server_process import HOST, free_port

NO_POSTGRES: Final = (
    "NO POSTGRES: the keeper and the server's entry point were not tested. Install it (Debian: apt-get install "
    "postgresql), or name the folder of its programs in POSTGRES_BIN."
)
SESSION_NAME: Final = "test"  # of the sessions of tests, in Postgres' list
_ADMIN: Final = "admin"
_PASSWORD: Final = "of a test / and # special"  # noqa: S105 # of a cluster that is deleted after the tests
_SETTINGS: Final = (
    "fsync=off",  # a killed process loses nothing without it; only a crashed machine would
    "unix_socket_directories=",
    f"listen_addresses={HOST}",
    "max_connections=100",
)


def find_postgres(environ: Mapping[str, str]) -> Path | None:
    """Return the folder of Postgres' programs: POSTGRES_BIN, the one on the path, or Debian's newest."""
    if named := environ.get("POSTGRES_BIN"):
        return Path(named)
    if found := shutil.which("initdb", path=environ.get("PATH", "")):
        return Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((found.parent for found in versions), key=lambda bin_: float(bin_.parent.name), default=None)


class Postgres:
    """A cluster that runs inside a `with` block; the end of the block deletes it."""

    def __init__(self, programs: Path) -> None:
        """Prepare; the block creates and starts the cluster."""
        self._programs: Final = programs
        self._user: Final = 65534 if os.geteuid() == 0 else None  # the unprivileged user of every system
        # Not pytest's folder, which other users, and so Postgres, cannot enter.
        self._folder: Final = Path(tempfile.mkdtemp(prefix="longhand-postgres-"))
        self._data: Final = self._folder / "data"
        self.log: Final = self._folder / "log"
        self.certificate: Final = self._folder / "server.pem"
        self.port: Final = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_tls = False

    def __enter__(self) -> Self:
        try:
            self._create_cluster()
            # The builds of Linux distributions have TLS, as RDS has; a build without it is good for all other tests.
            self._has_tls = bool(self._run("postgres", "-D", str(self._data), "-C", "ssl_library").strip())
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def address(self, name: str = "postgres") -> DatabaseAddress:
        """Return how to connect to a database as its owner."""
        mode = "require" if self._has_tls else "prefer"
        return DatabaseAddress(
            host=HOST,
            port=self.port,
            name=name,
            sslmode=mode,
            sslrootcert=str(self.certificate),
            user=_ADMIN,
            password=_PASSWORD,
        )

    @property
    def pid(self) -> int:
        """The first process, whose children are the others."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start on the existing data, and wait until Postgres is ready."""
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
        """Stop as in a planned failover: connections are closed, data is written."""
        assert self._process
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PROCESS_TIMEOUT)

    def kill(self) -> None:
        """Kill all processes as a crash does; the next start rolls back what was not committed."""
        if self._process and self._process.poll() is None:
            first = psutil.Process(self._process.pid)
            first.suspend()  # otherwise it may start another one meanwhile
            while first.status() != psutil.STATUS_STOPPED:
                time.sleep(0.001)
            others = first.children(recursive=True)
            for process in (first, *others):
                process.kill()
            self._process.wait()
            # A process that still holds the shared memory would prevent the next start.
            psutil.wait_procs(others, PROCESS_TIMEOUT)

    def create(self, name: str) -> DatabaseAddress:
        """Create an empty database."""
        with connect(self.address()) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.address(name)

    def drop(self, name: str) -> None:
        """Remove a database, if it exists, and close its connections."""
        with connect(self.address()) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _create_cluster(self) -> None:
        secret = self._folder / "password"
        secret.write_text(_PASSWORD)
        for file in (self._folder, secret):
            self._hand_over(file)
        words = ["-D", str(self._data), "-U", _ADMIN, "-A", "scram-sha-256", f"--pwfile={secret}"]
        self._run("initdb", *words, "-E", "UTF8", "--locale=C", "--no-sync")
        make_certificate(self._data / "server.crt")
        shutil.copyfile(self._data / "server.crt", self.certificate)
        for file in (self._data / "server.key", self._data / "server.crt"):
            file.chmod(0o600)
            self._hand_over(file)

    def _run(self, program: str, *words: str) -> str:
        command = [str(self._programs / program), *words]
        ended = subprocess.run(
            command, check=True, capture_output=True, text=True, user=self._user, group=self._user, cwd=self._folder
        )
        return ended.stdout

    def _hand_over(self, file: Path) -> None:
        if self._user is not None:
            shutil.chown(file, self._user, self._user)

    def _is_ready(self) -> bool:
        try:
            connect(self.address()).close()
        except psycopg.OperationalError:
            return False
        return True


def connect(address: DatabaseAddress) -> psycopg.Connection[tuple[object, ...]]:
    """Open a connection for the test itself."""
    return psycopg.connect(
        host=address.host,
        port=address.port,
        dbname=address.name,
        user=address.user,
        password=address.password,
        sslmode=address.sslmode,
        autocommit=True,
        connect_timeout=5,
        application_name=SESSION_NAME,
    )


def address_variables(address: DatabaseAddress) -> dict[str, str]:
    """Return the variables by which the task definition gives the address."""
    return {
        "DB_HOST": address.host,
        "DB_PORT": str(address.port),
        "DB_NAME": address.name,
        "DB_SSLMODE": address.sslmode,
        "DB_SSLROOTCERT": address.sslrootcert,
        "DB_USER": address.user,
        "DB_PASSWORD": address.password,
    }


def database_url(address: DatabaseAddress) -> str:
    """Return the address as the server expects it."""
    secret = quote(address.password, safe="")
    return f"postgres://{address.user}:{secret}@{address.host}:{address.port}/{address.name}?sslmode={address.sslmode}"


def make_certificate(file: Path) -> Path:
    """Write a self-signed certificate for the server's address, which is its own authority; the key ends in `.key`."""
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
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, SHA256())
    )
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    file.with_suffix(".key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file
