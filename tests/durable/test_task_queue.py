"""The queue of announced tasks: begun ones first, each once, and bounded."""

from durable.runtime.task_queue import TaskQueue


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
