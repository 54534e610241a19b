"""What an operator may choose about the processing of documents, and which choices are refused."""

from pathlib import Path

import pytest

from contract.engines import Alphabet, OcrEngine
from stacks.choice_values import ChoiceError
from stacks.choices import Choices
from stacks.custom_types import CustomTypes
from stacks.processing_choices import GEOGRAPHIES, ProcessingChoices

from .conftest import PROVIDER_KEY, ROOT

KEY = "sk-proj-0123456789abcdefghij"
OPENAI = {"analyzer": "openai:gpt-5-mini"}
TYPES = ROOT / "tests" / "stacks" / "types"


def test_the_defaults_ask_no_provider() -> None:
    choices = Choices.of({}).processing
    assert choices == ProcessingChoices(ocr=OcrEngine.RAPIDOCR, analyzer="extractive")
    assert (choices.base_url, choices.key_secret, choices.prices, choices.types) == (None, None, None, None)


@pytest.mark.parametrize("engine", OcrEngine)
def test_every_ocr_engine_of_the_worker_can_be_chosen(engine: OcrEngine) -> None:
    assert Choices.of({"ocr": engine.value}).processing.ocr == engine


@pytest.mark.parametrize("engine", [OcrEngine.RAPIDOCR, OcrEngine.MIXED])
def test_the_letters_of_rapidocr_can_be_chosen(engine: OcrEngine) -> None:
    assert Choices.of({"ocr": engine.value, "ocrAlphabet": "all"}).processing.alphabet == Alphabet.ALL


@pytest.mark.parametrize(
    ("analyzer", "provider", "model"),
    [
        ("bedrock:amazon.nova-lite-v1:0", "bedrock", "amazon.nova-lite-v1:0"),
        ("bedrock:global.amazon.nova-2-lite-v1:0", "bedrock", "global.amazon.nova-2-lite-v1:0"),
        ("bedrock:zai.glm-4.6", "bedrock", "zai.glm-4.6"),
        ("openai:qwen3:14b", "openai", "qwen3:14b"),
        ("openai:meta-llama/Llama-3.3-70B", "openai", "meta-llama/Llama-3.3-70B"),
    ],
)  # fmt: skip
def test_a_model_is_split_into_provider_and_name(analyzer: str, provider: str, model: str) -> None:
    more = {"llmKeySecret": PROVIDER_KEY} if provider == "openai" else {}
    choices = Choices.of({"analyzer": analyzer, **more}).processing
    assert (choices.analyzer, choices.provider, choices.model) == (analyzer, provider, model)


def test_every_choice_for_a_model_is_read() -> None:
    more = {"llmBaseUrl": "https://gateway.example:443/v1", "llmKeySecret": PROVIDER_KEY, "llmPrices": "0.25, 1.25"}
    choices = Choices.of({**OPENAI, **more}).processing
    assert (choices.base_url, choices.key_secret) == ("https://gateway.example:443/v1", PROVIDER_KEY)
    assert choices.prices == "0.25,1.25"


def test_a_server_of_ones_own_may_need_no_key() -> None:
    assert Choices.of({**OPENAI, "llmBaseUrl": "https://models.example/v1"}).processing.key_secret is None


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"ocr": "abbyy"}, "-c ocr=abbyy is not known: ocr is one of rapidocr, tesseract, mixed, textract"),
        ({"ocr": "tesseracd"}, "ocr is one of"),
        ({"ocrAlphabet": "greek"}, "-c ocrAlphabet=greek is not known: ocrAlphabet is one of latin, all"),
        ({"ocr": "textract", "ocrAlphabet": "all"}, "-c ocrAlphabet=... needs ocr=rapidocr or ocr=mixed"),
        ({"analyser": "extractive"}, "-c analyser=... is not known: did you mean analyzer?"),
        ({"analyzer": "gpt-5"}, "analyzer must be extractive, bedrock:<model id> such as"),
        ({"analyzer": "bedrock:"}, "analyzer must be extractive"),
        ({"analyzer": "bedrock:arn:aws:bedrock:eu-central-1:1:inference-profile/x.y"}, "analyzer must be extractive"),
        (OPENAI, "-c analyzer=openai:gpt-5-mini needs -c llmKeySecret=<the ARN of a secret with the key>, or -c llmB"),
        ({"llmBaseUrl": "https://a.example/v1"}, "-c llmBaseUrl=... needs analyzer=openai:<model>"),
        ({"analyzer": "bedrock:a.b", "llmKeySecret": PROVIDER_KEY}, "-c llmKeySecret=... needs analyzer=openai"),
        ({**OPENAI, "llmBaseUrl": "http://a.example/v1"}, "llmBaseUrl must be an https:// address on port 443, beca"),
        ({**OPENAI, "llmBaseUrl": "https://a.example:8443/v1"}, "on port 443, because a worker's security group"),
        ({**OPENAI, "llmBaseUrl": "https://a.example:port"}, "-c llmBaseUrl=... is not a URL"),
        ({**OPENAI, "llmBaseUrl": "https://me:word@a.example"}, "-c llmBaseUrl=... must not hold a key"),
        ({**OPENAI, "llmBaseUrl": "https://a.example/?key=word"}, "-c llmBaseUrl=... must not hold a key"),
        ({**OPENAI, "llmKeySecret": "llm/key"}, "llmKeySecret must be the whole ARN of a secret in Secrets Manager"),
        ({**OPENAI, "llmKeySecret": PROVIDER_KEY[:-7]}, "llmKeySecret must be the whole ARN"),
        ({"llmPrices": "1,2"}, "-c llmPrices=... needs a model"),
        ({"llmStream": "on"}, "-c llmStream=on needs a model"),
        ({"analyzer": "bedrock:a.b", "llmStream": "yes"}, "llmStream is one of on, off"),
        ({"analyzer": "bedrock:a.b", "llmPrices": "1"}, "llmPrices must be dollars for a million tokens in and"),
        ({"analyzer": "bedrock:a.b", "llmPrices": "1,5,2"}, "llmPrices must be dollars"),
        ({"documentTypes": "tests/nowhere"}, "tests/nowhere is not a folder: name one with a file for each type"),
        ({"documentTypes": "docs/decisions"}, "docs/decisions has no file that ends in .toml or .json"),
    ],
)  # fmt: skip
def test_an_invalid_choice_is_refused_with_one_sentence(context: dict[str, str], sentence: str) -> None:
    with pytest.raises(ChoiceError) as caught:
        Choices.of(context)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "context",
    [
        {"llmApiKey": KEY},
        {**OPENAI, "llmKeySecret": KEY},
        {"analyzer": f"openai:{KEY}"},
        {**OPENAI, "llmBaseUrl": f"https://{KEY}@a.example/v1"},
        {**OPENAI, "llmBaseUrl": f"https://a.example/{KEY}"},
        {"stack": KEY},
    ],
)
def test_a_key_is_refused_and_never_repeated(context: dict[str, str]) -> None:
    """An error is printed, and CI systems keep what is printed."""
    with pytest.raises(ChoiceError) as caught:
        Choices.of(context)
    assert KEY not in str(caught.value)


def test_bedrock_geographies_are_those_of_the_workers_library() -> None:
    from pydantic_ai.providers.bedrock import BEDROCK_GEO_PREFIXES  # noqa: PLC0415 - it takes two seconds

    assert set(GEOGRAPHIES) == set(BEDROCK_GEO_PREFIXES)


def test_custom_types_have_the_names_in_their_files() -> None:
    types = CustomTypes.from_folder(TYPES)
    assert dict(zip((file.name for file in types.files), types.names, strict=True)) == {
        "order.toml": "purchase-order",
        "reminder.json": "reminder",
    }
    assert Choices.of({"documentTypes": "tests/stacks/types"}).processing.types == types


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.toml", 'description = "x"', "a.toml has no valid type name: it needs a line such as name = "),
        ("a.json", "[1]", 'a.json has no valid type name: it needs a line such as "name": "purchase-order"'),
        ("a.toml", "name = 7", "a.toml has no valid type name"),
        ("a.toml", 'name = "Purchase Order"', "a.toml has no valid type name"),
        ("a.toml", 'name = "a,b"', "a.toml has no valid type name"),
        ("a.toml", "name =", "a.toml cannot be read: "),
        ("a.json", "{", "a.json cannot be read: "),
        ("order.toml", 'name = "purchase-order"', "defines the type purchase-order, and so does another file"),
    ],
)
def test_an_invalid_type_file_is_refused_with_one_sentence(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / "z.toml").write_text('name = "purchase-order"')
    (tmp_path / name).write_text(text)
    with pytest.raises(ChoiceError) as caught:
        CustomTypes.from_folder(tmp_path)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_files_in_the_folder_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("about these types")
    (tmp_path / "note.toml").write_text('name = "note"')
    assert CustomTypes.from_folder(tmp_path).names == ("note",)
