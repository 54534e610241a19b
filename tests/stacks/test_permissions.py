"""What each role may do, exactly. A new permission needs a new line here."""

import pytest

from .conftest import BUS, JWT_API, OPEN_API, OPENAI_MODEL, PROFILE_OF_EUROPE, PROVIDER_KEY, SOURCE_KEY, Synth
from .synthesized_app import Json, SynthesizedApp

type Allowed = set[tuple[str, str]]

BUCKET = "<Data/Documents/Bucket.Arn>"
IMAGES = "arn:<AWS::Partition>:ecr:<AWS::Region>:<AWS::AccountId>:repository/"
TASKS = "* where ecs:cluster is <Server/Cluster.Arn>"
TO_ECS = " where iam:PassedToService like ecs-tasks.amazonaws.com"
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
SECRET = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
TEXTRACT = ("textract:DetectDocumentText",)
NETWORK_ACTIONS = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
KEYS = (
    "<Server/Keys/SigningKey>",
    "<Server/Keys/PublicKey>",
    "<Server/Keys/TriggerToken>",
    "<Server/Keys/WorkerToken>",
    "<Server/Keys/FunctionsToken>",
)


DECISION_KEY = "<Server/DecisionKey/Rotation1>"


def pair(actions: tuple[str, ...], *resources: str) -> Allowed:
    return {(action, resource) for action in actions for resource in resources}


ERASABLE = ("jobs", "paid", "inbox", "uploads")
CONDITION_WORDS = {"StringLike": "like", "StringEquals": "is", "ArnEquals": "is"}
QUEUE = ("ReceiveMessage", "ChangeMessageVisibility", "GetQueueUrl", "DeleteMessage", "GetQueueAttributes")
SMALL_ROLES: dict[str, Allowed] = {
    "<Api/Inbox/Role>": {
        *pair(LOG, "<Api/Inbox/Log.Arn>"),
        *pair(NETWORK_ACTIONS, "*"),
        *pair(tuple(f"sqs:{action}" for action in QUEUE), "<Data/Inbox/Queue.Arn>"),
    },
    "<Api/Trigger/Role>": {
        *pair(LOG, "<Api/Trigger/Log.Arn>"),
        *pair(NETWORK_ACTIONS, "*"),
        ("s3:GetObject", f"{BUCKET}/jobs/*/progress/*"),
        *pair(
            ("s3:GetObject",),
            f"{BUCKET}/jobs/*/images/*.webp",
            f"{BUCKET}/jobs/*/original.*",
            f"{BUCKET}/jobs/*/text-*.json",
            f"{BUCKET}/jobs/*/result.json",
        ),
        ("s3:ListBucket", f"{BUCKET} where s3:prefix like jobs/*/progress/*"),
        *pair(("s3:PutObject",), f"{BUCKET}/uploads/*", f"{BUCKET}/batches/*"),
        ("s3:GetObject", f"{BUCKET}/uploads/*/manifest"),
        ("s3:ListBucket", f"{BUCKET} where s3:prefix like uploads/*"),
    },
    "<Worker/Worker/Task/TaskRole>": {
        *pair(("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"), f"{BUCKET}/jobs/*", f"{BUCKET}/incoming/*"),
        ("s3:DeleteObject", f"{BUCKET}/incoming/*"),
        *pair(("s3:DeleteObjectVersion",), *(f"{BUCKET}/{folder}/*" for folder in ERASABLE)),
        *pair(
            ("s3:ListBucketVersions",),
            *(f"{BUCKET} where s3:prefix like {folder}/*" for folder in ERASABLE),
        ),
        *pair(("s3:GetObject", "s3:PutObject"), f"{BUCKET}/paid/*"),
        *pair(("s3:GetObject", "s3:GetObjectVersion"), f"{BUCKET}/inbox/*"),
        *pair(("s3:GetObject",), f"{BUCKET}/uploads/*", f"{BUCKET}/batches/*"),
        ("s3:ListBucket", BUCKET),
        ("sns:Publish", "<Data/JobEvents>"),
        ("lambda:InvokeFunction", "<Functions/Function/Function.Arn>"),
    },
    "<Functions/Function/Role>": {*pair(LOG, "<Functions/Function/Log.Arn>"), *pair(NETWORK_ACTIONS, "*")},
    "<Worker/Worker/Task/ExecutionRole>": {
        *pair(PULL, IMAGES),
        ("ecr:GetAuthorizationToken", "*"),
        *pair(LOG, "<Worker/Worker/WorkerLog.Arn>"),
        *pair(SECRET, "<Server/Keys/WorkerToken>", DECISION_KEY),
        *pair(SECRET, "<Worker/WebhookSecret>"),
    },
    "<Server/Server/Task/ExecutionRole>": {
        *pair(PULL, IMAGES),
        ("ecr:GetAuthorizationToken", "*"),
        *pair(LOG, "<Server/Server/ServerLog.Arn>", "<Server/Server/KeeperLog.Arn>"),
        *pair(SECRET, "<Server/Keys/PublicKey>", "<Data/Database/Login>"),
    },
    "<Server/Proof/ProofFunction/Role>": {
        *pair(LOG, "<Server/Proof/ProofFunction/Log.Arn>"),
        ("ecs:RunTask", "<Server/Server/Task>"),
        *pair(
            ("iam:PassRole",),
            f"<Server/Server/Task/TaskRole.Arn>{TO_ECS}",
            f"<Server/Server/Task/ExecutionRole.Arn>{TO_ECS}",
        ),
        *pair(("ecs:DescribeTasks", "ecs:StopTask"), TASKS),
        ("cloudformation:DescribeStacks", "<AWS::StackId>"),
    },
    "<Server/Keys/KeysFunction/Role>": {
        *pair(LOG, "<Server/Keys/KeysFunction/Log.Arn>"),
        *pair(("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"), *KEYS),
    },
}
# Only with the console.
PAGE_BUCKET = "<Api/Console/Site/Bucket.Arn>"
PAGE_ROLE: dict[str, Allowed] = {
    "<Api/Console/Site/PageFunction/Role>": {
        *pair(LOG, "<Api/Console/Site/PageFunction/Log.Arn>"),
        *pair(("s3:PutObject", "s3:DeleteObject"), f"{PAGE_BUCKET}/*"),
        ("s3:ListBucket", PAGE_BUCKET),
    }
}
# With a key of our own, each role that reads or writes encrypted data needs permission for it.
PRODUCTION_ROLES: dict[str, Allowed] = {
    **SMALL_ROLES,
    "<Api/Trigger/Role>": SMALL_ROLES["<Api/Trigger/Role>"]
    | pair(("kms:Decrypt", "kms:GenerateDataKey"), "<Data/Key.Arn>"),
    "<Api/Inbox/Role>": SMALL_ROLES["<Api/Inbox/Role>"] | {("kms:Decrypt", "<Data/Key.Arn>")},
    "<Functions/Function/Role>": SMALL_ROLES["<Functions/Function/Role>"] | {("kms:Decrypt", "<Data/Key.Arn>")},
    "<Worker/Worker/Task/TaskRole>": SMALL_ROLES["<Worker/Worker/Task/TaskRole>"]
    | pair(("kms:Decrypt", "kms:GenerateDataKey"), "<Data/Key.Arn>"),
    "<Network/Vpc/Flows/IAMRole>": pair((*LOG, "logs:DescribeLogStreams"), "<Network/FlowLog.Arn>"),
}


def find_permissions(app: SynthesizedApp) -> dict[str, Allowed]:
    found: dict[str, Allowed] = {}
    for policy in app.find_all("AWS::IAM::Policy"):
        [role] = [str(app.resolve(policy.stack, one)) for one in policy.properties["Roles"]]
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            found.setdefault(role, set()).update(_pairs(app, policy.stack, statement))
    return found


def _pairs(app: SynthesizedApp, stack: str, statement: Json) -> Allowed:
    resources = app.resolve(stack, statement["Resource"])
    where = "".join(
        f" where {key} {CONDITION_WORDS[operator]} {app.resolve(stack, value)}"
        for operator, pairs in statement.get("Condition", {}).items()
        for key, value in pairs.items()
    )
    names = [str(one).partition("{'Fn::Sub'")[0] + where for one in _as_list(resources)]
    return pair(tuple(map(str, _as_list(statement["Action"]))), *names)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(("profile", "expected"), [("small", SMALL_ROLES), ("production", PRODUCTION_ROLES)])
def test_each_role_has_exactly_these_permissions(
    profile: str, expected: dict[str, Allowed], request: pytest.FixtureRequest
) -> None:
    assert find_permissions(request.getfixturevalue(profile)) == expected


def test_no_role_has_a_managed_policy(app: SynthesizedApp) -> None:
    for role in app.find_all("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role.properties
        assert "Policies" not in role.properties
    assert not app.find_all("AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::IAM::Group")


def test_the_server_has_no_permissions_in_aws(app: SynthesizedApp) -> None:
    assert "<Server/Server/Task/TaskRole>" not in find_permissions(app)


def test_only_its_own_service_may_assume_a_role(app: SynthesizedApp) -> None:
    service = {"Api": "lambda", "Server/Keys": "lambda", "Server/Server": "ecs-tasks", "Worker": "ecs-tasks"}
    service |= {"Functions": "lambda", "Server/Proof": "lambda", "Network": "vpc-flow-logs"}
    for role in app.find_all("AWS::IAM::Role"):
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        [expected] = [name for start, name in service.items() if role.path.startswith(start)]
        assert statement["Principal"] == {"Service": f"{expected}.amazonaws.com"}


def test_documents_may_come_from_a_listed_bucket(synth: Synth) -> None:
    app = synth(*JWT_API)
    extra = find_permissions(app)["<Worker/Worker/Task/TaskRole>"] - SMALL_ROLES["<Worker/Worker/Task/TaskRole>"]
    bucket = "arn:<AWS::Partition>:s3:::our-scans"
    of_buckets = {(action, resource) for action, resource in extra if action.startswith("s3:")}
    assert of_buckets == {("s3:GetObject", f"{bucket}/*"), ("s3:ListBucket", bucket)}


TO_TOPIC = ("sns:Publish", "<Data/JobEvents>")
TO_BUS = "events:PutEvents"
OWN_BUS = "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default"


def test_the_worker_may_put_events_on_the_chosen_bus_and_publish_to_no_topic(synth: Synth) -> None:
    """A name is that of a bus of the stack's own account and region."""
    allowed = find_permissions(synth(*OPEN_API))["<Worker/Worker/Task/TaskRole>"]
    assert {one for one in allowed if one[0].startswith(("events:", "sns:"))} == {(TO_BUS, OWN_BUS)}


def find_extra_permissions(app: SynthesizedApp, expected: dict[str, Allowed]) -> dict[str, Allowed]:
    """Return the permissions beyond the expected ones; assert that none is missing."""
    permissions = find_permissions(app)
    assert not {role for role, allowed in permissions.items() if expected.get(role, set()) - allowed}, "one is missing"
    extra = {role: allowed - expected.get(role, set()) for role, allowed in permissions.items()}
    return {role: allowed for role, allowed in extra.items() if allowed}


def test_the_worker_may_ask_the_chosen_bedrock_profile_and_textract(synth: Synth) -> None:
    """The profile's model is allowed in any region, because AWS chooses one, but only through the profile."""
    bedrock = "arn:<AWS::Partition>:bedrock"
    profile = f"{bedrock}:<AWS::Region>:<AWS::AccountId>:inference-profile/{PROFILE_OF_EUROPE}"
    model = f"{bedrock}:*::foundation-model/{PROFILE_OF_EUROPE.removeprefix('eu.')}"
    actions = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")  # the second to stream
    execution, task = "<Worker/Worker/Task/ExecutionRole>", "<Worker/Worker/Task/TaskRole>"
    rotated = {*SMALL_ROLES[execution], *pair(SECRET, DECISION_KEY.replace("1", "2"))} - pair(SECRET, DECISION_KEY)
    notifying = SMALL_ROLES[task] - {TO_TOPIC} | {(TO_BUS, OWN_BUS)}
    assert find_extra_permissions(synth(*OPEN_API), SMALL_ROLES | {execution: rotated, task: notifying}) == {
        task: {
            *((action, profile) for action in actions),
            *((action, f"{model} where bedrock:InferenceProfileArn is {profile}") for action in actions),
            *pair(TEXTRACT, "*"),
        }
    }


def test_only_ecs_may_read_the_key_of_a_provider(synth: Synth) -> None:
    worker = "<Worker/Worker/Task/TaskRole>"
    expected = {**PRODUCTION_ROLES, worker: PRODUCTION_ROLES[worker] - {TO_TOPIC} | {(TO_BUS, BUS)}}
    assert find_extra_permissions(synth(*OPENAI_MODEL), expected) == {
        "<Worker/Worker/Task/ExecutionRole>": pair(SECRET, PROVIDER_KEY),
        **PAGE_ROLE,
    }


def test_the_worker_may_decrypt_only_objects_with_the_chosen_keys(synth: Synth) -> None:
    """Otherwise each document of a bucket with a key of its own would fail with document_forbidden."""
    app = synth(*JWT_API)
    allowed = find_permissions(app)["<Worker/Worker/Task/TaskRole>"] - SMALL_ROLES["<Worker/Worker/Task/TaskRole>"]
    assert {resource for action, resource in allowed if action == "kms:Decrypt"} == {
        f"{SOURCE_KEY} where kms:ViaService is s3.eu-central-1.<AWS::URLSuffix>"
    }
