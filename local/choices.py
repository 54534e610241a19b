"""What passes from the surroundings to the parts of the system. All else, say a WORKER_GROUP, would change it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from worker.analysis.schema import read_schemas

PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR")
# What docs/documents.md lets people choose of the worker.
_CHOSEN: Final = (
    *("OCR_ENGINE", "TESSDATA_PREFIX", "ANALYZER", "LLM_BASE_URL", "LLM_API_KEY", "LLM_PRICES", "DOCUMENT_TYPES"),
    *("WORKER_PAGE_SLOTS", "WORKER_SLOTS", "WORKER_CONCURRENCY", "WORKER_CHUNK_CONCURRENCY"),
    *("ALLOWED_HOSTS", "SOURCE_BUCKETS"),
    *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)
_ENDPOINTS: Final = "AWS_ENDPOINT_URL"  # and one for each service: AWS_ENDPOINT_URL_TEXTRACT
TYPES: Final = "DOCUMENT_TYPES"
HOSTS: Final = "ALLOWED_HOSTS"  # beside those of the system itself


def needed(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what any process needs."""
    return {name: environ[name] for name in PASSED_ON if name in environ}


def chosen(environ: Mapping[str, str], types: Path | None = None) -> dict[str, str]:
    """Return what the user chose of the worker; `types` is the folder with types of documents, if they named one."""
    choices = dict(_chosen(environ))
    folder = types or (Path(choices[TYPES]) if choices.get(TYPES) else None)
    # The worker is started in another folder than this process.
    return choices | ({TYPES: str(folder.resolve())} if folder else {})


def known_types(choices: Mapping[str, str]) -> str:
    """Return the names of all types that the worker will know, as the trigger takes them. Raises SchemaError."""
    return ",".join(read_schemas(Path(choices[TYPES]))) if choices.get(TYPES) else ""


def _chosen(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name in _CHOSEN or name.startswith(_ENDPOINTS):
            yield name, value
