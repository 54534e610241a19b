"""The data that must not be lost: jobs in Postgres and documents in a bucket. Also the topic for notices.

The topic stays when notices go to an event bus: it costs nothing, and its subscriptions remain for a change back.
"""

from typing import Final

from aws_cdk import Aws, NestedStack, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from .choices import Choices
from .network import Network
from .parts.database import Database
from .parts.document_bucket import DocumentBucket
from .parts.inbox import InboxQueue
from .web_choices import WebChoices


class Data(NestedStack):
    """The database, the bucket, the topic, and in production their encryption key.

    A further cell has a database of its own, and shares the rest.
    """

    key: kms.Key | None
    documents: DocumentBucket
    inbox: InboxQueue
    job_events: sns.Topic

    def __init__(
        self, scope: Construct, id: str, *, choices: Choices, network: Network, shared: "Data | None" = None
    ) -> None:
        super().__init__(scope, id)
        profile = choices.profile
        self._bus: Final = _find_bus_arn(choices.notice_bus) if choices.notice_bus else None
        self.key = shared.key if shared else _add_key(self) if profile.customer_key else None
        self.database: Final = Database(
            self, "Database", profile=profile, operation=choices.operation, network=network, key=self.key
        )
        if shared:
            self.documents, self.inbox, self.job_events = shared.documents, shared.inbox, shared.job_events
            return
        self.documents = DocumentBucket(
            self,
            "Documents",
            profile=profile,
            key=self.key,
            upload_origins=choices.cors_origins,
            console_origin=_find_console_origin(choices.web),
        )
        self.inbox = InboxQueue(self, "Inbox")
        self.inbox.announce_files(self.documents.bucket)
        self.job_events = sns.Topic(self, "JobEvents", enforce_ssl=True, master_key=self.key)

    @property
    def notice_channel(self) -> str:
        """Where notices are sent."""
        return self._bus or self.job_events.topic_arn

    def allow_notifying(self, role: iam.IRole) -> None:
        """Let the role send notices to the chosen channel, and to no other."""
        action = "events:PutEvents" if self._bus else "sns:Publish"
        role.add_to_principal_policy(iam.PolicyStatement(actions=[action], resources=[self.notice_channel]))
        if self.key and not self._bus:
            self.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")


def _find_bus_arn(bus: str) -> str:
    """Return the ARN of a bus. A name is that of one in the stack's own account and region."""
    is_arn = bus.startswith("arn:")
    return bus if is_arn else f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/{bus}"


def _find_console_origin(web: WebChoices) -> str | None:
    """Return the origin of the console. Without a domain, CloudFront chooses its name after this stack is there."""
    if not web.has_console:
        return None
    return f"https://{web.domain or '*.cloudfront.net'}"


def _add_key(scope: Construct) -> kms.Key:
    """Add a key for documents, notices and the database. Secrets use the key of AWS.

    With this key, its policy would have to name every reader of a secret, and they are created after it.
    """
    key = kms.Key(scope, "Key", enable_key_rotation=True, removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    # Without it, an alarm cannot publish to an encrypted topic. The topic's own policy lists the alarms that may.
    key.grant(iam.ServicePrincipal("cloudwatch.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey*")
    return key
