"""No crash at any request of a document's job changes its result, what is stored, or its one notice."""

from collections.abc import Callable

from durable.testing import Certificate
from tests.worker import certified
from tests.worker.review_lab import process_reviewed


def test_a_digital_document_survives_a_crash_at_each_request(certify: Callable[..., Certificate]) -> None:
    """Before the request, after it, and when only its answer is lost; no step runs more than twice."""
    certificate = certify(certified.process_page, exactly={"notice done": 1})
    assert len(certificate.plain.points) >= 10
    assert any(run.was_cut for run in certificate.runs)
    assert max(certificate.max_bodies.values()) <= 2


def test_a_scan_in_parts_survives_a_crash_after_each_request(certify: Callable[..., Certificate]) -> None:
    """Three batches run as tasks of their own."""
    certificate = certify(certified.process_scan, exactly={"notice done": 1}, cuts=("after",))
    assert {"read_batch", "join"} <= certificate.max_bodies.keys()


def test_each_event_of_a_document_survives_a_crash_after_each_request(certify: Callable[..., Certificate]) -> None:
    """The receiver gets each event, always with the same content."""
    certificate = certify(
        certified.process_with_receiver, exactly={"event j1.accepted": 1, "event j1.done": 1}, cuts=("after",)
    )
    assert {"announce_acceptance", "start_delivery", "post_event"} <= certificate.max_bodies.keys()


def test_a_review_survives_a_crash_after_each_request(certify: Callable[..., Certificate]) -> None:
    """One notice of the wait, one reminder and one of the end, and the corrections are in the result."""
    certificate = certify(process_reviewed, exactly={"notice waiting": 2, "notice done": 1}, cuts=("after",))
    assert {"ask_reviewer", "apply_answer", "send_wait_notice"} <= certificate.max_bodies.keys()
