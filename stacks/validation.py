"""What a template must pass before it may be deployed: schemas, the CDK's rules, ours in `rules/`, and cdk-nag's.

A finding is an error and ends the synthesis. The CDK's engine is given the templates of stacks, and not those of nested
stacks, in which everything of ours is: a server with two tasks would go through. So here it is given both.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import (
    App,
    CloudFormationValidatePlugin,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyValidationStack,
    PolicyViolation,
    ValidationRuleSource,
    Validations,
)
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from .parts.fargate import PART

_RULES: Final = Path(__file__).resolve().parent / "rules" / "longhand.guard"
# A rule that finds nothing to look at passes: what must be there, so that ours have something to say about.
_EXPECTED: Final = {"server": 1, "worker": 1}


def validate(app: App) -> None:
    """Let everything be checked when the app is synthesized."""
    Validations.of(app).add_plugins(NestedTemplates(), OneServicePerPart(), AwsSolutionsChecks(app))


def nested_templates(templates: list[PolicyValidationStack]) -> Iterator[PolicyValidationStack]:
    """Find the templates of nested stacks: their parents' name them. Others in the folder are from former times."""
    for parent in templates:
        path = Path(parent.template_path)
        for resource in json.loads(path.read_text())["Resources"].values():
            if resource["Type"] == "AWS::CloudFormation::Stack":
                yield PolicyValidationStack(
                    stack_construct_path=parent.stack_construct_path,
                    template_path=str(path.parent / resource["Metadata"]["aws:asset:path"]),
                    account_id=parent.account_id,
                    region=parent.region,
                )


@jsii.implements(IPolicyValidationContext)
class _Wider:
    """The engine's context, with the nested templates."""

    def __init__(self, context: IPolicyValidationContext) -> None:
        self._context = context
        self._nested = list(nested_templates(context.stack_templates))

    @property
    def stack_templates(self) -> list[PolicyValidationStack]:
        return self._nested

    @property
    def template_paths(self) -> list[str]:
        return [template.template_path for template in self._nested]

    @property
    def app_construct(self) -> IConstruct:
        return self._context.app_construct

    @property
    def account_id(self) -> str | None:
        return None

    @property
    def region(self) -> str | None:
        return None


class _Plugin:
    """What the CDK wants to know of each of them."""

    NAME = ""

    @property
    def name(self) -> str:
        """What a report calls it."""
        return self.NAME

    @property
    def version(self) -> str:
        """The CDK wants one."""
        return "1.0.0"

    @property
    def rule_ids(self) -> list[str] | None:
        """Tell the CDK's statistics nothing."""
        return None


@jsii.implements(IPolicyValidationPlugin)
class NestedTemplates(_Plugin):
    """CloudFormation's schemas, the CDK's rules and ours, for nested templates. The CDK looks at the others itself."""

    NAME = "Longhand"

    def __init__(self) -> None:
        ours = ValidationRuleSource(name=_RULES.stem, content=_RULES.read_text())
        self._engine = CloudFormationValidatePlugin(guard_rules=[ours])

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Check."""
        return self._engine.validate(_Wider(context))


@jsii.implements(IPolicyValidationPlugin)
class OneServicePerPart(_Plugin):
    """Exactly one service of each part, in all templates together: a rule alone would see each template by itself."""

    NAME = "Longhand's parts"

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Count."""
        found = list(_parts(nested_templates(context.stack_templates)))
        wrong = [
            PolicyViolation(
                rule_name="ONE_SERVICE_OF_EACH_PART",
                description=f"there must be {count} service tagged {PART}={part}, and there are {found.count(part)}",
                violating_resources=[],
                severity="error",
            )
            for part, count in _EXPECTED.items()
            if found.count(part) != count
        ]
        return PolicyValidationPluginReport(success=not wrong, violations=wrong)


def _parts(templates: Iterator[PolicyValidationStack]) -> Iterator[str]:
    for template in templates:
        resources: dict[str, Any] = json.loads(Path(template.template_path).read_text())["Resources"]
        for resource in resources.values():
            if resource["Type"] == "AWS::ECS::Service":
                yield from (tag["Value"] for tag in resource["Properties"].get("Tags", ()) if tag["Key"] == PART)
