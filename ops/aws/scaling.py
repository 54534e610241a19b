"""The number of workers: drained to zero so that the autoscaling starts none, and resumed."""

from dataclasses import dataclass
from typing import Any, Final

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .errors import aws_errors
from .session import Session

_SCALING: Final = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


@dataclass(frozen=True, kw_only=True)
class WorkerScaling:
    """The workers' service, and the autoscaling that sets its number of tasks."""

    session: Session
    cluster: str
    service: str

    def drain(self) -> None:
        """Suspend the autoscaling, which starts workers while jobs wait, and then stop all workers."""
        self._suspend(suspended=True)
        self._set_count(0)

    def resume(self) -> int:
        """Start as many workers as always run, and return the number; then the autoscaling adds more."""
        count = int(self._find_target()["MinCapacity"])
        self._set_count(count)
        self._suspend(suspended=False)
        return count

    @property
    def is_suspended(self) -> bool:
        """Whether the workers were drained."""
        return any(self._find_target().get("SuspendedState", {}).values())

    @property
    def _identity(self) -> dict[str, str]:
        resource = f"service/{self.cluster}/{self.service}"
        return {"ServiceNamespace": "ecs", "ResourceId": resource, "ScalableDimension": "ecs:service:DesiredCount"}

    def _find_target(self) -> dict[str, Any]:
        names = {"ServiceNamespace": "ecs", "ResourceIds": [self._identity["ResourceId"]]}
        with aws_errors():
            client = self.session.client("application-autoscaling")
            targets: list[dict[str, Any]] = client.describe_scalable_targets(**names)["ScalableTargets"]
        if not targets:
            sentence = f"the service {self.service} has no autoscaling"
            raise UserError(ExitCode.CONFIG, sentence, "run ./longhand deploy")
        return targets[0]

    def _suspend(self, *, suspended: bool) -> None:
        state = dict.fromkeys(_SCALING, suspended)
        with aws_errors():
            client = self.session.client("application-autoscaling")
            client.register_scalable_target(**self._identity, SuspendedState=state)

    def _set_count(self, count: int) -> None:
        with aws_errors():
            client = self.session.client("ecs")
            client.update_service(cluster=self.cluster, service=self.service, desiredCount=count)
