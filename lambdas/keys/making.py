"""Makes what is missing and leaves what fits: the private key once, what follows from it as often as it does not fit.

It goes round until a round finds nothing to do. So two runs at once, or a run that was cut off, end in secrets that fit
together, whoever wrote last. A private key is never replaced unless somebody put the word `rotate` in its place.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from .errors import ForeignValueError, KeysError
from .log import say
from .pair import Claims, KeyPair
from .vault import Value, Vault
from .wanted import TokenWanted, Wanted

ROTATE: Final = "rotate"  # what an operator puts into a secret to have its value made anew
# Seconds before each round. One makes the key, one what follows from it, one sees that it fits; the others are for
# another run at the same time, and for a read that does not see the last write yet.
_ROUNDS: Final = (0, 0, 0, 1, 2, 4)
_PUBLIC: Final = "-----BEGIN PUBLIC KEY-----"
_TOKEN: Final = "eyJ"  # noqa: S105 how every token begins

type Versions = dict[str, str]  # of each secret, by its ARN


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A value that follows from the key pair."""

    arn: str
    beginning: str  # of what we make; what begins otherwise is somebody else's
    fits: Callable[[str], bool]
    make: Callable[[], str]


def make(wanted: Wanted, vault: Vault, *, now: float, sleep: Callable[[float], None] = time.sleep) -> Versions:
    """Return the version of every secret, once they all have a value and fit together."""
    for pause in _ROUNDS:
        sleep(pause)
        key = vault.read(wanted.signing_arn)
        if _is_open(key):
            vault.write_next(wanted.signing_arn, KeyPair.new().private_pem, key)
            say("made a key pair", secret=wanted.signing_arn)
            continue
        assert key  # or it would be open
        versions = _follow(key, wanted, vault, now)
        if versions:
            return versions
    raise KeysError("the secrets are being changed by somebody else at the same time: deploy again when that is over")


def _is_open(value: Value | None) -> bool:
    return value is None or value.text.strip() == ROTATE


def _follow(key: Value, wanted: Wanted, vault: Vault, now: float) -> Versions | None:
    """Return all versions, or nothing if a value had to be written: then they are to be looked at once more."""
    pair = _pair_of(key, wanted.signing_arn)
    versions = {wanted.signing_arn: key.version}
    for derived in _all_derived(pair, wanted, now):
        value = vault.read(derived.arn)
        if value and derived.fits(value.text):
            versions[derived.arn] = value.version
        else:
            _replace(derived, value, vault)
    return versions if len(versions) == len(wanted.arns) else None


def _pair_of(key: Value, arn: str) -> KeyPair:
    try:
        return KeyPair.from_pem(key.text)
    except ForeignValueError as exc:
        raise _foreign(arn, str(exc), "an Ed25519 key in PEM") from None


def _replace(derived: Derived, value: Value | None, vault: Vault) -> None:
    """Write it anew, unless what stands there is none of ours: an ARN may be the wrong one."""
    if value and not _is_open(value) and not value.text.startswith(derived.beginning):
        raise _foreign(derived.arn, "holds something that was not made here", "nothing else")
    vault.write(derived.arn, derived.make())
    say("wrote a value that follows from the key pair", secret=derived.arn, instead=bool(value))


def _foreign(arn: str, what: str, instead: str) -> ForeignValueError:
    return ForeignValueError(f"{arn} {what}: put {instead} or the word {ROTATE} into it, and deploy again")


def _all_derived(pair: KeyPair, wanted: Wanted, now: float) -> Iterator[Derived]:
    public = pair.public_pem
    yield Derived(arn=wanted.public_arn, beginning=_PUBLIC, fits=lambda text: text == public, make=lambda: public)
    for token in wanted.tokens:
        yield _token(pair, wanted, token, now)


def _token(pair: KeyPair, wanted: Wanted, token: TokenWanted, now: float) -> Derived:
    claims = Claims(issuer=wanted.issuer, audience=wanted.audience, subject=token.subject)
    return Derived(
        arn=token.secret_arn,
        beginning=_TOKEN,
        fits=lambda text: pair.has_signed(text, claims, now=now),
        make=lambda: pair.token(claims, now=now),
    )
