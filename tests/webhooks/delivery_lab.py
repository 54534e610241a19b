"""Jobs whose receiver fails at times, while workers are killed: which events it got, and how often."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from contract.job import DocumentJob
from contract.names import DELIVERY, DELIVERY_PREFIX, DOCUMENTS_ADDRESS, JOB, PROCESS_DOCUMENT, Tag, promise_id
from durable.wire.requests import PromiseSearch
from tests.calls import start_request
from tests.durable.worker_lab import StartedWorker, end_leases
from tests.waiting import wait_until
from tests.webhooks.receiver import Receiver
from tests.worker.document_lab import DocumentLab
from tests.worker.long_text import end_sleep

SECRET = "delivery-lab-" + "s" * 40
WORKERS = 2


@dataclass
class FailingReceiver(Receiver):
    """Refuses a share of its requests, drawn from a seed."""

    share: float = 0.3
    seed: int = 1
    draws: Random = field(init=False)

    def __post_init__(self) -> None:
        self.draws = Random(self.seed)

    def choose_status(self, event: str) -> int:
        """Refuse some."""
        return 503 if self.draws.random() < self.share else super().choose_status(event)


@dataclass(frozen=True, kw_only=True)
class DeliveryReport:
    """What a receiver got. An event that came twice under one id and with one body is `repeated`, and no fault."""

    expected: int
    requests: int
    refused: int
    kills: int
    lost: Collection[str]
    doubled: Collection[str]  # another id than expected, or another body under the same id
    repeated: int


def allow_receiver(lab: DocumentLab, receiver: Receiver) -> None:
    """Let the workers of the lab reach the receiver."""
    lab.environ |= {"ALLOWED_HOSTS": f"{lab.site.host},{receiver.host}", "WEBHOOK_SECRETS": SECRET}


def submit_told(
    lab: DocumentLab, name: str, receiver: Receiver, url: str, address: str = DOCUMENTS_ADDRESS
) -> DocumentJob:
    """Create a job with a receiver as the trigger does."""
    job = DocumentJob(job_id=name, document_url=url, requester_id="client", callback_url=receiver.url)
    tags: dict[str, str] = {
        Tag.KIND: JOB,
        Tag.TYPE: job.type,
        Tag.REQUESTER: job.requester_id,
        Tag.RECEIVER: receiver.host,
    }
    lab.client.create(start_request(promise_id(name), PROCESS_DOCUMENT, job, target=address, tags=tags))
    return job


def deliver_under_kills(lab: DocumentLab, receiver: Receiver, *, jobs: int, kills: int) -> DeliveryReport:
    """Run jobs until each event has been taken, and kill a worker so many times meanwhile.

    The documents do not exist, so that a job is short: it is accepted, and it fails. Sleeps between attempts are ended
    by hand, so that three days take seconds.
    """
    allow_receiver(lab, receiver)
    workers = [lab.start() for _ in range(WORKERS)]
    for number in range(jobs):
        submit_told(lab, f"job-{number}", receiver, f"{lab.site.url}/missing")
    expected = {f"job-{number}.{event}" for number in range(jobs) for event in ("accepted", "failed")}
    killed = 0

    def work_on() -> bool:
        nonlocal killed
        taken = len(set(receiver.taken))
        if killed < kills and taken >= (killed + 1) * len(expected) / (kills + 1):
            workers.append(replace_worker(lab, workers.pop(0)))
            killed += 1
        end_sleeps(lab)
        return expected <= set(receiver.taken) and not find_pending(lab)

    wait_until(work_on, lambda: f"missing {sorted(expected - set(receiver.taken))[:5]} {lab.log_tails}", timeout=1_500)
    return make_report(receiver, expected, killed)


def replace_worker(lab: DocumentLab, worker: StartedWorker) -> StartedWorker:
    """Kill a worker, end its leases, and start another."""
    worker.kill()
    end_leases(lab.client, worker)
    return lab.start()


def end_sleeps(lab: DocumentLab) -> None:
    """End the sleeps of all deliveries."""
    for sleep in lab.client.search_all(PromiseSearch(tags={"resonate:timer": "true"}, state="pending", limit=1_000)):
        if sleep.id.startswith(DELIVERY_PREFIX):
            end_sleep(lab, sleep)


def find_pending(lab: DocumentLab) -> bool:
    """Whether a delivery has not ended."""
    return any(lab.client.search_all(PromiseSearch(tags={Tag.KIND: DELIVERY}, state="pending", limit=1_000)))


def make_report(receiver: Receiver, expected: set[str], kills: int) -> DeliveryReport:
    """Compare what a receiver got with what it should have got."""
    taken, bodies = Counter(receiver.taken), dict[str, set[bytes]]()
    for request in receiver.requests:
        bodies.setdefault(request.id, set()).add(request.body)
    changed = [event for event, seen in bodies.items() if len(seen) > 1]
    return DeliveryReport(
        expected=len(expected),
        requests=len(receiver.requests),
        refused=sum(request.status != 204 for request in receiver.requests),
        kills=kills,
        lost=sorted(expected - taken.keys()),
        doubled=sorted([*(taken.keys() - expected), *changed]),
        repeated=sum(taken.values()) - len(taken),
    )
