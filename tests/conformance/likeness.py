"""When two answers are the same: in everything that a program looks at, which is all but the sentence of a refusal."""

from wire.envelope import VERSION

from .target import Answer, Json

SENTENCE = "(a sentence)"


def likeness(answer: Answer) -> Answer:
    """Replace the sentence of a refusal, which must be there, by a word."""
    body = answer.body
    if answer.status < 400 or not isinstance(body, dict) or "data" not in body:
        return answer
    assert isinstance(body["data"], str)
    assert body["data"]
    replaced: dict[str, Json] = body | {"data": SENTENCE}
    return answer._replace(body=replaced)


def refusal(kind: str, corr_id: Json, status: int = 400) -> Answer:
    """Build the likeness of a refusal."""
    head: Json = {"corrId": corr_id, "status": status, "version": VERSION}
    return Answer(status, "application/json", {"kind": kind, "head": head, "data": SENTENCE})
