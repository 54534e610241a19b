"""A part of a name that no other stack has."""

from aws_cdk import Aws, Fn


def unique_id() -> str:
    """Return the id at the end of the stack's ARN: unique even among stacks of the same name."""
    return Fn.select(2, Fn.split("/", Aws.STACK_ID))
