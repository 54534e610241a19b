"""The inbox: the bucket announces each new file under `inbox/` to a queue, and a function records its job.

A queue is needed because S3 gives up after two more attempts within minutes if it calls a function directly. A message
stays in the queue until its job is recorded. After eight hours of attempts it moves to another queue, for the operator.
"""

from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from contract.object_keys import INBOX

RETRY_AFTER: Final = Duration.minutes(5)  # more than the function takes for a message
_MAX_ATTEMPTS: Final = 100
_RETENTION: Final = Duration.days(14)  # SQS keeps no message longer


class InboxQueue(Construct):
    """The queue of announcements, and the one of those that could not be served."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.left: Final = self._add_queue("Left")
        self.queue: Final = self._add_queue(
            "Queue", sqs.DeadLetterQueue(queue=self.left, max_receive_count=_MAX_ATTEMPTS)
        )
        self.queue.add_to_resource_policy(_allow_announcements(self.queue))

    def _add_queue(self, id: str, left: sqs.DeadLetterQueue | None = None) -> sqs.Queue:
        return sqs.Queue(
            self,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,  # S3 could not use a key of ours without a policy for it
            enforce_ssl=True,
            retention_period=_RETENTION,
            visibility_timeout=RETRY_AFTER,
            dead_letter_queue=left,
        )

    def announce_files(self, bucket: s3.Bucket) -> None:
        """Have the bucket announce its new files. The CDK's own way adds a function to each stack for this."""
        resource = bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        prefix = s3.CfnBucket.FilterRuleProperty(name="prefix", value=f"{INBOX}/")
        key_filter = s3.CfnBucket.NotificationFilterProperty(s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=[prefix]))
        announcement = s3.CfnBucket.QueueConfigurationProperty(
            event="s3:ObjectCreated:*", queue=self.queue.queue_arn, filter=key_filter
        )
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[announcement]
        )
        bucket.node.add_dependency(self.queue)  # S3 asks the queue whether it may announce


def _allow_announcements(queue: sqs.Queue) -> iam.PolicyStatement:
    """Let S3 announce files of this account's buckets. The bucket comes after the queue, so its name is not known."""
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal("s3.amazonaws.com")],
        actions=["sqs:SendMessage"],
        resources=[queue.queue_arn],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
