"""The object store: the prefixes under which jobs, uploads and answers are stored, and the keys of their objects."""

from typing import Final

JOBS: Final = "jobs"  # the prefix for the objects of jobs
INBOX: Final = "inbox"  # the prefix for documents that become jobs by themselves
BATCHES: Final = "batches"  # the prefix for the lists of the jobs of batches
UPLOADS: Final = "uploads"  # the prefix for documents that clients upload
ANSWERS: Final = "paid"  # the prefix for answers of providers, by the keys of their requests
INCOMING: Final = "incoming"  # the prefix for unfinished downloads; a killed worker leaves them there

OBJECTS_PATH: Final = "/objects/"  # a path of the gateway on a laptop: the objects of jobs by their keys


def job_prefix(job_id: str) -> str:
    """Return the prefix of a job's objects in the object store."""
    return f"{JOBS}/{job_id}"


def upload_prefix(upload_id: str) -> str:
    """Return the prefix of an upload's object. S3 reports a missing object only to a caller who may list its prefix."""
    return f"{UPLOADS}/{upload_id}"


def upload_key(upload_id: str) -> str:
    """Return the key of an upload's object in the object store."""
    return f"{upload_prefix(upload_id)}/document"


def manifest_key(upload_id: str) -> str:
    """Return the key of an upload that lists jobs. The trigger may read such objects, but no documents."""
    return f"{upload_prefix(upload_id)}/manifest"


def answers_prefix(job_id: str) -> str:
    """Return the prefix of the marks that name the paid answers which a job uses."""
    return f"{job_prefix(job_id)}/{ANSWERS}/"
