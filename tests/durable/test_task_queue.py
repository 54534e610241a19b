"""The queue of announced tasks: begun ones first, then new ones in turns; each once, and bounded."""

from durable.runtime.task_queue import TaskQueue


def pop_all(queue: TaskQueue) -> list[str]:
    """Return the tasks in their order."""
    return [task_id for task_id, _ in queue.clear()]


def test_owners_take_turns() -> None:
    """A requester with a thousand jobs does not keep another one waiting, however late that comes."""
    queue = TaskQueue(10)
    for job, owner in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("c1", "c"), ("b2", "b")):
        queue.put(job, 0)
        queue.new.set_owner(job, owner)
    assert queue.pop() == ("a1", 0)
    assert pop_all(queue) == ["b1", "c1", "a2", "b2", "a3"]


def test_jobs_of_an_owner_take_turns_with_their_parts() -> None:
    """A scan of a thousand pages does not keep one of ten waiting."""
    queue = TaskQueue(10)
    for part in ("book:1", "book:2", "book:3", "letter:1", "letter:2"):
        queue.put(part, 0)
    assert pop_all(queue) == ["book:1", "letter:1", "book:2", "letter:2", "book:3"]


def test_a_job_whose_owner_is_not_known_takes_turns_with_the_owners() -> None:
    queue = TaskQueue(10)
    for job in ("a1", "a2", "x"):
        queue.put(job, 0)
    for job in ("a1", "a2"):
        queue.new.set_owner(job, "a")
    assert queue.new.needs_owner("x")
    assert not queue.new.needs_owner("a1")
    assert pop_all(queue) == ["x", "a1", "a2"]


def test_a_queue_forgets_the_jobs_that_have_left_it() -> None:
    queue = TaskQueue(10)
    queue.put("a", 0)
    queue.new.set_owner("a", "me")
    queue.put("a", 3)
    assert (len(queue), queue.new.needs_owner("a")) == (1, False)
    assert queue.clear() == [("a", 3)]
    queue.new.set_owner("a", "you")
    queue.put("a", 0)
    assert queue.new.needs_owner("a"), "it may come back, and is looked up again"
    assert queue.clear() == [("a", 0)]


def test_a_begun_task_runs_before_all_new_ones() -> None:
    """Otherwise a job that waits for its own pages waits for all jobs behind it, too."""
    queue = TaskQueue(10)
    for task_id, version in (("new-1", 0), ("new-2", 0), ("begun-1", 3), ("begun-2", 1)):
        assert queue.put(task_id, version)
    queue.put_first("next", 0)
    assert len(queue) == 5
    assert queue.clear() == [("next", 0), ("begun-1", 3), ("begun-2", 1), ("new-1", 0), ("new-2", 0)]
    assert not queue


def test_a_repeated_announcement_keeps_its_place_and_renews_the_version() -> None:
    queue = TaskQueue(10)
    for task_id, version in (("a", 0), ("b", 0), ("a", 0), ("b", 2)):
        assert queue.put(task_id, version)
    assert queue.clear() == [("b", 2), ("a", 0)], "another worker has begun b meanwhile"


def test_new_tasks_leave_room_for_begun_ones() -> None:
    queue = TaskQueue(2)
    assert [queue.put(f"new-{number}", 0) for number in range(3)] == [True, True, False]
    assert [queue.put(f"begun-{number}", 1) for number in range(3)] == [True, True, False]
    assert queue.put("new-1", 0), "it is queued already"
    assert len(queue) == 4


def test_an_older_announcement_that_comes_late_adds_no_second_run() -> None:
    queue = TaskQueue(10)
    assert queue.put("a", 1)
    assert queue.put("a", 0)
    assert queue.clear() == [("a", 1)]
