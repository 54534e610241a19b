"""The server's key pair and the tokens of its clients: created with the stack, and never part of a template.

Tokens are the second lock; the network is the first. A token alone protects little: its holder may settle any promise.
"""

from collections.abc import Sequence
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
FUNCTIONS: Final = "Functions"
_HANDLER: Final = "lambdas.keys.handler.handler"
_TIMEOUT: Final = Duration.minutes(1)


@dataclass(frozen=True, kw_only=True)
class SecretVersion:
    """A secret in one version. A new version replaces the tasks and functions that use it."""

    secret: secrets.ISecret
    version: str

    def for_task(self) -> ecs.Secret:
        """Return the secret for a container's environment; the template has only a reference."""
        info = ecs.SecretVersionInfo(version_id=self.version)
        return ecs.Secret.from_secrets_manager_version(self.secret, info)

    def for_function(self) -> str:
        """Return a reference for a function's environment, which CloudFormation replaces with the value.

        Template and events show only the reference. A user who may read the function's configuration reads the value:
        see docs/decisions, on the trigger's token.
        """
        return f"{{{{resolve:secretsmanager:{self.secret.secret_arn}:SecretString:::{self.version}}}}}"


class Keys(Construct):
    """A secret for each key and token, and the function that fills them: a custom resource."""

    def __init__(self, scope: Construct, id: str, *, profile: Profile, rotation: str, clients: Sequence[str]) -> None:
        super().__init__(scope, id)
        self._profile: Final = profile
        self._removal_policy: Final = (
            RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if profile.keep_data else RemovalPolicy.DESTROY
        )
        self.signing: Final = self._add_secret(
            "SigningKey", "the private key that signs the tokens; only the keys function reads it"
        )
        public = self._add_secret("PublicKey", "the public key that the server checks tokens with")
        tokens = {
            client: self._add_secret(f"{client}Token", f"the token of the {client.lower()} for the server")
            for client in clients
        }
        keys_function = self._add_function([self.signing, public, *tokens.values()])
        self.custom_resource: Final = CustomResource(
            self,
            "CustomResource",
            service_token=keys_function.function.function_arn,
            resource_type="Custom::Keys",
            service_timeout=Duration.minutes(2),
            properties={
                "SigningSecretArn": self.signing.secret_arn,
                "PublicKeySecretArn": public.secret_arn,
                "Issuer": ISSUER,
                "Audience": AUDIENCE,
                "Tokens": [{"SecretArn": secret.secret_arn, "Subject": client} for client, secret in tokens.items()],
                "Rotation": rotation,  # CloudFormation calls the function again when this value changes
            },
        )
        self.custom_resource.node.add_dependency(keys_function)  # and on the policy of its role
        self.public_key: Final = SecretVersion(
            secret=public, version=self.custom_resource.get_att_string("PublicKeyVersion")
        )
        self.tokens: Final = {
            client: SecretVersion(secret=secret, version=self.custom_resource.get_att_string(f"TokenVersion.{client}"))
            for client, secret in tokens.items()
        }

    def _add_secret(self, name: str, description: str) -> secrets.Secret:
        secret = secrets.Secret(self, name, description=description, removal_policy=self._removal_policy)
        # Otherwise the CDK generates a random value, and the function would not overwrite a foreign value.
        resource = secret.node.default_child
        assert isinstance(resource, secrets.CfnSecret)
        resource.generate_secret_string = None
        reason = "the custom resource renews it on request, because server and clients must change together"
        acknowledge(secret, "AwsSolutions-SMG4", reason)
        return secret

    def _add_function(self, all_secrets: list[secrets.Secret]) -> Function:
        """Add the function outside the network: it reaches Secrets Manager and CloudFormation over the internet."""
        function = Function(
            self,
            "KeysFunction",
            profile=self._profile,
            code=function_code(
                ("lambdas/keys", "lambdas/resource"), "lambdas/keys/requirements.txt", architecture=ARCHITECTURE
            ),
            handler=_HANDLER,
            description="Creates the key pair and the tokens of the Resonate server",
            timeout=_TIMEOUT,
            memory=256,
        )
        arns = [secret.secret_arn for secret in all_secrets]
        function.allow(["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"], *arns)
        return function
