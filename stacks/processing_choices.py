"""What may be chosen of the work on documents: who recognizes, who understands, and which types there are.

What does not go together is refused here, in one sentence: a worker would say so too, but minutes into a deployment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self, get_args
from urllib.parse import urlsplit

from .choice_values import ChoiceError, like, one_of
from .custom_types import CustomTypes

type Recognition = Literal["rapidocr", "tesseract", "mixed", "textract"]

EXTRACTIVE: Final = "extractive"
BEDROCK: Final = "bedrock"
OPENAI: Final = "openai"
ROOT: Final = Path(__file__).resolve().parent.parent
_ANALYZER: Final = r"extractive|bedrock:[a-z0-9-]+\.[\w.:-]+|openai:[\w./:@-]+"
_WHAT: Final = (
    f"{EXTRACTIVE}, bedrock:<model id> such as bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0, or openai:<model>"
)
# With the six characters that Secrets Manager adds to a name: without them, permissions would fit other secrets, too.
_SECRET: Final = re.compile(r"arn:aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}")
_AMOUNT: Final = r"\d{1,6}(\.\d{1,6})?"
_TLS: Final = 443

KEYS: Final[Mapping[str, str]] = {
    "ocr": "who recognizes pages without text: rapidocr, tesseract, mixed or textract",
    "analyzer": _WHAT,
    "llmBaseUrl": "a server that speaks OpenAI's protocol, for analyzer=openai:<model>",
    "llmKeySecret": "the ARN of the secret with the key, for analyzer=openai:<model>",
    "llmPrices": "dollars for a million tokens in and out, such as 0.25,1.25",
    "documentTypes": "a folder with a file for each type of document of your own",
}


@dataclass(frozen=True, kw_only=True)
class ProcessingChoices:
    """All of it."""

    ocr: Recognition = "rapidocr"
    analyzer: str = EXTRACTIVE
    base_url: str | None = None
    key_secret: str | None = None
    prices: str | None = None
    types: CustomTypes | None = None

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        """Read it, or say what makes no sense."""
        work = cls(
            ocr=one_of("ocr", texts.get("ocr", cls.ocr), get_args(Recognition.__value__)),  # type: ignore[arg-type]
            analyzer=like("analyzer", texts.get("analyzer", cls.analyzer), _ANALYZER, _WHAT),
            base_url=_base_url(texts),
            key_secret=_key_secret(texts),
            prices=_prices(texts),
            types=CustomTypes.in_folder(ROOT / texts["documentTypes"]) if "documentTypes" in texts else None,
        )
        _refuse_strangers(work, texts)
        return work

    @property
    def provider(self) -> str:
        """Who is asked."""
        return self.analyzer.partition(":")[0]

    @property
    def model(self) -> str:
        """What is asked there."""
        return self.analyzer.partition(":")[2]


def _base_url(texts: Mapping[str, str]) -> str | None:
    url = texts.get("llmBaseUrl")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or _TLS
    except ValueError:
        raise ChoiceError(
            "-c llmBaseUrl=... is no address: it must be one such as https://gateway.example/v1"
        ) from None
    if parts.username or parts.password or parts.query:
        raise ChoiceError("-c llmBaseUrl=... must not carry a key: say -c llmKeySecret=<the ARN of a secret> instead")
    if parts.scheme != "https" or not parts.hostname or port != _TLS:
        what = "an https:// address on port 443, because a worker's security group lets nothing else out"
        raise ChoiceError(f"-c llmBaseUrl={url} makes no sense: llmBaseUrl must be {what}")
    return url


def _key_secret(texts: Mapping[str, str]) -> str | None:
    arn = texts.get("llmKeySecret")
    if arn and not _SECRET.fullmatch(arn):
        what = "the whole ARN of a secret in Secrets Manager, and never the key itself"
        raise ChoiceError(f"-c llmKeySecret=... makes no sense: llmKeySecret must be {what}")
    return arn


def _prices(texts: Mapping[str, str]) -> str | None:
    prices = texts.get("llmPrices", "").replace(" ", "")
    what = "dollars for a million tokens in and for a million out, such as 0.25,1.25"
    return like("llmPrices", prices, f"{_AMOUNT},{_AMOUNT}", what) if prices else None


def _refuse_strangers(work: ProcessingChoices, texts: Mapping[str, str]) -> None:
    """Say which choice has nothing to belong to, or which one is missing."""
    for key in ("llmBaseUrl", "llmKeySecret"):
        if key in texts and work.provider != OPENAI:
            raise ChoiceError(f"-c {key}=... belongs to analyzer=openai:<model>: say that too, or leave it out")
    if work.prices and work.provider == EXTRACTIVE:
        raise ChoiceError("-c llmPrices=... belongs to a model: say -c analyzer=... too, or leave it out")
    if work.provider == OPENAI and not (work.base_url or work.key_secret):
        raise ChoiceError(
            f"-c analyzer={work.analyzer} needs -c llmKeySecret=<the ARN of a secret with the key>, "
            "or -c llmBaseUrl=https://... of a server that asks for none"
        )
