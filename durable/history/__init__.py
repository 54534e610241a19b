"""What a job has called, and why it is where it is, from its promises and tasks alone.

    records = read_job(client, "order/42")
    print(records.format_history())
    print(records.explain())

It needs nothing of the SDK, so that a command and a function start fast.
"""

from .explanations import Explanation, Wait, WaitReason, explain
from .job_records import JobRecords, read_job
from .operations import Operation, format_history, format_seconds, list_operations
from .parking_notes import ParkingNote, list_parking_notes

__all__ = [
    "Explanation", "JobRecords", "Operation", "ParkingNote", "Wait", "WaitReason", "explain", "format_history",
    "format_seconds", "list_operations", "list_parking_notes", "read_job",
]  # fmt: skip
