"""The held tasks in memory: few enough, and small enough."""

from durable.embedded.memory.held_tasks import MAX_NAME_CHARACTERS, MAX_TASKS, HeldTask, HeldTasks


def test_a_held_task_is_kept_until_it_is_dropped() -> None:
    tasks = HeldTasks()
    task = HeldTask("a", 1, "a")
    tasks.keep(task)
    assert tasks.get("a") is task
    tasks.drop("a")
    tasks.drop("a")
    assert tasks.get("a") is None


def test_no_more_tasks_are_kept_than_the_limit() -> None:
    tasks = HeldTasks()
    for n in range(MAX_TASKS + 1):
        tasks.keep(HeldTask(f"{n}", 1, None))
    assert tasks.get("0") is None
    assert tasks.get(f"{MAX_TASKS}")


def test_a_task_with_long_names_is_not_kept() -> None:
    tasks = HeldTasks()
    tasks.keep(HeldTask("a", 1, "b" * (MAX_NAME_CHARACTERS - 1)))
    assert tasks.get("a")
    tasks.keep(HeldTask("c", 1, "b" * MAX_NAME_CHARACTERS))
    tasks.keep(HeldTask("d" * (MAX_NAME_CHARACTERS + 1), 1, None))
    assert tasks.get("c") is None
    assert tasks.get("d" * (MAX_NAME_CHARACTERS + 1)) is None
