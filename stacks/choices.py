"""What whoever deploys may choose, read from the CDK's context.

What is misspelt is refused in one sentence: the CDK itself passes over a key that nobody reads, and something else
than what was meant would be deployed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Final, Literal, get_args

from . import processing_choices
from .choice_values import ChoiceError, each, like, one_of, refuse_secrets
from .processing_choices import ProcessingChoices
from .profile import PROFILES, Machine, Profile

# Exactly the version that our tests run with. A digest of your own pins it harder: -c serverImage=...@sha256:...
SERVER_IMAGE: Final = "resonatehqio/resonate:v0.9.8"
# Keys of the CDK itself look like these.
_FOREIGN: Final = ("aws:", "@", "aws-cdk", "availability-zones:", "cli-", "tree")
_IMAGE: Final = re.compile(r"[a-z0-9][\w./:-]*(:(?!latest$)[\w][\w.-]*|@sha256:[0-9a-f]{64})")

type AuthMode = Literal["iam", "jwt", "none"]


@dataclass(frozen=True, kw_only=True)
class Auth:
    """Who may call the API. Issuer and audience belong to `jwt`, and to nothing else."""

    mode: AuthMode = "iam"
    issuer: str | None = None
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Choices:
    """All of them."""

    profile: Profile
    auth: Auth = Auth()
    stack: str = "Longhand"
    server_image: str = SERVER_IMAGE
    cors_origins: tuple[str, ...] = ()
    source_buckets: tuple[str, ...] = ()  # documents may come from them by s3:// address
    alarm_email: str | None = None
    processing: ProcessingChoices = field(default_factory=ProcessingChoices)
    rotation: str = "1"  # a new value runs the keys function again: the last step of a key rotation

    @classmethod
    def of(cls, context: Mapping[str, Any]) -> "Choices":
        """Read them, or say which one is wrong."""
        _refuse_unknown(context)
        texts = {key: str(context[key]).strip() for key in KEYS if context.get(key) not in (None, "")}
        refuse_secrets(texts)
        return cls(
            profile=_profile(texts),
            auth=_auth(texts),
            stack=like("stack", texts.get("stack", cls.stack), r"[A-Za-z][A-Za-z0-9-]{0,39}", "letters, digits and -"),
            server_image=like("serverImage", texts.get("serverImage", SERVER_IMAGE), _IMAGE, "name:tag (not latest)"),
            cors_origins=each("corsOrigins", texts, r"https?://[\w.:-]+", "https://example.com"),
            source_buckets=each("sourceBuckets", texts, r"[a-z0-9][a-z0-9.-]{2,62}", "names of buckets"),
            alarm_email=_email(texts),
            processing=ProcessingChoices.of(texts),
            rotation=like(
                "keyRotation", texts.get("keyRotation", cls.rotation), r"[A-Za-z0-9-]{1,40}", "a word or a number"
            ),
        )


KEYS: Final[Mapping[str, str]] = {
    "profile": "small or production",
    "auth": "iam, jwt or none",
    "issuer": "who issues the tokens, for auth=jwt",
    "audience": "whom they are for, for auth=jwt",
    "stack": "the stack's name",
    "architecture": "arm64 or x86_64, of the images",
    "spot": "false keeps workers off Spot",
    "serverImage": "the Resonate server's image",
    "corsOrigins": "pages that may call the API",
    "sourceBuckets": "buckets that documents may come from",
    "alarmEmail": "who is told of alarms",
    **processing_choices.KEYS,
    "keyRotation": "a new value runs the keys function again, to rotate the keys",
}


def _refuse_unknown(context: Mapping[str, Any]) -> None:
    for key in context:
        if key not in KEYS and not key.startswith(_FOREIGN):
            near = get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}"
            raise ChoiceError(f"-c {key}=... is not known: {hint}")


def _profile(texts: Mapping[str, str]) -> Profile:
    profile = PROFILES[one_of("profile", texts.get("profile", "small"), PROFILES)]
    if machine := texts.get("architecture"):
        one = one_of("architecture", machine, get_args(Machine.__value__))
        profile = replace(profile, machine=one)  # type: ignore[arg-type] # it is one of its values
    if spot := texts.get("spot"):
        profile = replace(profile, spot=one_of("spot", spot.lower(), ("true", "false")) == "true")
    return profile


def _email(texts: Mapping[str, str]) -> str | None:
    address = texts.get("alarmEmail")
    return like("alarmEmail", address, r"[^@\s]+@[^@\s]+", "an e-mail address") if address else None


def _auth(texts: Mapping[str, str]) -> Auth:
    mode = one_of("auth", texts.get("auth", "iam"), get_args(AuthMode.__value__))
    given = sorted({"issuer", "audience"} & texts.keys())
    if mode != "jwt" and given:
        raise ChoiceError(f"-c {given[0]}=... belongs to auth=jwt: say -c auth=jwt too, or leave it out")
    if mode == "jwt" and len(given) < 2:  # noqa: PLR2004 the two of them
        raise ChoiceError("-c auth=jwt needs -c issuer=https://... and -c audience=... as well")
    issuer = like("issuer", texts["issuer"], r"https://\S+", "an https:// address") if mode == "jwt" else None
    return Auth(mode=mode, issuer=issuer, audience=each("audience", texts, r"\S+", "a word"))  # type: ignore[arg-type]
