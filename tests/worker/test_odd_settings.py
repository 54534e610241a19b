"""With any value of a variable, the worker either starts or names the variable in a one-line error."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.environment import SettingsError
from tests import warm_start
from tests.conftest import SOME_OR_ALL
from tests.waiting import TIMEOUT_SECONDS
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
        "WORKER_FUNCTION_CONCURRENCY",
        "MAX_DOCUMENT_MEGABYTES",
        "MAX_DOCUMENT_PAGES",
    ),
    "MAX_WORK_SECONDS",
)
TEXTS = (
    *("RESONATE_URL", "STORE_URL", "NOTIFY_URL", "RESONATE_TOKEN", "WORKER_GROUP", "ALLOWED_HOSTS", "SOURCE_BUCKETS"),
    *("FUNCTION_ARN", "AWS_ENDPOINT_URL_LAMBDA"),
    *("ANALYZER", "DOCUMENT_TYPES", "LLM_BASE_URL", "LLM_API_KEY", "LLM_PRICES", "LLM_STREAM", "OCR_ENGINE"),
    *("OCR_ALPHABET", "TESSDATA_PREFIX"),
)
# Blanks, line breaks, all kinds of letters, invalid bytes, long values, and values that are valid elsewhere.
ODD_VALUES = [
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
VALID_VALUES = {
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
def environ(tmp_path: Path) -> dict[str, str]:
    """The smallest valid environment, with an analyzer that uses a base URL and a key."""
    return {
        "RESONATE_URL": "http://127.0.0.1:1",
        "STORE_URL": (tmp_path / "store").as_uri(),
        "NOTIFY_URL": (tmp_path / "outbox").as_uri(),
        "ANALYZER": "openai:model",
    }


def find_error(env: dict[str, str]) -> str | None:
    """Build a worker, without a server; return the settings error, if any."""
    try:
        build_worker(Settings.from_env(env))
    except SettingsError as error:
        return str(error)
    return None


def check_error(env: dict[str, str], name: str) -> None:
    """Check that the error, if any, names the variable in one short line."""
    error = find_error(env)
    if error is None:
        return
    assert name in error or (name == "TESSDATA_PREFIX" and "OCR_ENGINE" in error), error
    assert len(error.splitlines()) == 1, error
    assert len(error) < 1_500, error


@pytest.mark.parametrize("choose", SOME_OR_ALL)
@pytest.mark.parametrize("name", [*NUMBERS, *TEXTS])
def test_an_odd_value_is_accepted_or_named_in_the_error(
    environ: dict[str, str], choose: Callable[[list[str]], list[str]], name: str
) -> None:
    others = {"OCR_ENGINE": "tesseract"} if name == "TESSDATA_PREFIX" else {}
    for value in choose(ODD_VALUES):
        check_error({**environ, **others, name: value}, name)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "٣", "9" * 12, "9" * 400, "9" * 5_000, "x"])
def test_an_invalid_number_is_refused(environ: dict[str, str], name: str, value: str) -> None:
    assert name in (find_error({**environ, name: value}) or "")


INVALID_VALUES = {
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


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in INVALID_VALUES.items() for value in values]
)
def test_an_invalid_value_is_refused(environ: dict[str, str], name: str, value: str) -> None:
    """At the start of the worker, rather than in each job later."""
    assert name in (find_error({**environ, name: value}) or "")


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in VALID_VALUES.items() for value in values]
)
def test_a_valid_value_is_accepted(environ: dict[str, str], name: str, value: str) -> None:
    assert find_error({**environ, name: value}) is None


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("shape", ["{}\n", "{} {}", "{}\u00e4", "http://user:{}@host:1", "http://host/?key={}"])
def test_an_error_does_not_quote_a_secret(environ: dict[str, str], name: str, shape: str) -> None:
    error = find_error({**environ, name: shape.format(SECRET, SECRET)})
    assert error is None or (name in error and SECRET not in error)
    assert error or name in ("RESONATE_TOKEN", "LLM_API_KEY")


def test_allowed_hosts_are_lowercased_as_in_urls(environ: dict[str, str]) -> None:
    assert Settings.from_env({**environ, "ALLOWED_HOSTS": "Files.Internal:80"}).allowed_hosts == ("files.internal:80",)


@pytest.mark.parametrize(
    ("name", "value"),
    [("NOTIFY_URL", "arn:"), ("STORE_URL", "file:///dev/null/x"), ("WORKER_LEASE_SECONDS", "9" * 400),
     ("WORKER_HEALTH_PORT", "99999"), ("LLM_BASE_URL", "nonsense"), ("DOCUMENT_TYPES", "/dev/null")],
)  # fmt: skip
def test_the_process_prints_one_error_line_and_exits_with_status_two(
    environ: dict[str, str], name: str, value: str
) -> None:
    ended = warm_start.run(
        [sys.executable, "-m", "worker"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ, name: value},
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
    )
    [line] = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert line.startswith("worker: ")
    assert name in line
