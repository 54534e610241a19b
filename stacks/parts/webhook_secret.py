"""The secret that workers sign events with. CloudFormation makes it once, and no template has it.

An operator rotates it by hand, because the receivers of clients must get their new keys: docs/webhooks.md.
"""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from stacks.acknowledgments import acknowledge
from stacks.profile import Profile

_CHARACTERS: Final = 64  # letters and digits: 380 bits


def add_webhook_secret(scope: Construct, profile: Profile) -> secrets.Secret:
    """Add the secret. It outlives the stack if the profile keeps data: receivers hold keys that are made from it."""
    secret = secrets.Secret(
        scope,
        "WebhookSecret",
        description="signs the events that workers send to callback URLs; newer values stand before older ones",
        generate_secret_string=secrets.SecretStringGenerator(password_length=_CHARACTERS, exclude_punctuation=True),
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if profile.keep_data else RemovalPolicy.DESTROY,
    )
    reason = "an operator rotates it with the receivers of clients, which hold keys that are made from it"
    acknowledge(secret, "AwsSolutions-SMG4", reason)
    return secret
