"""Findings of the rules that we live with, each with its reason, and each on one resource."""

from aws_cdk import Acknowledgment, CfnResource, Names, Stack, Validations
from constructs import Construct, IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Live with this finding on the construct's own resource, and on nothing that stands below it."""
    resource = construct if CfnResource.is_cfn_resource(construct) else construct.node.default_child
    assert resource, f"{construct.node.path} is not one resource"
    Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=reason))


def default_policy(role: IConstruct) -> IConstruct:
    """Return what a role's permissions are written into: it is a resource of its own."""
    return role.node.find_child("DefaultPolicy")


def nag_arn(construct: Construct) -> str:
    """Return how cdk-nag writes the ARN of a resource of another nested stack: as the parameter that brings it."""
    resource = construct.node.default_child
    holder = Stack.of(construct).nested_stack_resource
    assert resource, f"{construct.node.path} is not one resource"
    assert holder, f"{construct.node.path} is not in a nested stack"
    return f"<referenceto{Names.unique_id(holder)}Outputs{Names.unique_id(resource)}Arn>"
