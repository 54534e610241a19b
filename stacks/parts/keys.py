"""The key pair and the tokens of the server's second lock: made once, when the stack is, and never shown to a template.

The first lock is the network. A token alone is not much of one: any holder may settle anybody's promises.
"""

from dataclasses import dataclass
from typing import Final

from aws_cdk import CustomResource, Duration, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from stacks.acknowledgments import acknowledge
from stacks.function_code import function_code
from stacks.profile import Profile

from .function import ARCHITECTURE, Function

ISSUER: Final = "longhand"
AUDIENCE: Final = "resonate"
TRIGGER: Final = "Trigger"
WORKER: Final = "Worker"
_HANDLER: Final = "lambdas.keys.handler.handler"
_MINUTE: Final = Duration.minutes(1)


@dataclass(frozen=True, kw_only=True)
class SecretVersion:
    """A secret's value in one version: who uses it is replaced when there is a newer one."""

    secret: secrets.ISecret
    version: str

    def for_task(self) -> ecs.Secret:
        """Let a container find it in its environment; the template shows its name only."""
        info = ecs.SecretVersionInfo(version_id=self.version)
        return ecs.Secret.from_secrets_manager_version(self.secret, info)

    def for_function(self) -> str:
        """Refer to it in a function's environment: CloudFormation puts the value in.

        Template and events show the reference only. Whoever may read the function's configuration reads the value: see
        docs/decisions, on the trigger's token.
        """
        return f"{{{{resolve:secretsmanager:{self.secret.secret_arn}:SecretString:::{self.version}}}}}"


class Keys(Construct):
    """Four secrets, and the function that fills them."""

    def __init__(self, scope: Construct, id: str, *, profile: Profile, rotation: str) -> None:
        super().__init__(scope, id)
        self._profile: Final = profile
        self.signing: Final = self._secret(
            "SigningKey", "the private key that signs the tokens; only the function reads it"
        )
        public = self._secret("PublicKey", "what the server checks tokens with")
        tokens = {
            who: self._secret(f"{who}Token", f"how the {who.lower()} shows who it is") for who in (TRIGGER, WORKER)
        }
        maker = self._maker([self.signing, public, *tokens.values()])
        self.made: Final = CustomResource(
            self,
            "Made",
            service_token=maker.function.function_arn,
            resource_type="Custom::Keys",
            service_timeout=Duration.minutes(2),
            properties={
                "SigningSecretArn": self.signing.secret_arn,
                "PublicKeySecretArn": public.secret_arn,
                "Issuer": ISSUER,
                "Audience": AUDIENCE,
                "Tokens": [{"SecretArn": secret.secret_arn, "Subject": who} for who, secret in tokens.items()],
                "Rotation": rotation,  # CloudFormation calls the function again when this value changes
            },
        )
        self.made.node.add_dependency(maker)  # its role's policy, too
        self.public_key: Final = SecretVersion(secret=public, version=self.made.get_att_string("PublicKeyVersion"))
        self.tokens: Final = {
            who: SecretVersion(secret=secret, version=self.made.get_att_string(f"TokenVersion.{who}"))
            for who, secret in tokens.items()
        }

    def _secret(self, name: str, description: str) -> secrets.Secret:
        secret = secrets.Secret(
            self,
            name,
            description=description,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            if self._profile.keep_data
            else RemovalPolicy.DESTROY,
        )
        # The CDK would put a random word in, which the function could not tell from a key of somebody else's.
        made = secret.node.default_child
        assert isinstance(made, secrets.CfnSecret)
        made.generate_secret_string = None
        reason = "renewed on request by the custom resource, because all who use it must change together"
        acknowledge(secret, "AwsSolutions-SMG4", reason)
        return secret

    def _maker(self, all_secrets: list[secrets.Secret]) -> Function:
        """Outside the network: Secrets Manager and CloudFormation's answer box are on the internet."""
        maker = Function(
            self,
            "Maker",
            profile=self._profile,
            code=function_code(("lambdas/keys",), "lambdas/keys/requirements.txt", architecture=ARCHITECTURE),
            handler=_HANDLER,
            description="Makes the key pair and the tokens of the Resonate server",
            timeout=_MINUTE,
            memory=256,
        )
        arns = [secret.secret_arn for secret in all_secrets]
        maker.allow(["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"], *arns)
        return maker
