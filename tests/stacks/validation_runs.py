"""Runs our validation plugins on templates, as the CDK does. It imports the CDK: tests call it by warm_app.call."""

from pathlib import Path

from stacks.validation import NestedTemplates, OneServicePerPart, TemplatesContext, find_nested_templates, read_rules

from aws_cdk import App, PolicyValidationStack  # isort: skip # after stacks, which chooses the Node


def _context_of(*templates: str) -> TemplatesContext:
    """Return what the CDK gives to a plugin: the templates of root stacks only."""
    roots = [PolicyValidationStack(stack_construct_path="Longhand", template_path=path) for path in templates]
    return TemplatesContext(App(), roots)


def find_broken_rules(*roots: str) -> list[tuple[str, str]]:
    """Return the rules that nested templates break, each with the folder of the template."""
    violations = NestedTemplates(read_rules()).validate(_context_of(*roots)).violations
    return [
        (Path(str(resource.template_path)).parent.name, violation.rule_name)
        for violation in violations
        for resource in violation.violating_resources
    ]


def find_wrong_parts(*roots: str) -> list[str]:
    """Return the parts that have another number of services than one."""
    found = OneServicePerPart().validate(_context_of(*roots)).violations
    return [violation.description.rpartition("longhand:part=")[2] for violation in found]


def find_templates(root: str) -> list[str]:
    """Return the paths of the nested templates that the rules read."""
    return [one.template_path for one in find_nested_templates(_context_of(root).stack_templates)]
