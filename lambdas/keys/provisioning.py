"""Create the private key and the values derived from it, unless the secrets hold valid ones already.

Rounds repeat until one changes nothing. So the secrets match after two concurrent runs, or after an interrupted one. A
private key is replaced only if an operator has put the word `rotate` in its place.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from lambdas.resource.logs import log_event

from .errors import ForeignValueError, KeysError
from .key_pair import Claims, KeyPair
from .properties import KeyProperties, TokenProperties
from .secret_store import SecretStore, SecretValue

ROTATE_WORD: Final = "rotate"  # an operator puts it into a secret to request a new value
# Seconds before each round. The first round creates the key, the second the derived values, the third checks them. The
# others are for concurrent runs, and for reads that do not return the last write yet.
_ROUND_PAUSES: Final = (0, 0, 0, 1, 2, 4)
_PUBLIC_KEY_PREFIX: Final = "-----BEGIN PUBLIC KEY-----"
_TOKEN_PREFIX: Final = "eyJ"  # noqa: S105 the start of every token

type Versions = dict[str, str]  # the version of each secret, by its ARN


@dataclass(frozen=True, kw_only=True)
class DerivedSecret:
    """A secret whose value follows from the key pair."""

    arn: str
    prefix: str  # our own values begin with it; no other value is overwritten
    fits: Callable[[str], bool]
    make: Callable[[], str]


def provision_keys(
    properties: KeyProperties, store: SecretStore, *, now: float, sleep: Callable[[float], None] = time.sleep
) -> Versions:
    """Return the version of every secret, once all have matching values."""
    for pause in _ROUND_PAUSES:
        sleep(pause)
        key = store.read(properties.signing_arn)
        if key is None or _asks_for_rotation(key):
            store.write_next(properties.signing_arn, KeyPair.generate().private_pem, key)
            log_event("made a key pair", secret=properties.signing_arn)
            continue
        versions = _update_derived(key, properties, store, now)
        if versions:
            return versions
    raise KeysError("another run keeps changing the secrets: deploy again after it has ended")


def _asks_for_rotation(value: SecretValue) -> bool:
    return value.text.strip() == ROTATE_WORD


def _update_derived(key: SecretValue, properties: KeyProperties, store: SecretStore, now: float) -> Versions | None:
    """Return all versions, or None if a value was written: then another round must check all of them."""
    pair = _parse_key(key, properties.signing_arn)
    versions = {properties.signing_arn: key.version}
    for secret in _derive_secrets(pair, properties, now):
        value = store.read(secret.arn)
        if value and secret.fits(value.text):
            versions[secret.arn] = value.version
        else:
            _write(secret, value, store)
    return versions if len(versions) == len(properties.arns) else None


def _parse_key(key: SecretValue, arn: str) -> KeyPair:
    try:
        return KeyPair.parse(key.text)
    except ForeignValueError as exc:
        raise _make_foreign_value_error(arn, str(exc), "put an Ed25519 key in PEM into it") from None


def _write(secret: DerivedSecret, value: SecretValue | None, store: SecretStore) -> None:
    """Write a new value, unless the present one is foreign: the ARN may be wrong."""
    if value and not _asks_for_rotation(value) and not value.text.startswith(secret.prefix):
        raise _make_foreign_value_error(
            secret.arn, "holds a value that this function did not make", "name another secret"
        )
    store.write(secret.arn, secret.make())
    log_event("wrote a value derived from the key pair", secret=secret.arn, replaced=bool(value))


def _make_foreign_value_error(arn: str, problem: str, remedy: str) -> ForeignValueError:
    return ForeignValueError(f"{arn} {problem}: {remedy} or put the word {ROTATE_WORD} into it, and deploy again")


def _derive_secrets(pair: KeyPair, properties: KeyProperties, now: float) -> Iterator[DerivedSecret]:
    public = pair.public_pem
    yield DerivedSecret(
        arn=properties.public_arn,
        prefix=_PUBLIC_KEY_PREFIX,
        fits=lambda text: text == public,
        make=lambda: public,
    )
    for token in properties.tokens:
        yield _derive_token(pair, properties, token, now)


def _derive_token(pair: KeyPair, properties: KeyProperties, token: TokenProperties, now: float) -> DerivedSecret:
    claims = Claims(issuer=properties.issuer, audience=properties.audience, subject=token.subject)
    return DerivedSecret(
        arn=token.secret_arn,
        prefix=_TOKEN_PREFIX,
        fits=lambda text: pair.has_signed(text, claims, now=now),
        make=lambda: pair.sign_token(claims, now=now),
    )
