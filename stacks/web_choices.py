"""What an operator may choose about addresses on the web: the console, a domain of their own, a firewall before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from .choice_values import ChoiceError, match_optional, require_one_of

_NAME: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = rf"(?=.{{4,253}}$)(?:{_NAME}\.)+[a-z]{{2,63}}"
_CERTIFICATE_ARN: Final = r"arn:aws[\w-]*:acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+"
_WEB_ACL_ARN: Final = r"arn:aws[\w-]*:wafv2:us-east-1:\d{12}:global/webacl/[\w-]+/[\w-]+"
_CLOUDFRONT_REGION: Final = "us-east-1"  # where certificates and web ACLs are, wherever the stack is

KEYS: Final[Mapping[str, str]] = {
    "console": "cognito serves the console by CloudFront, with users of its own; it needs auth=jwt",
    "domain": "a domain of yours for the console, or without one for the API",
    "certificate": "the ARN of the domain's certificate",
    "webAcl": "the ARN of a web ACL of AWS WAF, for the console",
}


@dataclass(frozen=True, kw_only=True)
class WebChoices:
    """Where people and clients reach the system."""

    has_console: bool = False
    domain: str | None = None
    certificate: str | None = None  # the domain's certificate; both are set, or neither
    web_acl: str | None = None

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        """Read the choices, or raise an error that names the invalid one."""
        choices = cls(
            has_console=require_one_of("console", texts.get("console", "off"), ("cognito", "off")) == "cognito",
            domain=match_optional("domain", texts, _DOMAIN, "a name such as documents.example.com"),
            certificate=match_optional("certificate", texts, _CERTIFICATE_ARN, "the ARN of a certificate in ACM"),
            web_acl=match_optional(
                "webAcl", texts, _WEB_ACL_ARN, "the ARN of a web ACL for CloudFront, which us-east-1 has alone"
            ),
        )
        _refuse_conflicts(choices)
        return choices


def _refuse_conflicts(choices: WebChoices) -> None:
    if bool(choices.domain) != bool(choices.certificate):
        given, missing = ("domain", "certificate") if choices.domain else ("certificate", "domain")
        raise ChoiceError(f"-c {given}=... needs -c {missing}=... as well: a domain and the ARN of its certificate")
    if choices.has_console and choices.certificate and choices.certificate.split(":")[3] != _CLOUDFRONT_REGION:
        raise ChoiceError(
            f"-c certificate=... must be of {_CLOUDFRONT_REGION}:"
            " CloudFront, which serves the console, takes no other; request one there"
        )
    if choices.web_acl and not choices.has_console:
        raise ChoiceError(
            "-c webAcl=... needs console=cognito: the API alone takes no web ACL, and CloudFront before it does"
        )
