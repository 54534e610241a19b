"""Select the environment variables for the system's processes.

Other variables, such as WORKER_GROUP, would break it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from worker.analysis.schema import read_schemas

PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR")
# The settings of the worker that docs/documents.md lets users choose.
_CHOICES: Final = (
    *(
        "OCR_ENGINE",
        "OCR_ALPHABET",
        "TESSDATA_PREFIX",
        "ANALYZER",
        "LLM_BASE_URL",
        "LLM_API_KEY",
        "LLM_PRICES",
        "LLM_STREAM",
        "DOCUMENT_TYPES",
    ),
    *("WORKER_PAGE_SLOTS", "WORKER_SLOTS", "WORKER_CONCURRENCY", "WORKER_CHUNK_CONCURRENCY"),
    *("ALLOWED_HOSTS", "SOURCE_BUCKETS"),
    *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)
TRIGGER_CHOICES: Final = ("MAX_OPEN_JOBS", "MAX_HOURLY_JOBS")  # the quotas of each requester
_ENDPOINTS: Final = "AWS_ENDPOINT_URL"  # and one for each service: AWS_ENDPOINT_URL_TEXTRACT
TYPES: Final = "DOCUMENT_TYPES"
HOSTS: Final = "ALLOWED_HOSTS"  # in addition to those of the system itself


def base_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that every process needs."""
    return {name: environ[name] for name in PASSED_ON if name in environ}


def find_choices(environ: Mapping[str, str], types: Path | None = None) -> dict[str, str]:
    """Return the worker settings that the user chose; `types` is the folder of document types from the command line."""
    choices = dict(_select(environ))
    folder = types or (Path(choices[TYPES]) if choices.get(TYPES) else None)
    # The worker starts in another folder than this process.
    return choices | ({TYPES: str(folder.resolve())} if folder else {})


def list_known_types(choices: Mapping[str, str]) -> str:
    """Return the names of all types that the worker will know, in the trigger's format. Raises SchemaError."""
    return ",".join(read_schemas(Path(choices[TYPES]))) if choices.get(TYPES) else ""


def _select(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name in _CHOICES or name.startswith(_ENDPOINTS):
            yield name, value
