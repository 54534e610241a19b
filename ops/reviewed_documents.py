"""Writes reviewed documents as a folder that the evaluation reads: each document, and its right values beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contract.answers import Done
from contract.job_lists import JobSummary

from .api import Api
from .downloads import download
from .errors import UserError
from .exit_codes import ExitCode

_PERSON_DECIDED: Final = {"approved", "corrected"}  # unlike a review that timed out
_PDF: Final = b"%PDF-"


def write_reviewed(api: Api, job: JobSummary, folder: Path, *, corrected_only: bool) -> bool:
    """Write a job's document and its values if a person has approved them; return whether one has."""
    answer = api.status(job.id)
    result = answer.result if isinstance(answer, Done) else {}
    review = result.get("review") or {}
    if review.get("decision") not in ({"corrected"} if corrected_only else _PERSON_DECIDED):
        return False
    try:
        _write_document(api, job.id, folder)
        truth = {"type": job.type, "fields": list_right_values(result)}
        (folder / f"{job.id}.json").write_text(f"{json.dumps(truth, ensure_ascii=False, indent=1)}\n")
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"{folder} cannot be written ({error.strerror})") from None
    return True


def list_right_values(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they were approved. A field without a value is null: the document is known to have none."""
    corrections = (result.get("review") or {}).get("corrections") or {}
    without = {name.partition(".")[0] for name, one in corrections.items() if one.get("value") is None}
    return {**dict.fromkeys(sorted(without)), **result.get("extractedData", {})}


def _write_document(api: Api, job_id: str, folder: Path) -> None:
    """Write the document, unless an earlier run has. Its bytes tell its type, not its name."""
    if any(file.suffix != ".json" for file in folder.glob(f"{job_id}.*")):
        return
    content = download(api, api.file_link(job_id, "document"))
    name = f"{job_id}.pdf" if content.startswith(_PDF) else f"{job_id}.document"
    (folder / name).write_bytes(content)
