"""The checks of every template: CloudFormation's schemas, the CDK's rules, ours in `rules/`, and cdk-nag's.

A finding is an error and ends the synthesis. The CDK checks the templates of stacks only, and not those of nested
stacks, which hold all our resources: it would accept a server with two tasks. The plugins here check nested templates.
Both use one engine, because each reads all of CloudFormation's schemas and costs seconds: the CDK makes none of its own
if an app brings one.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
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
# A rule passes when it finds no resource to check, so these services must exist.
_PARTS: Final = ("server", "worker")


def validate(app: App, *, cells: int = 1) -> None:
    """Add all checks, which run when the app is synthesized."""
    rules = read_rules()
    Validations.of(app).add_plugins(rules, NestedTemplates(rules), OneServicePerPart(cells), AwsSolutionsChecks(app))


@cache
def read_rules() -> CloudFormationValidatePlugin:
    """Return CloudFormation's schemas, the CDK's rules and ours, read once for all apps of a process."""
    ours = ValidationRuleSource(name=_RULES.stem, content=_RULES.read_text())
    return CloudFormationValidatePlugin(guard_rules=[ours])


def find_nested_templates(templates: list[PolicyValidationStack]) -> Iterator[PolicyValidationStack]:
    """Yield the nested templates that these templates name. Others in the folder are from earlier runs."""
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
class TemplatesContext:
    """The input of a plugin: these templates, and no other ones."""

    def __init__(self, app: IConstruct, templates: Iterable[PolicyValidationStack]) -> None:
        self._app = app
        self._templates = list(templates)

    @property
    def stack_templates(self) -> list[PolicyValidationStack]:
        """The templates."""
        return self._templates

    @property
    def template_paths(self) -> list[str]:
        """The paths of the templates."""
        return [template.template_path for template in self._templates]

    @property
    def app_construct(self) -> IConstruct:
        """The app."""
        return self._app

    @property
    def account_id(self) -> str | None:
        """None: the templates are for any account."""
        return None

    @property
    def region(self) -> str | None:
        """None: the templates are for any region."""
        return None


class _PluginBase:
    """The properties that the CDK asks of every plugin."""

    NAME = ""

    @property
    def name(self) -> str:
        """The name in reports."""
        return self.NAME

    @property
    def version(self) -> str:
        """A fixed version, which the CDK requires."""
        return "1.0.0"

    @property
    def rule_ids(self) -> list[str] | None:
        """None: the CDK uses them for statistics only."""
        return None


@jsii.implements(IPolicyValidationPlugin)
class NestedTemplates(_PluginBase):
    """Checks nested templates by the same rules as the templates of stacks."""

    NAME = "Longhand"

    def __init__(self, rules: CloudFormationValidatePlugin) -> None:
        self._rules = rules

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Return the violations in nested templates."""
        nested = TemplatesContext(context.app_construct, find_nested_templates(context.stack_templates))
        return self._rules.validate(nested)


@jsii.implements(IPolicyValidationPlugin)
class OneServicePerPart(_PluginBase):
    """Requires exactly one service of each part in each cell, while a rule sees one template at a time."""

    NAME = "Longhand's parts"

    def __init__(self, cells: int = 1) -> None:
        self._cells = cells

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Return a violation for each part with another number of services."""
        parts = list(_list_service_parts(find_nested_templates(context.stack_templates)))
        violations = [
            PolicyViolation(
                rule_name="ONE_SERVICE_OF_EACH_PART",
                description=f"there must be {self._cells} service tagged {PART}={part}, not {parts.count(part)}",
                violating_resources=[],
                severity="error",
            )
            for part in _PARTS
            if parts.count(part) != self._cells
        ]
        return PolicyValidationPluginReport(success=not violations, violations=violations)


def _list_service_parts(templates: Iterator[PolicyValidationStack]) -> Iterator[str]:
    for template in templates:
        resources: dict[str, Any] = json.loads(Path(template.template_path).read_text())["Resources"]
        for resource in resources.values():
            if resource["Type"] == "AWS::ECS::Service":
                yield from (tag["Value"] for tag in resource["Properties"].get("Tags", ()) if tag["Key"] == PART)
