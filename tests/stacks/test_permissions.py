"""What each role may do: this, and nothing else. A new permission is a new line here."""

import pytest

from .conftest import MODEL, OPEN, PROFILE_OF_EUROPE, PROVIDER_KEY, TOKENS, Synth
from .synthesized_app import Json, SynthesizedApp

type Allowed = set[tuple[str, str]]

BUCKET = "<Data/Documents/Bucket.Arn>"
IMAGES = "arn:<AWS::Partition>:ecr:<AWS::Region>:<AWS::AccountId>:repository/"
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
SECRET = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
TEXTRACT = ("textract:DetectDocumentText",)
INTERFACES = (
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
)


def each(actions: tuple[str, ...], *resources: str) -> Allowed:
    return {(action, resource) for action in actions for resource in resources}


SAID = {"StringLike": "like", "ArnEquals": "is"}
SMALL: dict[str, Allowed] = {
    "<Api/Trigger/Role>": {
        *each(LOG, "<Api/Trigger/Log.Arn>"),
        *each(INTERFACES, "*"),
        ("s3:GetObject", f"{BUCKET}/jobs/*/progress/*"),
        ("s3:ListBucket", f"{BUCKET} where s3:prefix like jobs/*/progress/*"),
    },
    "<Worker/Worker/Task/TaskRole>": {
        *each(("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"), f"{BUCKET}/jobs/*", f"{BUCKET}/incoming/*"),
        ("s3:DeleteObject", f"{BUCKET}/incoming/*"),
        *each(("s3:GetObject", "s3:PutObject"), f"{BUCKET}/paid/*"),
        ("s3:GetObject", f"{BUCKET}/inbox/*"),
        ("s3:ListBucket", BUCKET),
        ("sns:Publish", "<Data/JobEvents>"),
    },
    "<Worker/Worker/Task/ExecutionRole>": {
        *each(PULL, IMAGES),
        ("ecr:GetAuthorizationToken", "*"),
        *each(LOG, "<Worker/Worker/WorkerLog.Arn>"),
        *each(SECRET, "<Server/Keys/WorkerToken>"),
    },
    "<Server/Server/Task/ExecutionRole>": {
        *each(PULL, IMAGES),
        ("ecr:GetAuthorizationToken", "*"),
        *each(LOG, "<Server/Server/ServerLog.Arn>", "<Server/Server/KeeperLog.Arn>"),
        *each(SECRET, "<Server/Keys/PublicKey>", "<Data/Database/Login>"),
    },
    "<Server/Keys/Maker/Role>": {
        *each(LOG, "<Server/Keys/Maker/Log.Arn>"),
        *each(("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"), *KEYS),
    },
}
# With a key of our own, whoever reads or writes what it protects must be allowed to use it.
PRODUCTION: dict[str, Allowed] = {
    **SMALL,
    "<Api/Trigger/Role>": SMALL["<Api/Trigger/Role>"] | {("kms:Decrypt", "<Data/Key.Arn>")},
    "<Worker/Worker/Task/TaskRole>": SMALL["<Worker/Worker/Task/TaskRole>"]
    | each(("kms:Decrypt", "kms:GenerateDataKey"), "<Data/Key.Arn>"),
    "<Network/Vpc/Flows/IAMRole>": each((*LOG, "logs:DescribeLogStreams"), "<Network/FlowLog.Arn>"),
}


def granted(app: SynthesizedApp) -> dict[str, Allowed]:
    found: dict[str, Allowed] = {}
    for policy in app.all("AWS::IAM::Policy"):
        [role] = [str(app.meant(policy.stack, one)) for one in policy.properties["Roles"]]
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            found.setdefault(role, set()).update(_pairs(app, policy.stack, statement))
    return found


def _pairs(app: SynthesizedApp, stack: str, statement: Json) -> Allowed:
    resources = app.meant(stack, statement["Resource"])
    where = "".join(
        f" where {key} {SAID[operator]} {app.meant(stack, value)}"
        for operator, pairs in statement.get("Condition", {}).items()
        for key, value in pairs.items()
    )
    names = [str(one).partition("{'Fn::Sub'")[0] + where for one in _listed(resources)]
    return each(tuple(map(str, _listed(statement["Action"]))), *names)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(("profile", "wanted"), [("small", SMALL), ("production", PRODUCTION)])
def test_each_role_may_do_exactly_this(
    profile: str, wanted: dict[str, Allowed], request: pytest.FixtureRequest
) -> None:
    assert granted(request.getfixturevalue(profile)) == wanted


def test_no_role_has_a_policy_of_somebody_elses_making(either: SynthesizedApp) -> None:
    for role in either.all("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role.properties
        assert "Policies" not in role.properties
    assert not either.all("AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::IAM::Group")


def test_the_server_itself_may_do_nothing_in_aws(either: SynthesizedApp) -> None:
    assert "<Server/Server/Task/TaskRole>" not in granted(either)


def test_a_role_is_taken_on_only_by_the_program_that_it_is_for(either: SynthesizedApp) -> None:
    service = {"Api": "lambda", "Server/Keys": "lambda", "Server/Server": "ecs-tasks", "Worker": "ecs-tasks"}
    service["Network"] = "vpc-flow-logs"
    for role in either.all("AWS::IAM::Role"):
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        [wanted] = [name for start, name in service.items() if role.path.startswith(start)]
        assert statement["Principal"] == {"Service": f"{wanted}.amazonaws.com"}


def test_documents_may_come_from_a_bucket_that_was_named(synth: Synth) -> None:
    app = synth(*TOKENS)
    extra = granted(app)["<Worker/Worker/Task/TaskRole>"] - SMALL["<Worker/Worker/Task/TaskRole>"]
    bucket = "arn:<AWS::Partition>:s3:::our-scans"
    assert extra == {("s3:GetObject", f"{bucket}/*"), ("s3:ListBucket", bucket)}


def extra(app: SynthesizedApp, than: dict[str, Allowed]) -> dict[str, Allowed]:
    """What roles may do beyond that."""
    found = {role: allowed - than[role] for role, allowed in granted(app).items()}
    assert not {role for role, allowed in granted(app).items() if than[role] - allowed}, "something is missing"
    return {role: allowed for role, allowed in found.items() if allowed}


def test_a_profile_of_bedrock_and_textract_may_be_asked_where_they_were_chosen(synth: Synth) -> None:
    """The model behind the profile in any region, because AWS decides in which, and only through the profile."""
    bedrock = "arn:<AWS::Partition>:bedrock"
    profile = f"{bedrock}:<AWS::Region>:<AWS::AccountId>:inference-profile/{PROFILE_OF_EUROPE}"
    model = f"{bedrock}:*::foundation-model/{PROFILE_OF_EUROPE.removeprefix('eu.')}"
    assert extra(synth(*OPEN), SMALL) == {
        "<Worker/Worker/Task/TaskRole>": {
            ("bedrock:InvokeModel", profile),
            ("bedrock:InvokeModel", f"{model} where bedrock:InferenceProfileArn is {profile}"),
            *each(TEXTRACT, "*"),
        }
    }


def test_the_key_of_a_provider_is_for_ecs_to_read_and_for_nobody_else(synth: Synth) -> None:
    assert extra(synth(*MODEL), PRODUCTION) == {"<Worker/Worker/Task/ExecutionRole>": each(SECRET, PROVIDER_KEY)}
