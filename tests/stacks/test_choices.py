"""What an operator may choose with -c. Each invalid choice is refused with a sentence that says what is valid."""

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from app import main
from lambdas.trigger.submit import LIFETIME_MS
from ops.deployed_choices import NOT_CHOSEN, list_parameters, read_template_choices
from stacks.choice_values import ChoiceError
from stacks.choices import KEYS, SERVER_IMAGE, Auth, Choices
from stacks.profile import DEADLINE_DAYS, PRODUCTION_PROFILE, PROFILES, SMALL_PROFILE
from stacks.web_choices import WebChoices

from .conftest import BUS, CERTIFICATE, OPENAI_MODEL, REGIONAL_CERTIFICATE, ROOT, SOURCE_KEY, WEB_ACL, Synth
from .saved_synthesis import save_synthesis
from .synthesized_app import SynthesizedApp

JWT = {"auth": "jwt", "issuer": "https://id.example", "audience": "documents, others"}
CONSOLE = {"auth": "jwt", "console": "cognito"}
DOMAIN = {"domain": "documents.example.com", "certificate": CERTIFICATE}


def test_the_defaults_are_the_small_profile_and_iam() -> None:
    assert Choices.of({}) == Choices(profile=SMALL_PROFILE, auth=Auth(mode="iam"))
    production = Choices.of({"profile": "production", "alarmEmail": "none"})
    assert (production.profile, production.alarm_email) == (PRODUCTION_PROFILE, None)


def test_every_choice_is_read() -> None:
    choices = Choices.of(
        {
            **JWT,
            "stack": "Longhand-anna",
            "architecture": "x86_64",
            "spot": "false",
            "serverImage": f"registry.example/resonate@sha256:{'0' * 64}",
            "corsOrigins": "https://a.example, http://localhost:5173",
            "sourceBuckets": "scans,letters",
            "sourceKeys": f"{SOURCE_KEY}, {SOURCE_KEY}",
            "alarmEmail": "on-call@example.com",
            "notify": "jobs",
            "functions": "off",
            "requesterJobs": "50",
            "requesterJobsPerHour": "10000",
            "preferWait": "15",
            "publicUrl": "https://api.example/longhand/",
            "keyRotation": "2026-11",
        }
    )
    assert choices.auth == Auth(mode="jwt", issuer="https://id.example", audience=("documents", "others"))
    assert (choices.stack, choices.rotation) == ("Longhand-anna", "2026-11")
    assert (choices.profile.architecture, choices.profile.spot) == ("x86_64", False)
    assert choices.public_url == "https://api.example/longhand"
    assert choices.cors_origins == ("https://a.example", "http://localhost:5173")
    assert choices.source_buckets == ("scans", "letters")
    assert choices.source_keys == (SOURCE_KEY, SOURCE_KEY)
    assert choices.alarm_email == "on-call@example.com"
    assert (choices.notice_bus, Choices.of({"notify": BUS}).notice_bus, Choices.of({}).notice_bus) == (
        "jobs",
        BUS,
        None,
    )
    assert (choices.requester_jobs, Choices.of({}).requester_jobs) == (50, None)
    assert (choices.requester_jobs_per_hour, Choices.of({}).requester_jobs_per_hour) == (10_000, None)
    assert (choices.prefer_wait, Choices.of({}).prefer_wait, Choices.of({"preferWait": "0"}).prefer_wait) == (15, 0, 0)
    assert (choices.has_functions, Choices.of({"functions": "on"}).has_functions) == (False, True)


def test_the_console_brings_the_issuer_of_tokens() -> None:
    choices = Choices.of({**CONSOLE, **DOMAIN, "audience": "programs", "webAcl": WEB_ACL})
    assert choices.auth == Auth(mode="jwt", audience=("programs",))
    assert choices.web == WebChoices(has_console=True, web_acl=WEB_ACL, **DOMAIN)
    assert choices.public_url == "https://documents.example.com"
    assert Choices.of({**DOMAIN, "publicUrl": "https://api.example"}).public_url == "https://api.example"
    assert not Choices.of({"console": "off"}).web.has_console


def test_context_keys_of_the_cdk_are_ignored() -> None:
    own = {"@aws-cdk/core:x": True, "aws:cdk:bundling-stacks": ["**"], "availability-zones:account=1:region=x": []}
    assert Choices.of(own) == Choices.of({})


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"proflie": "small"}, "-c proflie=... is not known: did you mean profile?"),
        ({"zzz": "1"}, "-c zzz=... is not known: choose from profile, auth, "),
        ({"profile": "prod"}, "-c profile=prod is not known: profile is one of small, production"),
        ({"profile": "production"}, "-c profile=production needs -c alarmEmail=... as well"),
        ({"auth": "jtw"}, "-c auth=jtw is not known: auth is one of iam, jwt, none"),
        ({"auth": "jwt"}, "-c auth=jwt needs -c issuer=https://... and -c audience=... as well"),
        ({"auth": "jwt", "issuer": "https://a"}, "-c auth=jwt needs"),
        ({**JWT, "issuer": "http://id.example"}, "-c issuer=http://id.example is invalid: issuer must be an https"),
        ({"issuer": "https://id.example"}, "-c issuer=... needs auth=jwt"),
        ({"auth": "none", "audience": "x"}, "-c audience=... needs auth=jwt"),
        (
            {"publicUrl": "http://api.example"},
            "-c publicUrl=http://api.example is invalid: publicUrl must be an https://",
        ),
        ({"architecture": "arm"}, "-c architecture=arm is not known: architecture is one of arm64, x86_64"),
        ({"spot": "no"}, "-c spot=no is not known: spot is one of true, false"),
        ({"requesterJobs": "0"}, "-c requesterJobs=0 is invalid: requesterJobs must be a number from 1 to 10000"),
        ({"requesterJobsPerHour": "10001"}, "requesterJobsPerHour must be a number from 1 to 10000"),
        ({"preferWait": "16"}, "-c preferWait=16 is invalid: preferWait must be a number of seconds from 0 to 15"),
        ({"preferWait": "off"}, "-c preferWait=off is invalid: preferWait must be a number of seconds from 0 to 15"),
        ({"functions": "no"}, "-c functions=no is not known: functions is one of on, off"),
        ({"serverImage": "resonatehqio/resonate:latest"}, "serverImage must be name:tag (not latest)"),
        ({"serverImage": "resonatehqio/resonate"}, "serverImage must be name:tag (not latest)"),
        ({"stack": "my stack"}, "-c stack=my stack is invalid"),
        ({"corsOrigins": "*"}, "-c corsOrigins=* is invalid"),
        ({"sourceBuckets": "s3://scans"}, "-c sourceBuckets=s3://scans is invalid"),
        ({"sourceBuckets": "scans", "sourceKeys": "alias/scans"}, "-c sourceKeys=alias/scans is invalid"),
        ({"sourceKeys": SOURCE_KEY}, "-c sourceKeys=... needs sourceBuckets"),
        ({"alarmEmail": "me"}, "-c alarmEmail=me is invalid"),
        ({"notify": "aws.partner/example.com/jobs"}, "notify must be the name or the ARN of an event bus"),
        (
            {"notify": "arn:aws:sns:eu-central-1:111122223333:jobs"},
            "notify must be the name or the ARN of an event bus",
        ),
        ({"notify": "https://events.example"}, "-c notify=https://events.example is invalid"),
        ({"console": "on"}, "-c console=on is not known: console is one of cognito, off"),
        ({"console": "cognito", "auth": "iam"}, "-c console=cognito needs -c auth=jwt as well"),
        ({**JWT, "console": "cognito"}, "-c issuer=... does not fit console=cognito, whose user pool is the issuer"),
        ({"domain": "documents.example.com"}, "-c domain=... needs -c certificate=... as well"),
        ({"certificate": CERTIFICATE}, "-c certificate=... needs -c domain=... as well"),
        ({**DOMAIN, "domain": "https://a.example"}, "-c domain=https://a.example is invalid: domain must be a name"),
        ({**DOMAIN, "certificate": "cert"}, "-c certificate=cert is invalid: certificate must be the ARN"),
        ({**CONSOLE, **DOMAIN, "certificate": REGIONAL_CERTIFICATE}, "-c certificate=... must be of us-east-1"),
        ({"webAcl": WEB_ACL}, "-c webAcl=... needs console=cognito"),
        ({**CONSOLE, "webAcl": WEB_ACL.replace("us-east-1", "eu-west-1")}, "webAcl must be the ARN of a web ACL for"),
        ({"keyRotation": "a b"}, "-c keyRotation=a b is invalid"),
    ],
)
def test_an_invalid_choice_is_refused_with_one_sentence(context: dict[str, str], sentence: str) -> None:
    with pytest.raises(ChoiceError) as caught:
        Choices.of(context)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_app_prints_only_the_sentence_and_fails(tmp_path: Path) -> None:
    with pytest.raises(CalledProcessError) as caught:
        save_synthesis(tmp_path, ROOT, ["-c", "proflie=production"], os.environ)
    sentence = "app: -c proflie=... is not known: did you mean profile?\n"
    assert (caught.value.returncode, caught.value.output) == (2, sentence)
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    ("words", "environ"), [(["-c", "proflie=small"], {}), ([], {"CDK_CONTEXT_JSON": '{"proflie": "small"}'})]
)
def test_an_invalid_choice_is_refused_before_the_cdk_is_loaded(words: list[str], environ: dict[str, str]) -> None:
    """It comes from the command line, or from that of the CDK."""
    script = f"import sys, app; code = app.main({words}, {environ}); sys.exit(10 * code + ('aws_cdk' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (20, "app: -c proflie=... is not known: did you mean profile?\n")


@pytest.mark.parametrize("key", ["spot", "alarmEmail"])
def test_a_choice_without_a_value_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Ignored, it would leave workers on Spot, or alarms without an address."""
    code = main(["-c", "profile=small", "-c", key], {"CDK_OUTDIR": str(tmp_path)})
    assert (code, capsys.readouterr().err) == (2, f"app: -c {key} needs a value: write -c {key}=...\n")


@pytest.mark.parametrize("name", PROFILES)
def test_history_and_documents_outlast_a_jobs_deadline(name: str) -> None:
    profile = PROFILES[name]
    assert DEADLINE_DAYS == LIFETIME_MS / (24 * 3600 * 1000)
    assert DEADLINE_DAYS < profile.history_days < profile.documents_days


def test_the_server_is_the_version_that_the_tests_run_with() -> None:
    assert SERVER_IMAGE == "resonatehqio/resonate:v0.9.8"


@pytest.mark.parametrize("chosen", [("profile=small",), OPENAI_MODEL], ids=["small", "production with a model"])
def test_the_stack_records_every_choice_and_permits_no_other_value(synth: Synth, chosen: tuple[str, ...]) -> None:
    """The CDK passes the recorded values again, so CloudFormation refuses a deployment with another choice."""
    template = synth(*chosen).templates["Root"]
    recorded = read_template_choices(template)
    given = {"profile": "small", "auth": "iam"} | dict(one.split("=", 1) for one in chosen)
    assert recorded == {key: given.get(key, NOT_CHOSEN) for key in KEYS if key != "stack"}
    parameters = [body for name, body in template["Parameters"].items() if name.startswith("Choice")]
    assert [body["AllowedValues"] for body in parameters] == [[body["Default"]] for body in parameters]
    assert all("./longhand deploy, which keeps it" in body["ConstraintDescription"] for body in parameters)


def test_the_command_permits_a_change_by_the_name_of_the_parameter(small: SynthesizedApp) -> None:
    words = list_parameters(KEYS.keys() - {"stack"}, dict.fromkeys(KEYS, "x"))
    names = {word.removesuffix("=x") for word in words if word != "--parameters"}
    assert names == {name for name in small.templates["Root"]["Parameters"] if name.startswith("Choice")}


def test_the_cdk_asks_before_it_replaces_or_deletes_a_resource() -> None:
    """A bare `cdk deploy` otherwise asks only about permissions."""
    assert json.loads((ROOT / "cdk.json").read_text())["requireApproval"] == "destructive"
