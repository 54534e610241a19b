"""The index of tags: complete for each search, also after a crash, and filled by the clock."""

from contextlib import closing
from pathlib import Path

from durable.embedded.embedded import EmbeddedServer
from durable.embedded.memory.tag_index import MAX_BATCH_CHARACTERS
from durable.embedded.store import Store
from durable.wire.envelope import encode_request
from durable.wire.requests import PromiseCreate, PromiseSearch

from .conftest import HEAD, Ask, make_ask

FAR = 10**14  # a deadline in the year 5138


def create(ask: Ask, name: str, **tags: str) -> int:
    return ask(PromiseCreate(id=name, timeout_at=FAR, tags=tags))[0]


def search(ask: Ask, **tags: str) -> list[str]:
    status, page = ask(PromiseSearch(tags=tags))
    assert status == 200
    assert isinstance(page, dict)
    return [promise["id"] for promise in page["promises"]]


def count_indexed(store: Store) -> tuple[int, int]:
    """Return how many tags are in the index, and how many promises wait for it."""
    [[tags, waiting]] = store.sql("SELECT (SELECT count(*) FROM tags), (SELECT count(*) FROM untagged)")
    return int(tags), int(waiting)


def test_a_search_finds_what_was_just_created(ask: Ask, store: Store) -> None:
    create(ask, "b", sort="job", colour="red")
    create(ask, "a", sort="job")
    create(ask, "c")
    assert count_indexed(store) == (0, 2)
    assert search(ask, sort="job") == ["a", "b"]
    assert search(ask, sort="job", colour="red") == ["b"]
    assert count_indexed(store) == (3, 0)


def test_the_clock_fills_the_index_in_parts(embedded_server: EmbeddedServer, ask: Ask, store: Store) -> None:
    for n in range(5):
        create(ask, f"{n}", sort="job")
    assert embedded_server.tick(2) is True
    assert count_indexed(store) == (2, 3)
    assert embedded_server.tick(2) is True
    assert embedded_server.tick(2) is False
    assert count_indexed(store) == (5, 0)


def test_tags_may_have_any_character(ask: Ask) -> None:
    """SQLite itself ends a text of JSON at NUL."""
    texts = ["x", "x\0", "x\0y", "\\u0000", '"', "\U0001f600", "", " "]
    for n, text in enumerate(texts):
        assert create(ask, f"{n}", **{f"key {text}": text}) == 200
    assert [search(ask, **{f"key {text}": text}) for text in texts] == [[f"{n}"] for n in range(len(texts))]


def test_what_a_killed_server_had_not_indexed_is_found(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with closing(Store(tmp_path)) as store:
            create(make_ask(EmbeddedServer(store, retry_timeout=1)), name, sort="job")
    with closing(Store(tmp_path)) as store:
        assert search(make_ask(EmbeddedServer(store, retry_timeout=1)), sort="job") == ["a", "b"]


def test_a_promise_enters_once_although_its_turn_failed(
    embedded_server: EmbeddedServer, ask: Ask, store: Store
) -> None:
    """The turn is repeated without the request that failed it."""
    store.sql("CREATE TRIGGER fail BEFORE INSERT ON promises WHEN NEW.id = 'b' BEGIN SELECT RAISE(ABORT, 'no'); END")
    requests = [PromiseCreate(id=name, timeout_at=FAR, tags={"sort": "job"}) for name in ("a", "b")]
    turn = embedded_server.take_turn([encode_request(request.kind, HEAD, request) for request in requests])
    assert [reply.status for reply in turn.replies] == [200, 500]
    assert count_indexed(store) == (0, 1)
    assert search(ask, sort="job") == ["a"]


def test_many_tags_enter_in_several_batches(embedded_server: EmbeddedServer, ask: Ask, store: Store) -> None:
    """A tick takes no longer because of them, and one promise may have more than a batch."""
    many = {f"{n}": "x" * 100 for n in range(MAX_BATCH_CHARACTERS // 100)}
    some = {f"{n}": "x" * 100 for n in range(MAX_BATCH_CHARACTERS // 250)}
    for name, tags in (("a", some), ("b", some), ("c", many), ("d", some)):
        assert create(ask, name, **tags) == 200
    waiting = []
    while embedded_server.tick(10):
        waiting.append(count_indexed(store)[1])
    assert waiting == [2, 1]
    assert count_indexed(store) == (len(many) + 3 * len(some), 0)


def test_a_search_waits_for_all_batches(ask: Ask) -> None:
    tags = {f"{n}": "x" * 100 for n in range(MAX_BATCH_CHARACTERS // 150)}
    for name in ("a", "b", "c"):
        create(ask, name, **tags)
    assert search(ask, **{"0": "x" * 100}) == ["a", "b", "c"]
