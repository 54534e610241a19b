"""A token fits only if the server would take it for its subject, and not in its last year."""

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lambdas.keys.key_pair import MIN_REMAINING_SECONDS, TOKEN_SECONDS, Claims, KeyPair
from tests.keys.conftest import AUDIENCE, ISSUER


@pytest.mark.parametrize(
    "changes",
    [{"issuer": "other"}, {"audience": "other"}, {"subject": "other"}],
    ids=["issuer", "audience", "subject"],
)
def test_a_token_with_another_claim_does_not_fit(changes: dict[str, str]) -> None:
    pair, claims = KeyPair.generate(), {"issuer": ISSUER, "audience": AUDIENCE, "subject": "worker"}
    token = pair.sign_token(Claims(**claims), now=0)
    assert pair.has_signed(token, Claims(**claims), now=0)
    assert not pair.has_signed(token, Claims(**claims | changes), now=0)


def test_a_token_is_kept_until_its_last_year() -> None:
    pair, claims = KeyPair.generate(), Claims(issuer=ISSUER, audience=AUDIENCE, subject="worker")
    token = pair.sign_token(claims, now=0)
    assert pair.has_signed(token, claims, now=TOKEN_SECONDS - MIN_REMAINING_SECONDS - 1)
    assert not pair.has_signed(token, claims, now=TOKEN_SECONDS - MIN_REMAINING_SECONDS)


@pytest.mark.parametrize("claim", ["role", "exp", "aud"])
def test_a_token_that_the_server_would_refuse_does_not_fit(claim: str) -> None:
    pair, claims = KeyPair.generate(), Claims(issuer=ISSUER, audience=AUDIENCE, subject="worker")
    decoded = jwt.decode(pair.sign_token(claims, now=0), options={"verify_signature": False})
    changed = decoded | {"aud": AUDIENCE}
    if claim != "aud":
        changed = {name: value for name, value in decoded.items() if name != claim}
    key = load_pem_private_key(pair.private_pem.encode(), None)
    assert not pair.has_signed(jwt.encode(changed, key, "EdDSA"), claims, now=0)  # type: ignore[arg-type] # it is Ed25519
