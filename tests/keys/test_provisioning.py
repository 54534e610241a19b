"""The function makes the values that are missing, and keeps all others."""

import time

import jwt
import pytest

from lambdas.keys.errors import SecretStoreError
from lambdas.keys.key_pair import TOKEN_SECONDS, Claims, KeyPair
from lambdas.keys.properties import KeyProperties
from lambdas.keys.provisioning import provision_keys
from lambdas.keys.secret_store import SecretStore, SecretValue, open_secret_store
from lambdas.resource.denials import DenialRetry
from tests.keys.conftest import AUDIENCE, ISSUER, SUBJECTS, Account, Stack
from tests.keys.denying_proxy import deny_action

FOREIGN_VALUES = ("-----BEGIN CERTIFICATE-----", '{"username":"resonate","password":"x"}')


def fits(account: Account) -> bool:
    """Whether the public key is the private one's, and every token is signed by it for its subject."""
    pair = KeyPair.parse(account.text(account.signing))
    claims = [Claims(issuer=ISSUER, audience=AUDIENCE, subject=subject) for subject in SUBJECTS]
    return account.text(account.public) == pair.public_pem and all(
        pair.has_signed(account.text(account.tokens[claim.subject]), claim, now=time.time()) for claim in claims
    )


def test_create_fills_every_secret_with_values_that_fit_together(stack: Stack) -> None:
    stack.create()
    assert fits(stack.account)


def test_a_token_names_its_subject_and_lasts_ten_years(stack: Stack) -> None:
    stack.create()
    public = stack.account.text(stack.account.public)
    token = stack.account.text(stack.account.tokens["worker"])
    claims = jwt.decode(token, public, ["EdDSA"], audience=AUDIENCE, issuer=ISSUER)
    assert (claims["aud"], claims["sub"], claims["role"]) == ([AUDIENCE], "worker", "admin")
    assert claims["exp"] - claims["iat"] == TOKEN_SECONDS
    assert abs(claims["iat"] - time.time()) < 60


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_existing_values_are_kept(stack: Stack, request_type: str) -> None:
    first = stack.create()
    before = stack.account.texts()
    assert stack.send(request_type)["Data"] == first["Data"]
    assert stack.account.texts() == before


def test_an_update_makes_only_the_added_token(stack: Stack) -> None:
    arn = stack.account.client().create_secret(Name="operator")["ARN"]
    stack.create()
    before = stack.account.texts()
    tokens = [*stack.account.properties["Tokens"], {"SecretArn": arn, "Subject": "operator"}]
    response = stack.send("Update", stack.account.properties | {"Tokens": tokens})
    assert response["Data"]["TokenSecretArn.operator"] == arn
    assert stack.account.text(arn).startswith("eyJ")
    assert stack.account.texts() == before


def test_the_next_run_completes_an_interrupted_one(stack: Stack) -> None:
    key = KeyPair.generate()
    stack.account.put(stack.account.signing, key.private_pem)
    stack.create()
    assert stack.account.text(stack.account.signing) == key.private_pem
    assert fits(stack.account)


def test_the_word_rotate_replaces_the_pair_and_all_derived_values(stack: Stack) -> None:
    first = stack.create()["Data"]
    before = stack.account.texts()
    stack.account.put(stack.account.signing, "rotate\n")
    second = stack.send("Update")["Data"]
    assert fits(stack.account)
    assert all(old != new for old, new in zip(before, stack.account.texts(), strict=True))
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"PublicKeyVersion", "TokenVersion.trigger", "TokenVersion.worker"}


def test_an_operators_own_key_is_used(stack: Stack) -> None:
    stack.create()
    key = KeyPair.generate()
    stack.account.put(stack.account.signing, key.private_pem)
    stack.send("Update")
    assert stack.account.text(stack.account.signing) == key.private_pem
    assert fits(stack.account)


def test_a_restored_key_restores_the_derived_values(stack: Stack) -> None:
    """An operator moves the label AWSCURRENT back; the versions derived from that version exist already."""
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
def test_a_value_that_does_not_fit_is_replaced(stack: Stack, which: str) -> None:
    stack.create()
    other = KeyPair.generate()
    claims = Claims(issuer=ISSUER, audience=AUDIENCE, subject="worker")
    stack.account.put(stack.account.public, other.public_pem) if which == "public" else stack.account.put(
        stack.account.tokens["worker"], other.sign_token(claims, now=time.time())
    )
    stack.send("Update")
    assert fits(stack.account)


@pytest.mark.parametrize("value", FOREIGN_VALUES)
def test_a_foreign_value_is_not_overwritten(stack: Stack, value: str) -> None:
    """An ARN may be wrong, such as that of the database's password."""
    for arn in stack.account.arns:
        stack.account.put(arn, value)
        response = stack.send("Create")
        assert response["Status"] == "FAILED"
        assert response["Reason"].startswith(arn)
        assert value not in response["Reason"]
        assert stack.account.text(arn) == value
        stack.account.put(arn, "rotate")
    stack.create()
    assert fits(stack.account)


class FakeClock:
    """Time that passes only while the code sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def retry(self, seconds: float) -> DenialRetry:
        return DenialRetry(seconds=seconds, sleep=self.sleep, monotonic=lambda: self.now)


@pytest.mark.parametrize("action", ["GetSecretValue", "PutSecretValue"])
def test_a_policy_that_takes_half_a_minute_to_apply_does_not_fail_the_first_deployment(
    account: Account, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    clock, properties = FakeClock(), KeyProperties.parse(account.properties)
    with deny_action(action, account.url, times=15) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        store = open_secret_store(account.signing, clock.retry(40))
        provision_keys(properties, store, now=time.time(), sleep=clock.sleep)
    assert fits(account)
    assert clock.now >= 30


def test_a_permission_that_is_missing_is_reported_before_the_functions_time_is_over(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    with deny_action("GetSecretValue", account.url) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(SecretStoreError, match="AccessDeniedException"):
            open_secret_store(account.signing, clock.retry(40)).read(account.signing)
    assert 30 <= clock.now <= 40


class ConcurrentStore:
    """A store in which another run does all of its work after this run's first call of one method."""

    def __init__(self, store: SecretStore, after: str, other: KeyProperties) -> None:
        self.store, self.after, self.other = store, after, other
        self.calls: list[str] = []

    def _step(self, name: str) -> None:
        self.calls.append(name)
        if self.calls.count(self.after) == 1 and name == self.after:
            provision_keys(self.other, self.store, now=time.time())

    def read(self, arn: str) -> SecretValue | None:
        found = self.store.read(arn)
        self._step("read")
        return found

    def write(self, arn: str, text: str) -> None:
        self.store.write(arn, text)
        self._step("write")

    def write_next(self, arn: str, text: str, after: SecretValue | None) -> None:
        self.store.write_next(arn, text, after)
        self._step("write_next")


@pytest.mark.parametrize("after", ["read", "write_next", "write"])
def test_two_concurrent_runs_make_one_pair(account: Account, after: str) -> None:
    """The slower run changes nothing that the other one has reported, wherever it is overtaken."""
    properties = KeyProperties.parse(account.properties)
    store = ConcurrentStore(open_secret_store(account.signing), after, properties)
    versions = provision_keys(properties, store, now=time.time(), sleep=lambda _: None)
    assert fits(account)
    assert len(account.client().list_secret_version_ids(SecretId=account.signing)["Versions"]) == 1
    assert versions == {arn: account.version(arn) for arn in account.arns}


def test_a_key_that_changes_during_a_run_leaves_no_value_of_the_old_key(account: Account) -> None:
    class ReplacingStore(ConcurrentStore):
        def _step(self, name: str) -> None:
            self.calls.append(name)
            if self.calls.count("write") == 1 and name == "write":
                account.put(account.signing, KeyPair.generate().private_pem)

    properties = KeyProperties.parse(account.properties)
    provision_keys(
        properties,
        ReplacingStore(open_secret_store(account.signing), "write", properties),
        now=time.time(),
        sleep=lambda _: None,
    )
    assert fits(account)
