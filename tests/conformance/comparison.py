"""Compares answers in everything but the sentence of a refusal."""

from durable.wire.envelope import VERSION

from .target import Answer, Json

SENTENCE = "(a sentence)"


def without_sentence(answer: Answer) -> Answer:
    """Replace the sentence of a refusal by a placeholder."""
    body = answer.body
    if answer.status < 400 or not isinstance(body, dict) or "data" not in body:
        return answer
    assert isinstance(body["data"], str)
    assert body["data"]
    replaced: dict[str, Json] = body | {"data": SENTENCE}
    return answer._replace(body=replaced)


def refusal(kind: str, corr_id: Json, status: int = 400) -> Answer:
    """Return a refusal with the placeholder."""
    head: Json = {"corrId": corr_id, "status": status, "version": VERSION}
    return Answer(status, "application/json", {"kind": kind, "head": head, "data": SENTENCE})
