"""CloudFormation always gets its answer, and nobody reads a secret in it or in the log."""

import json
import re
import socket
import subprocess
import sys

import pytest

from lambdas.keys.answer import RESERVE
from lambdas.keys.handler import handler
from local.server_process import ROOT
from tests.keys.cloudformation import STACK, Event, Waiting
from tests.keys.conftest import Clock, Stack
from tests.keys.gate import denying


def test_the_answer_is_what_cloudformation_waits_for(stack: Stack) -> None:
    answer = stack.create()
    assert answer | {"Data": None} == {
        "Status": "SUCCESS",
        "Reason": "done",
        "PhysicalResourceId": "Keys-keys",
        "StackId": STACK,
        "RequestId": "request-1",
        "LogicalResourceId": "Keys",
        "Data": None,
    }


def test_the_data_names_secrets_and_versions_only(stack: Stack) -> None:
    account = stack.account
    assert stack.create()["Data"] == {
        "PublicKeySecretArn": account.public,
        "PublicKeyVersion": account.version(account.public),
        "TokenSecretArn.trigger": account.tokens["trigger"],
        "TokenSecretArn.worker": account.tokens["worker"],
        "TokenVersion.trigger": account.version(account.tokens["trigger"]),
        "TokenVersion.worker": account.version(account.tokens["worker"]),
    }


def test_the_content_type_is_empty_as_it_was_signed(stack: Stack) -> None:
    handler(stack.place.event("Delete", {}), Clock())
    assert stack.place.puts.get(timeout=10).headers["Content-Type"] == ""


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_resource_keeps_its_name(stack: Stack, request_type: str) -> None:
    answer = stack.send(request_type, PhysicalResourceId="as-it-was")
    assert answer["PhysicalResourceId"] == "as-it-was"


@pytest.mark.parametrize("properties", [{}, {"Tokens": "rubbish"}, "rubbish", None])
def test_delete_does_nothing_and_succeeds_whatever_is_there(stack: Stack, properties: object) -> None:
    """A create that failed is deleted with the same bad properties; a secret may be gone already."""
    stack.create()
    before = stack.account.texts()
    assert stack.send("Delete", properties)["Status"] == "SUCCESS"
    assert stack.account.texts() == before


BAD: list[tuple[dict[str, object], str]] = [
    ({"SigningSecretArn": ""}, "SigningSecretArn must be a text, and is not given"),
    ({"SigningSecretArn": "signing"}, "SigningSecretArn must be the ARN of a secret, and is not"),
    ({"PublicKeySecretArn": ["a"]}, "PublicKeySecretArn must be a text, and is not given"),
    ({"PublicKeySecretArn": "arn:aws:s3:::bucket"}, "PublicKeySecretArn must be the ARN of a secret, and is not"),
    ({"Issuer": ""}, "Issuer must be a text, and is not given"),
    ({"Audience": None}, "Audience must be a text, and is not given"),
    ({"Tokens": None}, "Tokens must be a list, and is not"),
    ({"Tokens": ["arn"]}, "each of Tokens must be an object with SecretArn and Subject"),
    ({"Tokens": [{"SecretArn": "arn"}]}, "SecretArn must be the ARN of a secret, and is not"),
]


@pytest.mark.parametrize(("changes", "reason"), BAD, ids=[reason for _, reason in BAD])
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_a_bad_property_is_one_sentence(stack: Stack, request_type: str, changes: Event, reason: str) -> None:
    answer = stack.send(request_type, stack.account.properties | changes)
    assert (answer["Status"], answer["Reason"], answer["Data"]) == ("FAILED", reason, {})


def test_a_secret_takes_one_value_and_a_subject_one_token(stack: Stack) -> None:
    properties = stack.account.properties
    one, other = properties["Tokens"]
    same_secret = stack.send("Create", properties | {"PublicKeySecretArn": stack.account.signing})
    assert same_secret["Reason"] == "each secret must be named once: two values cannot go into the same one"
    same_subject = stack.send("Create", properties | {"Tokens": [one, other | {"Subject": one["Subject"]}]})
    assert same_subject["Reason"] == "each Subject in Tokens must be named once"


@pytest.mark.parametrize("subject", ["", "two words", "a.b", "1st", "x" * 65])
def test_a_subject_is_a_word_because_it_is_part_of_an_attributes_name(stack: Stack, subject: str) -> None:
    [one, _] = stack.account.properties["Tokens"]
    answer = stack.send("Create", stack.account.properties | {"Tokens": [one | {"Subject": subject}]})
    assert answer["Reason"].startswith("Subject must be")


def test_an_unknown_request_is_refused(stack: Stack) -> None:
    assert stack.send("Import")["Reason"] == "RequestType must be Create, Update or Delete, and is 'Import'"


def test_a_secret_that_is_not_there_is_named(stack: Stack) -> None:
    stack.account.client().delete_secret(SecretId=stack.account.public, ForceDeleteWithoutRecovery=True)
    answer = stack.send("Create")
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(f"cannot write {stack.account.public} (ResourceNotFoundException)")


def test_a_secret_that_is_about_to_be_deleted_is_named(stack: Stack) -> None:
    stack.account.client().delete_secret(SecretId=stack.account.signing)
    assert stack.send("Create")["Reason"].startswith(f"cannot read {stack.account.signing} (InvalidRequestException)")


@pytest.mark.parametrize(
    ("action", "verb"), [("GetSecretValue", "read"), ("PutSecretValue", "write")], ids=["reading", "writing"]
)
def test_a_secret_that_denies_access_is_named_with_the_action_that_is_missing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, action: str, verb: str
) -> None:
    with denying(action, stack.account.url) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        answer = stack.send("Create")
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == (
        f"cannot {verb} {stack.account.signing} (AccessDeniedException): it must exist, "
        f"and the function's role needs secretsmanager:{action} on it, and the use of its key"
    )


def test_bytes_in_a_secret_are_not_taken_for_a_text(stack: Stack) -> None:
    stack.account.client().put_secret_value(SecretId=stack.account.signing, SecretBinary=b"rotate")
    assert "holds bytes" in stack.send("Create")["Reason"]


def test_an_answer_that_is_refused_once_is_sent_again(stack: Stack) -> None:
    stack.place.refusals = 1
    stack.create()


def test_an_answer_that_cannot_be_sent_makes_the_function_fail_so_that_lambda_calls_it_again(stack: Stack) -> None:
    stack.place.refusals = 2
    with pytest.raises(OSError, match="503"):
        stack.send("Delete")
    assert stack.send("Delete")["Status"] == "SUCCESS"


def test_a_call_that_hangs_is_answered_before_the_function_is_ended(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        answer = stack.send("Create", clock=Clock(RESERVE + 1.0))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "not done within 1 seconds: a call to AWS hangs; deploy again"


def test_an_aws_that_cannot_be_reached_is_said(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"http://127.0.0.1:{gone.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    reason = stack.send("Create")["Reason"]
    assert reason.endswith("(EndpointConnectionError): the function must reach Secrets Manager")


CALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from lambdas.keys.handler import handler
class Clock:
    def get_remaining_time_in_millis(self):
        return 60_000
handler(json.loads(sys.argv[2]), Clock())
"""


def test_a_bundle_that_lacks_its_packages_answers_too(place: Waiting) -> None:
    """An interpreter without any package: what the function needs to answer is in the standard library."""
    event = json.dumps(place.event("Create", {}))
    command = [sys.executable, "-I", "-S", "-c", CALL, str(ROOT), event]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answer = place.answer()
    assert (answer["Status"], answer["Reason"]) == (
        "FAILED",
        "the function failed with ModuleNotFoundError: its log says where",
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["message"] for line in lines] == ["unforeseen", "answering"]
    assert any("handler.py" in place for place in lines[0]["where"])


def test_no_secret_is_in_any_log_line_or_answer(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    """Not when all goes well, and not when a value is broken: half a key is a secret, too."""
    answers = [stack.create()]
    secrets = stack.account.texts()
    half = secrets[0][:60]
    stack.account.put(stack.account.signing, half)
    answers.append(stack.send("Update"))
    stack.account.put(stack.account.signing, "rotate")
    answers.append(stack.send("Update"))
    secrets += stack.account.texts()
    shown = "".join([*capfd.readouterr(), json.dumps(answers)])
    assert [answer["Status"] for answer in answers] == ["SUCCESS", "FAILED", "SUCCESS"]
    assert pieces([*secrets, half]).isdisjoint(pieces([shown]))
    assert "signed-for-once" not in shown  # whoever has the address may answer for us


def pieces(texts: list[str]) -> set[str]:
    """Every run of twelve characters that could be part of a key or a token, without what all PEMs begin with."""
    words = {word for text in texts for word in re.findall(r"[A-Za-z0-9+/_=-]{12,}", text.replace("\\n", "\n"))}
    return {word[at : at + 12] for word in words if "-----" not in word for at in range(len(word) - 11)}


def test_log_lines_are_json_and_say_what_was_made(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.create()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    made = ["made a key pair", *["wrote a value that follows from the key pair"] * 3, "answering"]
    assert [line["message"] for line in lines] == made
    assert [line["secret"] for line in lines[:-1]] == stack.account.arns
