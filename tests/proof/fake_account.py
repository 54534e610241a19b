"""ECS and CloudFormation as the proof sees them: a task whose containers end as a test says, and a stack's status."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

ARN = "arn:aws:ecs:eu-central-1:123456789012:task/cluster/1"
type Containers = dict[str, int | None]  # the exit code of each, None while it runs


@dataclass
class FakeAccount:
    """Both services. Each look at the task shows the next of `looks`, the last one again and again."""

    looks: Sequence[Containers] = ()
    status: str = "UPDATE_IN_PROGRESS"
    last_status: str = "RUNNING"
    failures: list[dict[str, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._remaining: Iterator[Containers] = iter(self.looks)
        self._current: Containers | None = None

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        self.calls.append("describe stacks")
        return {"Stacks": [{"StackStatus": self.status}]}

    def run_task(self, **request: object) -> dict[str, Any]:
        self.calls.append("run task")
        self.requests.append(request)
        return {"tasks": [] if self.failures else [{"taskArn": ARN}], "failures": self.failures}

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        assert (cluster, tasks) == ("cluster", [ARN])
        self._current = next(self._remaining, self._current)
        if self._current is None:
            return {"tasks": []}  # as ECS answers for a moment
        containers = [
            {"name": name} if code is None else {"name": name, "exitCode": code} for name, code in self._current.items()
        ]
        return {"tasks": [{"lastStatus": self.last_status, "containers": containers, "stoppedReason": "no image"}]}

    def stop_task(self, *, cluster: str, task: str, reason: str) -> None:
        assert (cluster, task, bool(reason)) == ("cluster", ARN, True)
        self.calls.append("stop task")
