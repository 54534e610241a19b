"""A new server that does not start fails the deployment before the running one is touched."""

import pytest

from lambdas.proof.handler import handler
from lambdas.proof.server_proof import Clock, ProofError, ServerProof
from tests.keys.cloudformation import receive_responses
from tests.keys.conftest import LambdaContext

from .fake_account import Containers, FakeAccount

STAYS = "the new server was not proven, so the running one stays"


class FastClock:
    """Time that passes only while the proof sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def proof_on(account: FakeAccount, *, creates: bool = False) -> ServerProof:
    clock = FastClock()
    return ServerProof(
        creates=creates,
        stack="stack",
        task={"cluster": "cluster", "taskDefinition": "server:2"},
        prover="Keeper",
        ecs=account,
        cloudformation=account,
        clock=Clock(monotonic=clock.monotonic, sleep=clock.sleep),
    )


def test_a_proven_server_lets_the_deployment_go_on() -> None:
    """The task has the template's request, and is stopped: the server in it would run for ever."""
    running: Containers = {"Server": None, "Keeper": None}
    account = FakeAccount(looks=[{}, running, running, {"Server": None, "Keeper": 0}])
    proof = proof_on(account)
    assert proof.is_needed()
    proof.run(60)
    assert account.calls == ["describe stacks", "run task", "stop task"]
    assert account.requests == [{"cluster": "cluster", "taskDefinition": "server:2"}]


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        ({"Server": None, "Keeper": 1}, "Keeper ended with 1"),
        ({"Server": 101, "Keeper": None}, "Server ended with 101"),
        ({"Server": 2, "Keeper": 137}, "Keeper ended with 137, Server ended with 2"),
    ],
)
def test_a_server_that_is_not_good_fails_the_deployment(codes: Containers, reason: str) -> None:
    account = FakeAccount(looks=[{}, codes])
    with pytest.raises(ProofError, match=f"{STAYS}: {reason}. Read the server's and the keeper's log"):
        proof_on(account).run(60)
    assert account.calls[-1] == "stop task"


def test_an_image_that_cannot_be_pulled_fails_the_deployment() -> None:
    account = FakeAccount(looks=[{"Server": None, "Keeper": None}], last_status="STOPPED")
    with pytest.raises(ProofError, match=f"{STAYS}: no image"):
        proof_on(account).run(60)


def test_a_task_that_ecs_does_not_start_fails_the_deployment() -> None:
    account = FakeAccount(failures=[{"reason": "RESOURCE:CPU"}])
    with pytest.raises(ProofError, match=r"ECS could not start its task \(RESOURCE:CPU\)"):
        proof_on(account).run(60)


def test_a_task_that_does_not_end_is_stopped_before_the_function_ends() -> None:
    account = FakeAccount(looks=[{"Server": None, "Keeper": None}])
    proof = proof_on(account)
    with pytest.raises(ProofError, match="its task did not end within 60 seconds"):
        proof.run(60)
    assert (account.calls[-1], proof.clock.monotonic() <= 60) == ("stop task", True)


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"])
def test_a_rollback_needs_no_proof(status: str) -> None:
    """It returns to a server that ran, and a failure would leave the stack between both versions."""
    assert not proof_on(FakeAccount(status=status)).is_needed()


def test_a_first_server_is_proven_by_its_own_deployment() -> None:
    account = FakeAccount()
    assert not proof_on(account, creates=True).is_needed()
    assert account.calls == []


@pytest.mark.parametrize("request_type", ["Create", "Delete"])
def test_cloudformation_gets_a_response(request_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with receive_responses() as receiver:
        handler(receiver.event(request_type, {"Task": {}, "Prover": "Keeper"}), LambdaContext())
        assert receiver.response()["Status"] == "SUCCESS"


def test_a_refusal_of_aws_reaches_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with receive_responses() as receiver:
        handler(receiver.event("Update", {"Task": {}, "Prover": "Keeper"}), LambdaContext())
        response = receiver.response()
    assert (response["Status"], response["Reason"].startswith(f"{STAYS}: AWS refused a call")) == ("FAILED", True)
