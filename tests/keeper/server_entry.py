"""The server's entry point as ECS runs it: the script, with only a path and the environment of the task."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from keeper.settings import DatabaseAddress
from local.logged_process import PROCESS_TIMEOUT, LoggedProcess
from local.server_process import HOST, ROOT, free_port

from .postgres import address_variables

SCRIPT: Final = (ROOT / "stacks" / "server_entry.sh").read_text()
ISSUER: Final = "longhand"
AUDIENCE: Final = "resonate"

type PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Keys:
    """A key pair and its signature algorithm."""

    private: PrivateKey
    algorithm: str

    @classmethod
    def generate(cls, algorithm: str) -> Self:
        """Return a new pair."""
        if algorithm == "ES256":
            return cls(ec.generate_private_key(ec.SECP256R1()), algorithm)
        return cls(ed25519.Ed25519PrivateKey.generate(), algorithm)

    @property
    def public_text(self) -> str:
        """The half that the server gets."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def private_text(self) -> str:
        """The half that the server must never get."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def sign_token(self, **claims: object) -> str:
        """Return a token that permits every request for a minute, with these claims changed."""
        defaults = {"role": "admin", "iss": ISSUER, "aud": [AUDIENCE], "exp": int(time.time()) + 60}
        return jwt.encode({**defaults, **claims}, self.private, algorithm=self.algorithm)


def entry_environment(address: DatabaseAddress, keys: Keys, folder: Path, **changes: str) -> dict[str, str]:
    """Return the variables of the task definition; the folder comes first on the path."""
    return {
        "PATH": f"{folder}:/usr/bin:/bin",
        "TMPDIR": str(folder),
        **address_variables(address),
        "PUBLIC_KEY": keys.public_text,
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_AUDIENCE": AUDIENCE,
        **changes,
    }


class ServerEntry(LoggedProcess):
    """The running script. The real server has the program name of its image."""

    def __init__(self, binary: Path, folder: Path, env: Mapping[str, str]) -> None:
        link = folder / "resonate-server"
        link.unlink(missing_ok=True)
        link.symlink_to(binary)
        self.url: Final = f"http://{HOST}:{(port := free_port())}"
        listen = {
            "RESONATE_SERVER__BIND": HOST,
            "RESONATE_SERVER__PORT": str(port),
            "RESONATE_OBSERVABILITY__METRICS_PORT": "0",
        }
        log = folder / "server.log"
        log.unlink(missing_ok=True)
        super().__init__("server", ["/bin/sh", "-c", SCRIPT], log, cwd=folder, environ={**env, **listen})

    def __exit__(self, *_: object) -> None:
        self.kill()


def add_recorder(folder: Path, name: str, *, then: str = "") -> Path:
    """Create a command that records its arguments and environment, and then runs a line of shell."""
    record = folder / f"{name}.record"
    command = folder / name
    cat = "/bin/cat /proc/$$"
    command.write_text(f"#!/bin/sh\nexec 4>>{record}\n{cat}/cmdline >&4; echo >&4; {cat}/environ >&4\n{then}\n")
    command.chmod(0o755)
    return record


def read_record(record: Path) -> tuple[list[str], dict[str, str]]:
    """Return the recorded arguments and environment."""
    arguments, _, environment = record.read_text().partition("\n")
    pairs = (pair.partition("=") for pair in environment.split("\0") if pair)
    return arguments.split("\0"), {name: value for name, _, value in pairs}


def run_to_end(env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script until it ends."""
    return subprocess.run(
        ["/bin/sh", "-c", SCRIPT], env=dict(env), capture_output=True, text=True, timeout=PROCESS_TIMEOUT, check=False
    )
