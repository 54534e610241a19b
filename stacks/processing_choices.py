"""What an operator may choose about the processing of documents: OCR engine, analyzer, and document types.

Choices that do not fit together are refused here with one sentence. A worker would refuse them, too, but minutes into a
deployment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from contract.engines import Alphabet, AnalyzerKind, OcrEngine

from .choice_values import ChoiceError, is_on, require_match, require_one_of
from .custom_types import CustomTypes

ROOT: Final = Path(__file__).resolve().parent.parent
# Prefixes of inference profiles, which spread requests over the regions of a geography. A model's id has its maker.
GEOGRAPHIES: Final = ("us", "eu", "apac", "jp", "au", "ca", "in", "global", "us-gov")
_ANALYZER: Final = r"extractive|bedrock:[a-z0-9-]+\.[\w.:-]+|openai:[\w./:@-]+"
_ANALYZER_FORMS: Final = (
    f"{AnalyzerKind.EXTRACTIVE}, {AnalyzerKind.BEDROCK}:<model id> such as "
    f"bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0, or {AnalyzerKind.OPENAI}:<model>"
)
# With the six characters that Secrets Manager adds to a name: without them, permissions would match other secrets, too.
_SECRET_ARN: Final = re.compile(r"arn:aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}")
_AMOUNT: Final = r"\d{1,6}(\.\d{1,6})?"
_TLS_PORT: Final = 443

KEYS: Final[Mapping[str, str]] = {
    "ocr": f"the OCR engine for pages without text: {', '.join(OcrEngine)}",
    "ocrAlphabet": f"the letters that RapidOCR distinguishes: {', '.join(Alphabet)}; latin is twice as fast",
    "analyzer": _ANALYZER_FORMS,
    "llmBaseUrl": "a server with OpenAI's API, for analyzer=openai:<model>",
    "llmKeySecret": "the ARN of the secret with the key, for analyzer=openai:<model>",
    "llmStream": "on asks the model's provider to stream, so that a job's events have the text as it comes",
    "llmPrices": "dollars for a million tokens in and out, such as 0.25,1.25",
    "documentTypes": "a folder with a file for each document type of your own",
}


@dataclass(frozen=True, kw_only=True)
class ProcessingChoices:
    """How documents are processed."""

    ocr: OcrEngine = OcrEngine.RAPIDOCR
    alphabet: Alphabet = Alphabet.LATIN
    analyzer: str = AnalyzerKind.EXTRACTIVE
    base_url: str | None = None
    key_secret: str | None = None
    prices: str | None = None
    streams: bool = False
    types: CustomTypes | None = None

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        """Read the choices, or raise an error that names the invalid one."""
        choices = cls(
            ocr=require_one_of("ocr", texts.get("ocr", cls.ocr), OcrEngine),
            alphabet=require_one_of("ocrAlphabet", texts.get("ocrAlphabet", cls.alphabet), Alphabet),
            analyzer=require_match("analyzer", texts.get("analyzer", cls.analyzer), _ANALYZER, _ANALYZER_FORMS),
            base_url=_read_base_url(texts),
            key_secret=_read_key_secret(texts),
            prices=_read_prices(texts),
            streams=is_on("llmStream", texts),
            types=CustomTypes.from_folder(ROOT / texts["documentTypes"]) if "documentTypes" in texts else None,
        )
        _refuse_conflicts(choices, texts)
        return choices

    @property
    def provider(self) -> str:
        """The analyzer itself, or the provider of its model."""
        return self.analyzer.partition(":")[0]

    @property
    def model(self) -> str:
        """The provider's name for the model; empty without one."""
        return self.analyzer.partition(":")[2]


def _read_base_url(texts: Mapping[str, str]) -> str | None:
    url = texts.get("llmBaseUrl")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or _TLS_PORT
    except ValueError:
        raise ChoiceError(
            "-c llmBaseUrl=... is not a URL: write one such as https://gateway.example/v1"
        ) from None  # fmt: skip
    if parts.username or parts.password or parts.query:
        raise ChoiceError("-c llmBaseUrl=... must not hold a key: use -c llmKeySecret=<the ARN of a secret> instead")
    if parts.scheme != "https" or not parts.hostname or port != _TLS_PORT:
        expected = "an https:// address on port 443, because a worker's security group allows no other port"
        raise ChoiceError(f"-c llmBaseUrl={url} is invalid: llmBaseUrl must be {expected}")
    return url


def _read_key_secret(texts: Mapping[str, str]) -> str | None:
    arn = texts.get("llmKeySecret")
    if arn and not _SECRET_ARN.fullmatch(arn):
        expected = "the whole ARN of a secret in Secrets Manager, and never the key itself"
        raise ChoiceError(f"-c llmKeySecret=... is invalid: llmKeySecret must be {expected}")
    return arn


def _read_prices(texts: Mapping[str, str]) -> str | None:
    prices = texts.get("llmPrices", "").replace(" ", "")
    expected = "dollars for a million tokens in and for a million out, such as 0.25,1.25"
    return require_match("llmPrices", prices, f"{_AMOUNT},{_AMOUNT}", expected) if prices else None


def _refuse_conflicts(choices: ProcessingChoices, texts: Mapping[str, str]) -> None:
    """Refuse a choice that the chosen engine or analyzer does not use, and an analyzer that lacks one."""
    if "ocrAlphabet" in texts and choices.ocr not in {OcrEngine.RAPIDOCR, OcrEngine.MIXED}:
        raise ChoiceError("-c ocrAlphabet=... needs ocr=rapidocr or ocr=mixed: choose that as well, or leave it out")
    for key in ("llmBaseUrl", "llmKeySecret"):
        if key in texts and choices.provider != AnalyzerKind.OPENAI:
            raise ChoiceError(f"-c {key}=... needs analyzer=openai:<model>: choose that as well, or leave it out")
    if choices.prices and choices.provider == AnalyzerKind.EXTRACTIVE:
        raise ChoiceError("-c llmPrices=... needs a model: choose one with -c analyzer=... as well, or leave it out")
    if choices.streams and choices.provider == AnalyzerKind.EXTRACTIVE:
        raise ChoiceError("-c llmStream=on needs a model: choose one with -c analyzer=... as well, or leave it out")
    if choices.provider == AnalyzerKind.OPENAI and not (choices.base_url or choices.key_secret):
        raise ChoiceError(
            f"-c analyzer={choices.analyzer} needs -c llmKeySecret=<the ARN of a secret with the key>, "
            "or -c llmBaseUrl=https://... of a server that needs no key"
        )
