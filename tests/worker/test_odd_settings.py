"""Whatever somebody writes into a variable, the worker starts with it, or says in one sentence which one it is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.environment import SettingsError
from worker.bootstrap import build_worker
from worker.settings import Settings

ROOT = Path(__file__).parents[2]
SECRET = "sk-not-to-be-seen"  # noqa: S105 that is the test
SECRETS = ("RESONATE_TOKEN", "LLM_API_KEY", "RESONATE_URL", "LLM_BASE_URL")
NUMBERS = (
    *("WORKER_CONCURRENCY", "WORKER_SLOTS", "WORKER_LEASE_SECONDS", "WORKER_GRACE_SECONDS", "WORKER_HEALTH_PORT"),
    *(
        "WORKER_PAGE_SLOTS",
        "WORKER_CHUNK_CONCURRENCY",
        "WORKER_ENDINGS_SECONDS",
        "MAX_DOCUMENT_MEGABYTES",
        "MAX_DOCUMENT_PAGES",
    ),
    "MAX_WORK_SECONDS",
)
TEXTS = (
    *("RESONATE_URL", "STORE_URL", "NOTIFY_URL", "RESONATE_TOKEN", "WORKER_GROUP", "ALLOWED_HOSTS", "SOURCE_BUCKETS"),
    *("ANALYZER", "DOCUMENT_TYPES", "LLM_BASE_URL", "LLM_API_KEY", "LLM_PRICES", "OCR_ENGINE", "TESSDATA_PREFIX"),
)
# What is odd: blanks, lines, letters of every kind, bytes that are none, lengths, and what means something elsewhere.
ODD = [
    *(" ", "  x ", "\t", "x\ny", "\r\n\r\n", "0", "-1", "+1", "007", "1e3", "1_000", "٣", "²", "1.5", "9" * 12),
    *("9" * 400, "9" * 5_000, "x" * 900, "x" * 5_000, "nan", "inf", "None", "null", "[]", "{}", ",", ",,,", "é", "🦀"),
    *("\udce4", "/proc/1/root", "/root/.none", "file:///proc/1/fd/x"),
    *("\x01", "\x7f", "a,b", "..", "/", ".", "~", "%00", "%", "$HOME", "*", "a b", "::", ":", "@", "#", "?", "\\", "'"),
    *("http:", "http://", "http:///", "https://h:99999", "http://h:0", "http://h:+5", "http://u:p@h", "http://h?x"),
    *("http://h#x", "http://h/a b", "http://h/\n", "http://h..x", "http://.", "http://[::1", "http://[v1.x]", "HTTP://h"),
    *("http://h:" + "1" * 400, "http://" + "h" * 400, "ftp://h", "//h", "http://\udce4", "http://h/\x00"[:-1]),
    *("file:", "file://", "file://h/x", "file:///a%00b", "file:///a?b", "file:///a#b", "file:///\x01", "file:///\udce4"),
    *("file:///proc/none/x", "file:///dev/null", "file:///dev/null/x", "file:///tmp/" + "x" * 300),
    *("s3:", "s3://", "s3:///x", "s3://UPPER", "s3://a b", "s3://b//c", "s3://b/../c", "s3://b:9/x", "s3://u:p@bucket"),
    *("s3://bucket?x", "s3://bucket#x", "s3://\udce4", "s3://[::1", "s3://-bucket", "s3://b", "s3://bucket/\n"),
    *("arn:", "arn:::::", "arn:aws:sns::1:x", "arn:aws:sns:eu central:1:x", "arn:aws:sns:eu-central-1:1:x"),
    *("arn:aws:s3:eu-central-1:123456789012:x", "arn:aws:sns:eu-central-1:123456789012:", "arn:" + ":" * 400),
    *("h", "h:", "h:0", "h:99999", "h:x", "http://h:80", "h:80/x", "u@h:80", "[::1]:80", "h:80,,h", "h:" + "1" * 400),
    *("letters//x", "letters/../x", "s3://letters", "UPPER", "bedrock:", "openai:", "openai", ":gpt", "openai: "),
    *("0,", "1,2,3", "-1,-1", "nan,nan", "1e9,1", "9999999,1", "textract ", "TESSERACT", "/dev/null", "/proc/none"),
]  # fmt: skip
GOOD = {
    "ALLOWED_HOSTS": ["Files.Internal:80", "127.0.0.1:8080, ::1:443", "a_b:1"],
    "SOURCE_BUCKETS": ["letters", "letters/inbox", "letters/in box/of(2026)/", "a.b-c, d-e-f"],
    "RESONATE_URL": [
        "http://server:8001",
        "https://server/",
        "http://127.0.0.1:1",
        "http://[::1]:8001",
        "http://h/p/q",
    ],
    "NOTIFY_URL": [
        "arn:aws:sns:eu-central-1:123456789012:topic.fifo",
        "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t",
    ],
    "STORE_URL": ["s3://bucket", "s3://bucket/a/b/", "s3://my.bucket.eu"],
    "LLM_BASE_URL": ["http://localhost:11434/v1"],
    "WORKER_GROUP": ["documents", "a.b-c_1"],
    "WORKER_HEALTH_PORT": ["65535"],
    "MAX_DOCUMENT_MEGABYTES": ["1048576"],
}


@pytest.fixture
def least(tmp_path: Path) -> dict[str, str]:
    """An environment that is enough; a server of one's own, so that a base url and a key belong to something."""
    return {
        "RESONATE_URL": "http://127.0.0.1:1",
        "STORE_URL": (tmp_path / "store").as_uri(),
        "NOTIFY_URL": (tmp_path / "outbox").as_uri(),
        "ANALYZER": "openai:model",
    }


def sentence(env: dict[str, str]) -> str | None:
    """Start as far as it goes without a server; return what is wrong, in the words of the worker."""
    try:
        build_worker(Settings.from_env(env))
    except SettingsError as error:
        return str(error)
    return None


def judge(env: dict[str, str], name: str) -> None:
    said = sentence(env)
    if said is None:
        return
    assert name in said or (name == "TESSDATA_PREFIX" and "OCR_ENGINE" in said), said
    assert len(said.splitlines()) == 1, said
    assert len(said) < 1_500, said


@pytest.mark.parametrize("name", [*NUMBERS, *TEXTS])
def test_what_is_odd_is_taken_or_told(least: dict[str, str], name: str) -> None:
    others = {"OCR_ENGINE": "tesseract"} if name == "TESSDATA_PREFIX" else {}
    for value in ODD:
        judge({**least, **others, name: value}, name)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "٣", "9" * 12, "9" * 400, "9" * 5_000, "x"])
def test_a_number_that_makes_no_sense_is_refused(least: dict[str, str], name: str, value: str) -> None:
    assert name in (sentence({**least, name: value}) or "")


REFUSED = {
    "RESONATE_URL": [
        "http://h:99999",
        "http://h:0",
        "http://u:p@h",
        "http://h?x",
        "http://h#x",
        "http://h..x",
        "ftp://h",
    ],
    "LLM_BASE_URL": ["nonsense", "localhost:11434", "http://u:p@h/v1"],
    "ALLOWED_HOSTS": ["files.internal", "h:99999", "http://h:80", "h:80/x", "u@h:80", "good:80,bad"],
    "SOURCE_BUCKETS": ["s3://letters", "UPPER", "letters/../other", "letters//x", "ab"],
    "STORE_URL": [
        "s3://",
        "s3://UPPER",
        "s3://b//c",
        "s3://bucket?x",
        "file:///a?b",
        "file:///a%00b",
        "file://h/x",
        "/data",
    ],
    "NOTIFY_URL": ["arn:", "arn:aws:s3:eu-central-1:123456789012:x", "arn:aws:sns::123456789012:x", "s3://bucket"],
    "RESONATE_TOKEN": ["a b", "a\n", "é", "\udce4"],
    "WORKER_GROUP": ["a/b", "a b", "é", "?"],
    "DOCUMENT_TYPES": ["/dev/null", "/proc/none", "x" * 900],
    "ANALYZER": ["gpt", "openai:", "bedrock:", "x" * 5_000],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_what_makes_no_sense_is_refused(least: dict[str, str], name: str, value: str) -> None:
    """Rather than that each job fails of it later."""
    assert name in (sentence({**least, name: value}) or "")


def good() -> Iterator[tuple[str, str]]:
    yield from ((name, value) for name, values in GOOD.items() for value in values)


@pytest.mark.parametrize(("name", "value"), list(good()))
def test_what_makes_sense_is_taken(least: dict[str, str], name: str, value: str) -> None:
    assert sentence({**least, name: value}) is None


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("shape", ["{}\n", "{} {}", "{}\u00e4", "http://user:{}@host:1", "http://host/?key={}"])
def test_a_secret_is_not_repeated(least: dict[str, str], name: str, shape: str) -> None:
    said = sentence({**least, name: shape.format(SECRET, SECRET)})
    assert said is None or (name in said and SECRET not in said)
    assert said or name in ("RESONATE_TOKEN", "LLM_API_KEY")


def test_hosts_are_spelt_as_urls_spell_them(least: dict[str, str]) -> None:
    assert Settings.from_env({**least, "ALLOWED_HOSTS": "Files.Internal:80"}).allowed_hosts == ("files.internal:80",)


@pytest.mark.parametrize(
    ("name", "value"),
    [("NOTIFY_URL", "arn:"), ("STORE_URL", "file:///dev/null/x"), ("WORKER_LEASE_SECONDS", "9" * 400),
     ("WORKER_HEALTH_PORT", "99999"), ("LLM_BASE_URL", "nonsense"), ("DOCUMENT_TYPES", "/dev/null")],
)  # fmt: skip
def test_the_process_ends_with_one_sentence_and_two(least: dict[str, str], name: str, value: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "worker"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], **least, name: value}, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    [line] = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert line.startswith("worker: ")
    assert name in line
