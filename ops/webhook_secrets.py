"""The secrets that a system signs events with, and the keys that receivers verify them with."""

from collections.abc import Sequence

from contract.webhook_keys import (
    HMAC_PREFIX,
    PUBLIC_KEY_PREFIX,
    derive_ed25519_seed,
    derive_hmac_key,
    write_key,
)

from .errors import UserError
from .exit_codes import ExitCode
from .laptop import WEBHOOK_SECRET_FILE
from .target import open_stack
from .target_options import SystemOptions


def read_secrets(system: SystemOptions) -> Sequence[str]:
    """Return the secrets of a stack or of `make serve`, the newest first."""
    text = _read_stack(system) if system.stack else _read_laptop(system)
    return text.strip().split(",")


def make_public_key(secret: str) -> str:
    """Return the key with which a receiver verifies v1a; it may be published."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 few commands need it

    private = Ed25519PrivateKey.from_private_bytes(derive_ed25519_seed(secret))
    return write_key(PUBLIC_KEY_PREFIX, private.public_key().public_bytes_raw())


def make_shared_key(secret: str) -> str:
    """Return the key with which a receiver verifies v1. It is a shared key, so the receiver could sign with it, too."""
    return write_key(HMAC_PREFIX, derive_hmac_key(secret))


def _read_laptop(system: SystemOptions) -> str:
    try:
        return (system.state / WEBHOOK_SECRET_FILE).read_text()
    except OSError as error:
        sentence = f"{system.state / WEBHOOK_SECRET_FILE} cannot be read ({error.strerror})"
        raise UserError(ExitCode.CONFIG, sentence, "run make serve, or name a stack with --stack") from None


def _read_stack(system: SystemOptions) -> str:
    from .aws.errors import aws_errors  # noqa: PLC0415 AWS's library takes half a second to import
    from .aws.stack_outputs import Output  # noqa: PLC0415 as above

    stack = open_stack(system)
    client = stack.session.client("secretsmanager")
    with aws_errors():
        value = client.get_secret_value(SecretId=stack.read_outputs()[Output.WEBHOOK_SECRET])
    return str(value["SecretString"])
