"""The server's entry point as ECS runs it: the text, with nothing but a path and the environment of the task."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from keeper.settings import Address
from local.server_process import HOST, PROCESS_TIMEOUT, ROOT, free_port

TEXT: Final = (ROOT / "stacks" / "server_entry.sh").read_text()
ISSUER: Final = "longhand"
AUDIENCE: Final = "resonate"

type PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Keys:
    """A pair of keys and how it signs."""

    private: PrivateKey
    algorithm: str

    @classmethod
    def make(cls, algorithm: str) -> Self:
        """Make a new pair."""
        if algorithm == "ES256":
            return cls(ec.generate_private_key(ec.SECP256R1()), algorithm)
        return cls(ed25519.Ed25519PrivateKey.generate(), algorithm)

    @property
    def public_text(self) -> str:
        """The half that the server is given."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def private_text(self) -> str:
        """The half that it must never be given."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def token(self, **claims: object) -> str:
        """Sign a token that opens everything for a minute; claims given here come instead."""
        usual = {"role": "admin", "iss": ISSUER, "aud": [AUDIENCE], "exp": int(time.time()) + 60}
        return jwt.encode({**usual, **claims}, self.private, algorithm=self.algorithm)


def environ(address: Address, keys: Keys, folder: Path, **more: str) -> dict[str, str]:
    """What the task definition gives; the path leads to what is in the folder first."""
    return {
        "PATH": f"{folder}:/usr/bin:/bin",
        "TMPDIR": str(folder),
        "DB_HOST": address.host,
        "DB_PORT": str(address.port),
        "DB_NAME": address.name,
        "DB_SSLMODE": address.sslmode,
        "DB_USER": address.user,
        "DB_PASSWORD": address.password,
        "PUBLIC_KEY": keys.public_text,
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_AUDIENCE": AUDIENCE,
        **more,
    }


class Entered:
    """The text, run; the real server is found under the name that it has in its image."""

    def __init__(self, binary: Path, folder: Path, env: Mapping[str, str]) -> None:
        link = folder / "resonate-server"
        link.unlink(missing_ok=True)
        link.symlink_to(binary)
        self.url: Final = f"http://{HOST}:{(port := free_port())}"
        self.log: Final = folder / "server.log"
        mine = {
            "RESONATE_SERVER__BIND": HOST,
            "RESONATE_SERVER__PORT": str(port),
            "RESONATE_OBSERVABILITY__METRICS_PORT": "0",
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", TEXT], cwd=folder, env={**env, **mine}, stdout=out, stderr=out
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end(self) -> int:
        """Stop it as ECS does."""
        self.process.terminate()
        return self.process.wait(PROCESS_TIMEOUT)


def recorder(folder: Path, name: str, *, then: str = "") -> Path:
    """Put a command into the folder that records its words and its environment, and does something else then."""
    record = folder / f"{name}.record"
    command = folder / name
    cat = "/bin/cat /proc/$$"
    command.write_text(f"#!/bin/sh\nexec 4>>{record}\n{cat}/cmdline >&4; echo >&4; {cat}/environ >&4\n{then}\n")
    command.chmod(0o755)
    return record


def recorded(record: Path) -> tuple[list[str], dict[str, str]]:
    """The words and the environment of the command."""
    words, _, environment = record.read_text().partition("\n")
    pairs = (pair.partition("=") for pair in environment.split("\0") if pair)
    return words.split("\0"), {name: value for name, _, value in pairs}


def try_it(env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the text to its end."""
    return subprocess.run(
        ["/bin/sh", "-c", TEXT], env=dict(env), capture_output=True, text=True, timeout=PROCESS_TIMEOUT, check=False
    )
