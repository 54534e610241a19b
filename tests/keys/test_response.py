"""CloudFormation always gets a response, and neither the response nor the log contains a secret."""

import json
import re
import socket
import subprocess
import sys

import pytest

from lambdas.keys.handler import handler
from lambdas.resource.response import RESPONSE_SECONDS
from local.server_process import ROOT
from tests.keys.cloudformation import STACK, Event, ResponseReceiver
from tests.keys.conftest import LambdaContext, Stack
from tests.keys.denying_proxy import deny_action


def test_the_response_has_the_fields_that_cloudformation_expects(stack: Stack) -> None:
    response = stack.create()
    assert response | {"Data": None} == {
        "Status": "SUCCESS",
        "Reason": "done",
        "PhysicalResourceId": "Keys-resource",
        "StackId": STACK,
        "RequestId": "request-1",
        "LogicalResourceId": "Keys",
        "Data": None,
    }


def test_the_data_contains_only_arns_and_version_ids(stack: Stack) -> None:
    account = stack.account
    assert stack.create()["Data"] == {
        "PublicKeySecretArn": account.public,
        "PublicKeyVersion": account.version(account.public),
        "TokenSecretArn.trigger": account.tokens["trigger"],
        "TokenSecretArn.worker": account.tokens["worker"],
        "TokenVersion.trigger": account.version(account.tokens["trigger"]),
        "TokenVersion.worker": account.version(account.tokens["worker"]),
    }


def test_the_content_type_is_empty_because_the_signature_covers_it(stack: Stack) -> None:
    handler(stack.receiver.event("Delete", {}), LambdaContext())
    assert stack.receiver.puts.get(timeout=10).headers["Content-Type"] == ""


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_resource_keeps_its_physical_id(stack: Stack, request_type: str) -> None:
    response = stack.send(request_type, PhysicalResourceId="as-it-was")
    assert response["PhysicalResourceId"] == "as-it-was"


@pytest.mark.parametrize("properties", [{}, {"Tokens": "rubbish"}, "rubbish", None])
def test_a_delete_changes_nothing_and_succeeds_even_with_bad_properties(stack: Stack, properties: object) -> None:
    """CloudFormation deletes a failed resource with the same bad properties; its secrets may be deleted already."""
    stack.create()
    before = stack.account.texts()
    assert stack.send("Delete", properties)["Status"] == "SUCCESS"
    assert stack.account.texts() == before


BAD: list[tuple[dict[str, object], str]] = [
    ({"SigningSecretArn": ""}, "SigningSecretArn must be a text, and is missing or not a text"),
    ({"SigningSecretArn": "signing"}, "SigningSecretArn must be the ARN of a secret, and is not"),
    ({"PublicKeySecretArn": ["a"]}, "PublicKeySecretArn must be a text, and is missing or not a text"),
    ({"PublicKeySecretArn": "arn:aws:s3:::bucket"}, "PublicKeySecretArn must be the ARN of a secret, and is not"),
    ({"Issuer": ""}, "Issuer must be a text, and is missing or not a text"),
    ({"Audience": None}, "Audience must be a text, and is missing or not a text"),
    ({"Tokens": None}, "Tokens must be a list, and is not"),
    ({"Tokens": ["arn"]}, "each of Tokens must be an object with SecretArn and Subject"),
    ({"Tokens": [{"SecretArn": "arn"}]}, "SecretArn must be the ARN of a secret, and is not"),
]


@pytest.mark.parametrize(("changes", "reason"), BAD, ids=[reason for _, reason in BAD])
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_a_bad_property_fails_with_one_sentence(stack: Stack, request_type: str, changes: Event, reason: str) -> None:
    response = stack.send(request_type, stack.account.properties | changes)
    assert (response["Status"], response["Reason"], response["Data"]) == ("FAILED", reason, {})


def test_a_secret_or_subject_that_is_named_twice_is_refused(stack: Stack) -> None:
    properties = stack.account.properties
    one, other = properties["Tokens"]
    same_secret = stack.send("Create", properties | {"PublicKeySecretArn": stack.account.signing})
    assert same_secret["Reason"] == "each secret must be named once: two values cannot go into the same one"
    same_subject = stack.send("Create", properties | {"Tokens": [one, other | {"Subject": one["Subject"]}]})
    assert same_subject["Reason"] == "each Subject in Tokens must be named once"


@pytest.mark.parametrize("subject", ["", "two words", "a.b", "1st", "x" * 65])
def test_a_subject_that_cannot_be_part_of_an_attributes_name_is_refused(stack: Stack, subject: str) -> None:
    [one, _] = stack.account.properties["Tokens"]
    response = stack.send("Create", stack.account.properties | {"Tokens": [one | {"Subject": subject}]})
    assert response["Reason"].startswith("Subject must be")


def test_an_unknown_request_type_is_refused(stack: Stack) -> None:
    assert stack.send("Import")["Reason"] == "RequestType must be Create, Update or Delete, and is 'Import'"


def test_a_missing_secret_is_named(stack: Stack) -> None:
    stack.account.client().delete_secret(SecretId=stack.account.public, ForceDeleteWithoutRecovery=True)
    response = stack.send("Create")
    assert response["Status"] == "FAILED"
    assert response["Reason"].startswith(f"cannot write {stack.account.public} (ResourceNotFoundException)")


def test_a_secret_scheduled_for_deletion_is_named(stack: Stack) -> None:
    stack.account.client().delete_secret(SecretId=stack.account.signing)
    assert stack.send("Create")["Reason"].startswith(f"cannot read {stack.account.signing} (InvalidRequestException)")


@pytest.mark.parametrize(
    ("action", "verb"), [("GetSecretValue", "read"), ("PutSecretValue", "write")], ids=["reading", "writing"]
)
def test_a_denied_secret_is_named_with_the_missing_permission(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, action: str, verb: str
) -> None:
    with deny_action(action, stack.account.url) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        response = stack.send("Create", context=LambdaContext(seconds=RESPONSE_SECONDS + 5))  # no time to repeat it
    assert response["Status"] == "FAILED"
    assert response["Reason"] == (
        f"cannot {verb} {stack.account.signing} (AccessDeniedException): it must exist, "
        f"and the function's role needs secretsmanager:{action} on it, and the use of its key"
    )


def test_a_binary_secret_is_refused(stack: Stack) -> None:
    stack.account.client().put_secret_value(SecretId=stack.account.signing, SecretBinary=b"rotate")
    assert "holds bytes" in stack.send("Create")["Reason"]


def test_a_response_that_is_refused_once_is_sent_again(stack: Stack) -> None:
    stack.receiver.refusals = 1
    stack.create()


def test_the_function_fails_if_it_cannot_send_its_response(stack: Stack) -> None:
    stack.receiver.refusals = 2
    with pytest.raises(OSError, match="503"):
        stack.send("Delete")
    assert stack.send("Delete")["Status"] == "SUCCESS"


def test_a_hanging_call_fails_the_request_before_lambda_ends_the_function(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        response = stack.send("Create", context=LambdaContext(RESPONSE_SECONDS + 1.0))
    assert response["Status"] == "FAILED"
    assert response["Reason"] == "not done within 1 seconds: a call to AWS hangs; deploy again"


def test_an_unreachable_aws_fails_the_request(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"http://127.0.0.1:{gone.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    reason = stack.send("Create")["Reason"]
    assert reason.endswith("(EndpointConnectionError): the function must reach Secrets Manager")


CALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from lambdas.keys.handler import handler
class LambdaContext:
    def get_remaining_time_in_millis(self):
        return 60_000
handler(json.loads(sys.argv[2]), LambdaContext())
"""


def test_a_bundle_without_its_packages_responds(receiver: ResponseReceiver) -> None:
    """The interpreter has no packages: the code that responds uses the standard library only."""
    event = json.dumps(receiver.event("Create", {}))
    command = [sys.executable, "-I", "-S", "-c", CALL, str(ROOT), event]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    response = receiver.response()
    assert (response["Status"], response["Reason"]) == (
        "FAILED",
        "the function failed with ModuleNotFoundError: its log shows where",
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["message"] for line in lines] == ["internal error", "sending the response"]
    assert any("handler.py" in frame for frame in lines[0]["where"])


def test_no_log_line_and_no_response_contains_a_secret(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither after success nor with a broken value: half a key is a secret, too."""
    responses = [stack.create()]
    secrets = stack.account.texts()
    half = secrets[0][:60]
    stack.account.put(stack.account.signing, half)
    responses.append(stack.send("Update"))
    stack.account.put(stack.account.signing, "rotate")
    responses.append(stack.send("Update"))
    secrets += stack.account.texts()
    shown = "".join([*capfd.readouterr(), json.dumps(responses)])
    assert [response["Status"] for response in responses] == ["SUCCESS", "FAILED", "SUCCESS"]
    assert pieces([*secrets, half]).isdisjoint(pieces([shown]))
    assert "signed-for-once" not in shown  # a holder of the url can respond in our place


def pieces(texts: list[str]) -> set[str]:
    """Return every run of twelve characters that may be part of a key or token; PEM headers are left out."""
    words = {word for text in texts for word in re.findall(r"[A-Za-z0-9+/_=-]{12,}", text.replace("\\n", "\n"))}
    return {word[at : at + 12] for word in words if "-----" not in word for at in range(len(word) - 11)}


def test_the_log_names_each_value_that_was_made(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.create()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    messages = ["made a key pair", *["wrote a value derived from the key pair"] * 3, "sending the response"]
    assert [line["message"] for line in lines] == messages
    assert [line["secret"] for line in lines[:-1]] == stack.account.arns
