"""All differences between the environments, as one value for each.

Stacks read numbers from it, and never ask which profile it is.
"""

from dataclasses import dataclass
from typing import Final, Literal

type Architecture = Literal["arm64", "x86_64"]

# The lifetime of a job's promise, set by the trigger. The job's history and documents must last longer.
DEADLINE_DAYS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Size:
    """The size of a Fargate task: 1/1024ths of a vCPU, and MiB, in the pairs that Fargate offers."""

    cpu: int
    memory: int


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One environment."""

    name: str
    architecture: Architecture  # the processor of both images; ARM costs a fifth less
    nat_gateways: int  # without one, tasks have public addresses; security groups refuse all connections from outside
    flow_logs: bool
    log_days: Literal[30, 90, 180, 365]
    customer_key: bool  # a KMS key of our own for data at rest: a dollar a month, and CloudTrail records each use
    keep_data: bool  # data outlives `cdk destroy`, and the database refuses to be deleted

    database_class: str
    database_memory_gigabytes: int  # that of the class
    database_gigabytes: int
    database_max_gigabytes: int
    database_standby: bool
    backup_days: int
    performance_insights: bool

    server: Size
    container_insights: bool
    history_days: int  # the keeper deletes jobs that ended longer ago

    worker: Size
    worker_slots: (
        int  # child processes in parallel; Fargate shows more processors than a task gets, so they are not counted
    )
    worker_page_slots: int  # further child processes, for batches of scanned pages; memory must suffice for both
    worker_concurrency: int  # jobs in parallel; most of them wait
    worker_chunk_concurrency: int  # chunks of long texts in parallel; each waits for a model
    worker_function_concurrency: int  # invocations of the function in parallel, of each worker
    min_workers: int
    max_workers: int
    spot: bool  # for the workers beyond the fewest

    document_megabytes: int
    document_pages: int
    documents_days: int  # objects are deleted after these
    submissions_per_second: int  # and other requests that change something, apart
    submission_burst: int  # from polls, which could use up a common limit
    polls_per_second: int
    poll_burst: int
    trigger_concurrency: int | None  # of the account's 1,000, which requests could use up while the server is down
    needs_recipient: bool  # alarms need a recipient: without one, only clients would notice a failure
    alarm_dollars: int  # charges of providers within an hour; more raise an alarm

    def __post_init__(self) -> None:
        if not DEADLINE_DAYS < self.history_days < self.documents_days:
            raise ValueError(
                f"a job may take {DEADLINE_DAYS} days: history_days ({self.history_days}) must be more,"
                f" and documents_days ({self.documents_days}) more than history_days"
            )


SMALL_PROFILE: Final = Profile(
    name="small",
    architecture="arm64",
    nat_gateways=0,
    flow_logs=False,
    log_days=30,
    customer_key=False,
    keep_data=False,
    database_class="t4g.micro",
    database_memory_gigabytes=1,
    database_gigabytes=20,
    database_max_gigabytes=50,
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
    worker_function_concurrency=2,  # six of three workers: a new account has 10, and the trigger needs some
    min_workers=1,
    max_workers=3,
    spot=True,
    document_megabytes=50,
    document_pages=500,
    documents_days=60,
    submissions_per_second=5,
    submission_burst=20,
    polls_per_second=20,
    poll_burst=40,
    trigger_concurrency=None,  # a new account has 10, of which AWS lets a function reserve none
    needs_recipient=False,
    alarm_dollars=5,
)

PRODUCTION_PROFILE: Final = Profile(
    name="production",
    architecture="arm64",
    nat_gateways=2,
    flow_logs=True,
    log_days=365,
    customer_key=True,
    keep_data=True,
    database_class="m7g.large",
    database_memory_gigabytes=8,
    database_gigabytes=100,
    database_max_gigabytes=1000,
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
    worker_function_concurrency=25,
    min_workers=2,
    max_workers=20,
    spot=True,
    document_megabytes=50,
    document_pages=2000,
    documents_days=365,
    submissions_per_second=50,
    submission_burst=100,
    polls_per_second=200,
    poll_burst=400,
    trigger_concurrency=200,
    needs_recipient=True,
    alarm_dollars=50,
)

PROFILES: Final = {profile.name: profile for profile in (SMALL_PROFILE, PRODUCTION_PROFILE)}
