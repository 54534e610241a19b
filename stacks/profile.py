"""Everything in which one environment differs from another, as one value.

Stacks take numbers from it, and never ask which profile it is.
"""

from dataclasses import dataclass
from typing import Final, Literal

type Machine = Literal["arm64", "x86_64"]

# The trigger gives a job's promise so many days. What belongs to a job must be there for longer.
DEADLINE_DAYS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Size:
    """A Fargate task: thousandths of 1024 of a processor, and mebibytes, in the pairs that Fargate offers."""

    cpu: int
    memory: int


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One environment."""

    name: str
    machine: Machine  # of both images; ARM costs a fifth less
    nat_gateways: int  # with none, tasks have public addresses and nobody may come in
    flow_logs: bool
    log_days: Literal[30, 90, 180, 365]
    customer_key: bool  # a key of our own for data at rest, for a dollar a month and a trail of each use
    keep_data: bool  # what has data outlives `cdk destroy`, and the database refuses to be deleted

    database_class: str
    database_gigabytes: int
    database_most_gigabytes: int
    database_standby: bool
    backup_days: int
    performance_insights: bool

    server: Size
    container_insights: bool
    history_days: int  # the keeper deletes what ended longer ago

    worker: Size
    worker_slots: int  # child processes at a time; Fargate shows more processors than it gives
    worker_page_slots: int  # beside them those that read batches of scanned pages: memory is for both
    worker_concurrency: int  # jobs at a time; most of them wait
    worker_chunk_concurrency: int  # chunks of long texts at a time, each of which waits for a model
    workers: tuple[int, int]  # at least and at most
    workers_on_demand: int  # the first ones; the rest is Spot
    spot: bool

    document_megabytes: int
    document_pages: int
    documents_days: int  # objects are deleted then
    requests_per_second: int
    burst: int

    def __post_init__(self) -> None:
        if not DEADLINE_DAYS < self.history_days < self.documents_days:
            raise ValueError(
                f"a job may take {DEADLINE_DAYS} days: its history ({self.history_days}) must last longer,"
                f" and its documents ({self.documents_days}) longer than that"
            )


SMALL: Final = Profile(
    name="small",
    machine="arm64",
    nat_gateways=0,
    flow_logs=False,
    log_days=30,
    customer_key=False,
    keep_data=False,
    database_class="t4g.micro",
    database_gigabytes=20,
    database_most_gigabytes=50,
    database_standby=False,
    backup_days=7,
    performance_insights=False,
    server=Size(cpu=256, memory=512),
    container_insights=False,
    history_days=45,
    worker=Size(cpu=512, memory=2048),
    worker_slots=1,
    worker_page_slots=1,
    worker_concurrency=4,
    worker_chunk_concurrency=8,
    workers=(1, 3),
    workers_on_demand=0,
    spot=True,
    document_megabytes=50,
    document_pages=500,
    documents_days=60,
    requests_per_second=20,
    burst=40,
)

PRODUCTION: Final = Profile(
    name="production",
    machine="arm64",
    nat_gateways=2,
    flow_logs=True,
    log_days=365,
    customer_key=True,
    keep_data=True,
    database_class="m7g.large",
    database_gigabytes=100,
    database_most_gigabytes=1000,
    database_standby=True,
    backup_days=35,
    performance_insights=True,
    server=Size(cpu=1024, memory=2048),
    container_insights=True,
    history_days=90,
    worker=Size(cpu=2048, memory=8192),
    worker_slots=2,
    worker_page_slots=2,
    worker_concurrency=16,
    worker_chunk_concurrency=16,
    workers=(2, 20),
    workers_on_demand=2,
    spot=True,
    document_megabytes=50,
    document_pages=2000,
    documents_days=365,
    requests_per_second=200,
    burst=400,
)

PROFILES: Final = {profile.name: profile for profile in (SMALL, PRODUCTION)}
