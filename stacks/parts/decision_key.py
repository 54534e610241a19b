"""The key that signs links to decisions, and the webhooks that answer them: random, and never part of a template."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from stacks.acknowledgments import acknowledge
from stacks.profile import Profile

_CHARACTERS: Final = 64  # letters and digits are base64: of 48 bytes


class DecisionKey(Construct):
    """The secret. With another rotation it is another secret, so that the programs that use it are replaced."""

    def __init__(self, scope: Construct, id: str, *, profile: Profile, rotation: str) -> None:
        super().__init__(scope, id)
        self.secret: Final = secrets.Secret(
            self,
            f"Rotation{rotation}",
            description="the key that signs links to decisions, and webhooks that answer them",
            generate_secret_string=secrets.SecretStringGenerator(password_length=_CHARACTERS, exclude_punctuation=True),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if profile.keep_data else RemovalPolicy.DESTROY,
        )
        reason = "keyRotation renews it, because worker and trigger must change together"
        acknowledge(self.secret, "AwsSolutions-SMG4", reason)

    def for_task(self) -> ecs.Secret:
        """Return the secret for a container's environment."""
        return ecs.Secret.from_secrets_manager(self.secret)

    def for_function(self) -> str:
        """Return a reference for a function's environment, as for its token (docs/decisions/014)."""
        return f"{{{{resolve:secretsmanager:{self.secret.secret_arn}:SecretString}}}}"
