"""ECS Exec: a shell in a running task, for operators, if they chose it.

The agent that ECS puts into each container writes below two folders, and the roots of our containers are read-only.
"""

from typing import Final

from aws_cdk import aws_ecs as ecs

from stacks.acknowledgments import acknowledge, default_policy

_FOLDERS: Final = {"exec-state": "/var/lib/amazon", "exec-log": "/var/log/amazon"}


def allow_exec(task: ecs.FargateTaskDefinition) -> None:
    """Give the agent its folders in each container of a task."""
    for volume, folder in _FOLDERS.items():
        for container in (one for one in task.node.children if isinstance(one, ecs.ContainerDefinition)):
            name = f"{volume}-{container.container_name.lower()}"
            task.add_volume(name=name)
            container.add_mount_points(ecs.MountPoint(container_path=folder, source_volume=name, read_only=False))
    reason = "the channels of a session have no names before it begins; the operator chose ecsExec=on"
    acknowledge(default_policy(task.task_role), "AwsSolutions-IAM5[Resource::*]", reason)
