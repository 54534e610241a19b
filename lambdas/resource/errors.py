"""The error that a custom resource explains to the operator: CloudFormation shows its one sentence."""


class ResourceError(Exception):
    """The request cannot be fulfilled; the message states what to do, and contains no secret."""
