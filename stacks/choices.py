"""What an operator may choose when deploying, read from the CDK's context.

A misspelled key or value is refused with one sentence. The CDK itself ignores a context key that no code reads, so it
would deploy something other than the operator meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Final, Literal, get_args

from contract.cells import CellLayout
from contract.keeper import MAX_COUNT
from contract.preference import MAX_WAIT_SECONDS

from . import cell_choices, operation_choices, processing_choices, web_choices
from .choice_values import (
    ChoiceError,
    is_on,
    match_optional,
    refuse_secrets,
    require_match,
    require_one_of,
    split_list,
)
from .operation_choices import OperationChoices
from .processing_choices import ProcessingChoices
from .profile import PROFILES, Architecture, Profile
from .web_choices import WebChoices

# Exactly the version that our tests run with. To pin its digest as well: -c serverImage=...@sha256:...
SERVER_IMAGE: Final = "resonatehqio/resonate:v0.9.8"
_KEY_ARN: Final = r"arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+"
NO_RECIPIENT: Final = "none"
_BUS_NAME: Final = r"(?!aws\.)[A-Za-z0-9._-]{1,256}"  # a bus of an AWS partner accepts events of that partner only
_BUS: Final = rf"{_BUS_NAME}|arn:aws[a-z-]*:events:[a-z0-9-]+:\d{{12}}:event-bus/{_BUS_NAME}"
_CDK_PREFIXES: Final = ("aws:", "@", "aws-cdk", "availability-zones:", "cli-", "tree")
_IMAGE: Final = re.compile(r"[a-z0-9][\w./:-]*(:(?!latest$)[\w][\w.-]*|@sha256:[0-9a-f]{64})")

NOT_CHOSEN: Final = "-"  # recorded for a choice without a value; no key accepts it as one

type AuthMode = Literal["iam", "jwt", "none"]


@dataclass(frozen=True, kw_only=True)
class Auth:
    """Which clients may call the API. Only `jwt` has an issuer and an audience.

    With the console, its user pool is the issuer, and has no address yet.
    """

    mode: AuthMode = "iam"
    issuer: str | None = None
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Choices:
    """All choices of one deployment."""

    profile: Profile
    auth: Auth = Auth()
    stack: str = "Longhand"
    server_image: str = SERVER_IMAGE
    cors_origins: tuple[str, ...] = ()
    source_buckets: tuple[str, ...] = ()  # clients may name their documents by s3:// address
    source_keys: tuple[str, ...] = ()  # KMS keys that encrypt the objects of these buckets
    alarm_email: str | None = None
    notice_bus: str | None = None  # name or ARN of the event bus that notices are put on, in place of the topic
    processing: ProcessingChoices = field(default_factory=ProcessingChoices)
    web: WebChoices = field(default_factory=WebChoices)
    operation: OperationChoices = field(default_factory=OperationChoices)
    has_functions: bool = True  # workflows may run in a Lambda function
    public_url: str | None = None  # the API's address in links: its own exists only after the workers
    requester_jobs: int | None = None  # maximum of one requester at a time
    requester_jobs_per_hour: int | None = None  # maximum of one requester
    prefer_wait: int = 0  # seconds for which a request with `Prefer: wait` is held
    layout: CellLayout = field(default_factory=lambda: CellLayout.make(1))  # all cells, and which are open
    rotation: str = "1"  # a new value runs the keys function again: the last step of a key rotation
    recorded: Mapping[str, str] = field(default_factory=dict, compare=False)  # as chosen; the stack's parameters

    @classmethod
    def of(cls, context: Mapping[str, Any]) -> "Choices":
        """Read the choices, or raise an error that names the invalid one."""
        _refuse_unknown(context)
        texts = {key: str(context[key]).strip() for key in KEYS if context.get(key) not in (None, "")}
        refuse_secrets(texts)

        def match(key: str, default: str, pattern: str | re.Pattern[str], expected: str) -> str:
            return require_match(key, texts.get(key, default), pattern, expected)

        profile, web = _read_profile(texts), WebChoices.of(texts)
        return cls(
            profile=profile,
            auth=_read_auth(texts, has_console=web.has_console),
            stack=match("stack", cls.stack, r"[A-Za-z][A-Za-z0-9-]{0,39}", "letters, digits and -"),
            server_image=match("serverImage", SERVER_IMAGE, _IMAGE, "name:tag (not latest)"),
            cors_origins=split_list("corsOrigins", texts, r"https?://[\w.:-]+", "https://example.com"),
            source_buckets=split_list("sourceBuckets", texts, r"[a-z0-9][a-z0-9.-]{2,62}", "names of buckets"),
            source_keys=_read_source_keys(texts),
            alarm_email=_read_alarm_email(texts, profile),
            notice_bus=match_optional("notify", texts, _BUS, "the name or the ARN of an event bus"),
            processing=ProcessingChoices.of(texts),
            web=web,
            operation=OperationChoices.of(texts),
            has_functions=is_on("functions", texts, default="on"),
            public_url=_read_public_url(texts, web),
            requester_jobs=_read_jobs("requesterJobs", texts),
            requester_jobs_per_hour=_read_jobs("requesterJobsPerHour", texts),
            prefer_wait=_read_prefer_wait(texts),
            layout=cell_choices.read_layout(texts),
            rotation=match("keyRotation", cls.rotation, r"[A-Za-z0-9-]{1,40}", "a word or a number"),
            recorded={key: texts.get(key, NOT_CHOSEN) for key in KEYS if key != "stack"},
        )


KEYS: Final[Mapping[str, str]] = {
    "profile": "small or production",
    "auth": "iam, jwt or none",
    "issuer": "the issuer of the tokens, for auth=jwt",
    "audience": "the audience of the tokens, for auth=jwt",
    "stack": "the stack's name",
    "architecture": "arm64 or x86_64, of the images",
    "spot": "false keeps workers off Spot",
    "serverImage": "the Resonate server's image",
    "corsOrigins": "web origins that may call the API",
    "sourceBuckets": "buckets that documents may come from",
    "sourceKeys": "the ARNs of the KMS keys of these buckets",
    "alarmEmail": f"the address that alarms are sent to, or {NO_RECIPIENT} for other subscriptions of their topic",
    "notify": "the name or the ARN of an EventBridge event bus that notices are put on, in place of the stack's topic",
    **processing_choices.KEYS,
    **web_choices.KEYS,
    **operation_choices.KEYS,
    "functions": "off deploys no Lambda function that runs workflows",
    "requesterJobs": "how many jobs one requester may have at a time; without it there is no limit",
    "requesterJobsPerHour": "how many jobs one requester may send within an hour; without it there is no limit",
    "preferWait": f"seconds for which a status request may be held, from 0 to {MAX_WAIT_SECONDS}; 0 holds none",
    **cell_choices.KEYS,
    "publicUrl": "the API's address in links to decisions, such as the output ApiUrl or a domain of yours",
    "keyRotation": "a new value runs the keys function again, to rotate the keys",
}


def _refuse_unknown(context: Mapping[str, Any]) -> None:
    for key in context:
        if key not in KEYS and not key.startswith(_CDK_PREFIXES):
            near = get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(KEYS)}"
            raise ChoiceError(f"-c {key}=... is not known: {hint}")


def _read_profile(texts: Mapping[str, str]) -> Profile:
    profile = PROFILES[require_one_of("profile", texts.get("profile", "small"), PROFILES)]
    if name := texts.get("architecture"):
        architecture = require_one_of("architecture", name, get_args(Architecture.__value__))
        profile = replace(profile, architecture=architecture)
    if spot := texts.get("spot"):
        profile = replace(profile, spot=require_one_of("spot", spot.lower(), ("true", "false")) == "true")
    return profile


def _read_alarm_email(texts: Mapping[str, str], profile: Profile) -> str | None:
    address = texts.get("alarmEmail", "")
    if not address and profile.needs_recipient:
        raise ChoiceError(
            f"-c profile={profile.name} needs -c alarmEmail=... as well: an address that alarms are sent to,"
            f" or {NO_RECIPIENT}, if you subscribe something else to the topic in the output AlarmsTopic"
        )
    if address in ("", NO_RECIPIENT):
        return None
    return require_match("alarmEmail", address, r"[^@\s]+@[^@\s]+", f"an e-mail address or {NO_RECIPIENT}")


def _read_jobs(key: str, texts: Mapping[str, str]) -> int | None:
    """Return a number of jobs, which the keeper counts."""
    number = match_optional(key, texts, "[1-9][0-9]{0,3}|10000", f"a number from 1 to {MAX_COUNT}")
    return None if number is None else int(number)


def _read_prefer_wait(texts: Mapping[str, str]) -> int:
    expected = f"a number of seconds from 0 to {MAX_WAIT_SECONDS}"
    seconds = int(require_match("preferWait", texts.get("preferWait", "0"), "[0-9]{1,2}", expected))
    if seconds > MAX_WAIT_SECONDS:
        raise ChoiceError(f"-c preferWait={seconds} is invalid: preferWait must be {expected}")
    return seconds


def _read_public_url(texts: Mapping[str, str], web: WebChoices) -> str | None:
    if "publicUrl" not in texts:
        return f"https://{web.domain}" if web.domain else None
    pattern = r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[\w.~/-]*)?"
    return require_match("publicUrl", texts["publicUrl"], pattern, "an https:// address").rstrip("/")


def _read_source_keys(texts: Mapping[str, str]) -> tuple[str, ...]:
    if "sourceKeys" in texts and "sourceBuckets" not in texts:
        raise ChoiceError("-c sourceKeys=... needs sourceBuckets: name the buckets with these keys, or leave it out")
    return split_list("sourceKeys", texts, _KEY_ARN, "the ARNs of KMS keys")


def _read_auth(texts: Mapping[str, str], *, has_console: bool) -> Auth:
    mode: AuthMode = require_one_of("auth", texts.get("auth", "iam"), get_args(AuthMode.__value__))
    if has_console:
        return _read_console_auth(texts, mode)
    jwt_keys = sorted({"issuer", "audience"} & texts.keys())
    if mode != "jwt":
        if jwt_keys:
            raise ChoiceError(f"-c {jwt_keys[0]}=... needs auth=jwt: add -c auth=jwt, or leave it out")
        return Auth(mode=mode)
    if len(jwt_keys) < 2:  # noqa: PLR2004 the two of them
        raise ChoiceError("-c auth=jwt needs -c issuer=https://... and -c audience=... as well")
    issuer = require_match("issuer", texts["issuer"], r"https://\S+", "an https:// address")
    return Auth(mode=mode, issuer=issuer, audience=_read_audience(texts))


def _read_console_auth(texts: Mapping[str, str], mode: AuthMode) -> Auth:
    """Return the mode, and the audiences beside the console: its user pool is the issuer."""
    if mode != "jwt":
        raise ChoiceError("-c console=cognito needs -c auth=jwt as well: its users have tokens, and no AWS credentials")
    if "issuer" in texts:
        raise ChoiceError("-c issuer=... does not fit console=cognito, whose user pool is the issuer: leave it out")
    return Auth(mode=mode, audience=_read_audience(texts))


def _read_audience(texts: Mapping[str, str]) -> tuple[str, ...]:
    return split_list("audience", texts, r"\S+", "a word")
