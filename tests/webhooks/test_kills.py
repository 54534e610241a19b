"""No event is lost or gets a second id while its receiver fails and workers are killed."""

import pytest

from tests.webhooks.delivery_lab import FailingReceiver, deliver_under_kills
from tests.webhooks.receiver import serve_receiver
from tests.worker.document_lab import DocumentLab


@pytest.mark.parametrize(("jobs", "kills"), [(12, 2), pytest.param(300, 8, marks=pytest.mark.soak)])
def test_no_event_is_lost_or_doubled_while_the_receiver_fails_and_workers_die(
    lab: DocumentLab, jobs: int, kills: int
) -> None:
    with serve_receiver(FailingReceiver()) as receiver:
        report = deliver_under_kills(lab, receiver, jobs=jobs, kills=kills)
    assert (report.lost, report.doubled) == ([], [])
    assert (report.expected, report.kills) == (2 * jobs, kills)
    assert report.refused > 0
