"""The branches in memory: never another state than the database's, and never too much of it."""

from msgspec import Raw

from durable.embedded.memory.branches import MAX_BYTES, Branches
from durable.embedded.rows import StoredPromise
from durable.embedded.store import Store
from durable.wire.requests import FenceAction, PromiseCreate, PromiseSettle, TaskAcquire, TaskFence

from .conftest import FAIL_COMMIT, Ask

FAR = 10**14  # a deadline in the year 5138
JOB = PromiseCreate(id="job", timeout_at=FAR, tags={"resonate:target": "poll://any@unused", "resonate:branch": "job"})


def make_promise(name: str, text: str = "{}", *, state: str = "pending", branch: str = "job") -> StoredPromise:
    return StoredPromise(name, state, None, branch, Raw(text))


def make_fence(request: PromiseCreate | PromiseSettle) -> TaskFence:
    return TaskFence(id="job", version=1, action=FenceAction(kind=request.kind, data=request))


def make_child(name: str) -> PromiseCreate:
    return PromiseCreate(id=name, timeout_at=FAR, tags={"resonate:branch": "job"})


def read_preload(data: object) -> list[str]:
    assert isinstance(data, dict)
    return [promise["id"] for promise in data["preload"]]


def test_a_branch_has_its_new_and_changed_promises() -> None:
    branches = Branches()
    assert branches.get("job") is None
    branches.keep("job", [make_promise("job"), make_promise("job:1")])
    branches.update(make_promise("job:1", "changed"))
    branches.update(make_promise("job:2", "new"))
    branches.update(make_promise("other:1", branch="other"))
    assert branches.get("job") == {"job": Raw("{}"), "job:1": Raw("changed"), "job:2": Raw("new")}
    assert branches.get("other") is None


def test_the_branch_of_a_settled_job_is_dropped() -> None:
    branches = Branches()
    branches.keep("job", [make_promise("job"), make_promise("job:1")])
    branches.update(make_promise("job:1", state="resolved"))
    assert branches.get("job")
    branches.update(make_promise("job", state="resolved"))
    assert branches.get("job") is None


def test_branches_take_no_more_than_their_limit() -> None:
    branches = Branches()
    half = "x" * (MAX_BYTES // 2)
    branches.keep("a", [make_promise("a", half, branch="a")])
    branches.keep("b", [make_promise("b", half, branch="b")])
    branches.update(make_promise("a", half, branch="a"))
    branches.drop("b")
    branches.keep("c", [make_promise("c", half, branch="c")])
    assert branches.get("a")
    branches.update(make_promise("c:1", "x", branch="c"))
    assert branches.get("a") is None
    branches.keep("b", [make_promise("b", half, branch="b")])
    assert branches.get("b")


def test_a_promise_whose_commit_failed_is_in_no_preload(ask: Ask, store: Store) -> None:
    ask(JOB)
    ask(TaskAcquire(id="job", version=0, pid="p", ttl=FAR))
    assert read_preload(ask(make_fence(make_child("job:1")))[1]) == ["job:1"]
    for sql in FAIL_COMMIT:
        store.sql(sql)
    assert ask(make_fence(make_child("job:2")))[0] == 500
    store.sql("DROP TRIGGER fail")
    assert read_preload(ask(make_fence(make_child("job:3")))[1]) == ["job:1", "job:3"]
