"""What the function makes, once, and what it leaves alone."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lambdas.keys.making import make
from lambdas.keys.pair import LIFE, SPARE, Claims, KeyPair
from lambdas.keys.vault import Value, Vault, open_vault
from lambdas.keys.wanted import Wanted
from tests.keys.conftest import AUDIENCE, ISSUER, SUBJECTS, Account, Stack

OTHERS = ("-----BEGIN CERTIFICATE-----", '{"username":"resonate","password":"x"}')


def fits(account: Account) -> bool:
    """Whether the public key is the private one's, and every token is signed by it for its subject."""
    pair = KeyPair.from_pem(account.text(account.signing))
    claims = [Claims(issuer=ISSUER, audience=AUDIENCE, subject=subject) for subject in SUBJECTS]
    return account.text(account.public) == pair.public_pem and all(
        pair.has_signed(account.text(account.tokens[claim.subject]), claim, now=time.time()) for claim in claims
    )


def test_create_fills_every_secret_with_values_that_fit_together(stack: Stack) -> None:
    stack.create()
    assert fits(stack.account)


def test_a_token_says_who_it_is_for_and_lasts_ten_years(stack: Stack) -> None:
    stack.create()
    public = stack.account.text(stack.account.public)
    token = stack.account.text(stack.account.tokens["worker"])
    claims = jwt.decode(token, public, ["EdDSA"], audience=AUDIENCE, issuer=ISSUER)
    assert (claims["aud"], claims["sub"], claims["role"]) == ([AUDIENCE], "worker", "admin")
    assert claims["exp"] - claims["iat"] == LIFE
    assert abs(claims["iat"] - time.time()) < 60


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_what_has_a_value_stays_as_it_is(stack: Stack, request_type: str) -> None:
    first = stack.create()
    before = stack.account.texts()
    assert stack.send(request_type)["Data"] == first["Data"]
    assert stack.account.texts() == before


def test_an_update_makes_only_the_token_that_was_added(stack: Stack) -> None:
    arn = stack.account.client().create_secret(Name="operator")["ARN"]
    stack.create()
    before = stack.account.texts()
    tokens = [*stack.account.properties["Tokens"], {"SecretArn": arn, "Subject": "operator"}]
    answer = stack.send("Update", stack.account.properties | {"Tokens": tokens})
    assert answer["Data"]["TokenSecretArn.operator"] == arn
    assert stack.account.text(arn).startswith("eyJ")
    assert stack.account.texts() == before


def test_a_run_that_was_cut_off_is_completed_by_the_next(stack: Stack) -> None:
    key = KeyPair.new()
    stack.account.put(stack.account.signing, key.private_pem)
    stack.create()
    assert stack.account.text(stack.account.signing) == key.private_pem
    assert fits(stack.account)


def test_the_word_rotate_makes_a_new_pair_and_all_that_follows(stack: Stack) -> None:
    first = stack.create()["Data"]
    before = stack.account.texts()
    stack.account.put(stack.account.signing, "rotate\n")
    second = stack.send("Update")["Data"]
    assert fits(stack.account)
    assert all(old != new for old, new in zip(before, stack.account.texts(), strict=True))
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"PublicKeyVersion", "TokenVersion.trigger", "TokenVersion.worker"}


def test_a_key_of_the_operators_own_is_taken(stack: Stack) -> None:
    stack.create()
    key = KeyPair.new()
    stack.account.put(stack.account.signing, key.private_pem)
    stack.send("Update")
    assert stack.account.text(stack.account.signing) == key.private_pem
    assert fits(stack.account)


def test_a_restored_key_brings_back_what_follows_from_it(stack: Stack) -> None:
    """An operator moves the label of the current version back; versions that are derived from it exist already."""
    stack.create()
    account = stack.account
    old, key = account.version(account.signing), account.text(account.signing)
    account.put(account.signing, "rotate")
    stack.send("Update")
    new = account.version(account.signing)
    account.client().update_secret_version_stage(
        SecretId=account.signing, VersionStage="AWSCURRENT", MoveToVersionId=old, RemoveFromVersionId=new
    )
    stack.send("Update")
    assert account.text(account.signing) == key
    assert fits(account)


@pytest.mark.parametrize("which", ["public", "worker"])
def test_what_does_not_fit_is_made_anew(stack: Stack, which: str) -> None:
    stack.create()
    other = KeyPair.new()
    claims = Claims(issuer=ISSUER, audience=AUDIENCE, subject="worker")
    stack.account.put(stack.account.public, other.public_pem) if which == "public" else stack.account.put(
        stack.account.tokens["worker"], other.token(claims, now=time.time())
    )
    stack.send("Update")
    assert fits(stack.account)


@pytest.mark.parametrize(
    "changes",
    [{"issuer": "other"}, {"audience": "other"}, {"subject": "other"}],
    ids=["issuer", "audience", "subject"],
)
def test_a_token_that_says_something_else_does_not_fit(changes: dict[str, str]) -> None:
    pair, claims = KeyPair.new(), {"issuer": ISSUER, "audience": AUDIENCE, "subject": "worker"}
    token = pair.token(Claims(**claims), now=0)
    assert pair.has_signed(token, Claims(**claims), now=0)
    assert not pair.has_signed(token, Claims(**claims | changes), now=0)


def test_a_token_is_kept_until_its_last_year() -> None:
    pair, claims = KeyPair.new(), Claims(issuer=ISSUER, audience=AUDIENCE, subject="worker")
    token = pair.token(claims, now=0)
    assert pair.has_signed(token, claims, now=LIFE - SPARE - 1)
    assert not pair.has_signed(token, claims, now=LIFE - SPARE)


@pytest.mark.parametrize("claim", ["role", "exp", "aud"])
def test_a_token_that_the_server_would_not_take_does_not_fit(claim: str) -> None:
    pair, claims = KeyPair.new(), Claims(issuer=ISSUER, audience=AUDIENCE, subject="worker")
    said = jwt.decode(pair.token(claims, now=0), options={"verify_signature": False})
    said = said | {"aud": AUDIENCE} if claim == "aud" else {name: said[name] for name in said if name != claim}
    key = load_pem_private_key(pair.private_pem.encode(), None)
    assert not pair.has_signed(jwt.encode(said, key, "EdDSA"), claims, now=0)  # type: ignore[arg-type] # it is Ed25519


@pytest.mark.parametrize("what", OTHERS)
def test_what_somebody_else_put_there_is_not_overwritten(stack: Stack, what: str) -> None:
    """An ARN may be the wrong one, of the database's password, say."""
    for arn in stack.account.arns:
        stack.account.put(arn, what)
        answer = stack.send("Create")
        assert answer["Status"] == "FAILED"
        assert answer["Reason"].startswith(arn)
        assert what not in answer["Reason"]
        assert stack.account.text(arn) == what
        stack.account.put(arn, "rotate")
    stack.create()
    assert fits(stack.account)


class Interrupted:
    """The secrets as one run sees them, while another one does all of its work after the first read or write."""

    def __init__(self, vault: Vault, after: str, other: Wanted) -> None:
        self.vault, self.after, self.other = vault, after, other
        self.came: list[str] = []

    def _step(self, name: str) -> None:
        self.came.append(name)
        if self.came.count(self.after) == 1 and name == self.after:
            make(self.other, self.vault, now=time.time())

    def read(self, arn: str) -> Value | None:
        found = self.vault.read(arn)
        self._step("read")
        return found

    def write(self, arn: str, text: str) -> None:
        self.vault.write(arn, text)
        self._step("write")

    def write_next(self, arn: str, text: str, after: Value | None) -> None:
        self.vault.write_next(arn, text, after)
        self._step("write_next")


@pytest.mark.parametrize("after", ["read", "write_next", "write"])
def test_two_runs_at_once_make_one_pair(account: Account, after: str) -> None:
    """Whichever the moment: the run that was overtaken changes nothing that the other has reported."""
    wanted = Wanted.from_properties(account.properties)
    vault = Interrupted(open_vault(account.signing), after, wanted)
    versions = make(wanted, vault, now=time.time(), sleep=lambda _: None)
    assert fits(account)
    assert len(account.client().list_secret_version_ids(SecretId=account.signing)["Versions"]) == 1
    assert versions == {arn: account.version(arn) for arn in account.arns}


def test_a_key_that_changes_in_the_middle_leaves_nothing_of_the_old_one(account: Account) -> None:
    class Hasty(Interrupted):
        def _step(self, name: str) -> None:
            self.came.append(name)
            if self.came.count("write") == 1 and name == "write":
                account.put(account.signing, KeyPair.new().private_pem)

    wanted = Wanted.from_properties(account.properties)
    make(wanted, Hasty(open_vault(account.signing), "write", wanted), now=time.time(), sleep=lambda _: None)
    assert fits(account)
