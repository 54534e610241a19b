"""Runs our validation plugins on templates, as the CDK does. It imports the CDK: tests import it when they run."""

from collections.abc import Sequence
from pathlib import Path

from stacks.validation import NestedTemplates, OneServicePerPart, TemplatesContext, find_nested_templates, read_rules

from aws_cdk import App, PolicyValidationStack, PolicyViolation  # isort: skip # after stacks, which chooses the Node


def _context_of(*templates: Path) -> TemplatesContext:
    """Return what the CDK gives to a plugin: the templates of root stacks only."""
    roots = [PolicyValidationStack(stack_construct_path="Longhand", template_path=str(path)) for path in templates]
    return TemplatesContext(App(), roots)


def find_violations(*roots: Path) -> Sequence[PolicyViolation]:
    """Return how the nested templates break the rules."""
    return NestedTemplates(read_rules()).validate(_context_of(*roots)).violations


def find_wrong_parts(*roots: Path) -> set[str]:
    """Return the parts that have another number of services than one."""
    found = OneServicePerPart().validate(_context_of(*roots)).violations
    return {violation.description.rpartition("longhand:part=")[2] for violation in found}


def find_templates(root: Path) -> list[str]:
    """Return the paths of the nested templates that the rules read."""
    return [one.template_path for one in find_nested_templates(_context_of(root).stack_templates)]
