"""Acknowledge a finding of the template rules, with its reason, on one resource."""

from aws_cdk import Acknowledgment, CfnResource, Names, Stack, Validations
from constructs import Construct, IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Acknowledge a finding on a stack's own template or the construct's own resource, and on nothing below it."""
    itself = CfnResource.is_cfn_resource(construct) or Stack.is_stack(construct)
    resource = construct if itself else construct.node.default_child
    assert resource, f"{construct.node.path} is not one resource"
    Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=reason))


def default_policy(role: IConstruct) -> IConstruct:
    """Return the resource that holds a role's permissions."""
    return role.node.find_child("DefaultPolicy")


def nag_arn(construct: Construct) -> str:
    """Return how cdk-nag writes the ARN of a resource in another nested stack: as the parameter that passes it on."""
    resource = construct.node.default_child
    nested_stack = Stack.of(construct).nested_stack_resource
    assert resource, f"{construct.node.path} is not one resource"
    assert nested_stack, f"{construct.node.path} is not in a nested stack"
    return f"<referenceto{Names.unique_id(nested_stack)}Outputs{Names.unique_id(resource)}Arn>"
