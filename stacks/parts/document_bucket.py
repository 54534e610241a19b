"""The bucket for documents, texts, results, and the progress of jobs."""

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contract.object_keys import BATCHES, INBOX, INCOMING, UPLOADS, manifest_key
from stacks.acknowledgments import acknowledge, default_policy, nag_arn
from stacks.profile import Profile

_PREFLIGHT_SECONDS: Final = 3_600
_WEEK: Final = Duration.days(7)
# The worker writes each unfinished download to a key of its own here, and moves it when it is complete.
_INCOMING: Final = f"{INCOMING}/"
_INBOX: Final = f"{INBOX}/*"
_BATCHES: Final = f"{BATCHES}/*"
_UPLOADS: Final = f"{UPLOADS}/*"
_MANIFESTS: Final = manifest_key("*")
_JOBS: Final = "jobs/*"
# Paid answers of providers. They quote documents, so they are kept exactly as long.
_PAID_ANSWERS: Final = "paid/*"
_ERASABLE: Final = (_JOBS, _PAID_ANSWERS, _INBOX, _UPLOADS)
_PROGRESS: Final = "jobs/*/progress/*"
# The objects that clients read at signed addresses: document, text, result and images of pages.
_FILES: Final = ("jobs/*/original.*", "jobs/*/text-*.json", "jobs/*/result.json", "jobs/*/images/*.webp")


class DocumentBucket(Construct):
    """A private bucket, reached by TLS only. It outlives its stack in every profile, because it holds users' data."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        profile: Profile,
        key: kms.IKey | None,
        upload_origins: tuple[str, ...],
        console_origin: str | None,
    ) -> None:
        super().__init__(scope, id)
        self.bucket: Final = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            lifecycle_rules=_make_lifecycle_rules(profile),
            cors=_make_cors_rules(upload_origins, console_origin),
            # A first deployment that fails deletes the bucket, which is empty then.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        acknowledge(
            self.bucket,
            "AwsSolutions-S1",
            "only two roles read it, and access logs would need a second bucket: turn on CloudTrail's data events to"
            " record each read",
        )

    def allow_reading_progress(self, role: iam.Role) -> None:
        """Let the role read the progress of jobs, and no content of documents."""
        self._allow(role, ["s3:GetObject"], _PROGRESS)
        self._allow_listing(role, _PROGRESS)
        if self.bucket.encryption_key:
            self.bucket.encryption_key.grant(role, "kms:Decrypt")

    def allow_signing(self, role: iam.Role) -> None:
        """Let the role sign addresses at which clients read the files of jobs: they work with the role's rights."""
        for files in _FILES:
            self._allow(role, ["s3:GetObject"], files)

    def allow_intake(self, role: iam.Role) -> None:
        """Let the role list the jobs of batches, sign addresses for new uploads, and see which are complete.

        It cannot read documents, only the manifests of batches.
        """
        self._allow(role, ["s3:GetObject"], _MANIFESTS)
        self._allow(role, ["s3:PutObject"], _BATCHES)
        self._allow(role, ["s3:PutObject"], _UPLOADS)
        self._allow_listing(role, _UPLOADS)
        if self.bucket.encryption_key:
            self.bucket.encryption_key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")

    def _allow_listing(self, role: iam.Role, objects: str) -> None:
        statement = iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[self.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": objects}},
        )
        role.add_to_policy(statement)

    def allow_processing(self, role: iam.IRole) -> None:
        """Let the role read what clients sent, write what a job needs, delete unfinished downloads, and erase jobs."""
        self._allow(role, ["s3:GetObject", "s3:GetObjectVersion"], _INBOX)
        self._allow(role, ["s3:GetObject"], _UPLOADS)
        self._allow(role, ["s3:GetObject"], _BATCHES)
        self._allow(role, ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], _JOBS)
        self._allow(role, ["s3:GetObject", "s3:PutObject"], _PAID_ANSWERS)
        self._allow(
            role, ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"], f"{_INCOMING}*"
        )
        self._allow_erasing(role)
        # Without it, S3 answers 403 in place of 404 for a missing object.
        statement = iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn])
        role.add_to_principal_policy(statement)
        if self.bucket.encryption_key:
            self.bucket.encryption_key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")

    def _allow_erasing(self, role: iam.IRole) -> None:
        """Let the role delete each version of what a job has stored, of its upload and of the answers that it used."""
        for objects in _ERASABLE:
            self._allow(role, ["s3:DeleteObjectVersion"], objects)
            statement = iam.PolicyStatement(
                actions=["s3:ListBucketVersions"],
                resources=[self.bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": objects}},
            )
            role.add_to_principal_policy(statement)

    def _allow(self, role: iam.IRole, actions: list[str], objects: str) -> None:
        resources = [self.bucket.arn_for_objects(objects)]
        role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=resources))
        finding = f"AwsSolutions-IAM5[Resource::{nag_arn(self.bucket)}/{objects}]"
        acknowledge(
            default_policy(role),
            finding,
            "objects are named after jobs and questions, which are not known at deployment",
        )


def _make_cors_rules(upload_origins: tuple[str, ...], console_origin: str | None) -> list[s3.CorsRule] | None:
    """Let web pages of these origins send uploads, and the console read files, too.

    That gives pages no permission: the signed address of an object is its credential.
    """
    methods = {origin: [s3.HttpMethods.PUT] for origin in upload_origins}
    if console_origin:
        methods[console_origin] = [s3.HttpMethods.PUT, s3.HttpMethods.GET]
    rules = [
        s3.CorsRule(
            allowed_origins=[origin],
            allowed_methods=allowed,
            allowed_headers=["content-type", "if-none-match", "x-amz-checksum-sha256"],
            max_age=_PREFLIGHT_SECONDS,
        )
        for origin, allowed in methods.items()
    ]
    return rules or None


def _make_lifecycle_rules(profile: Profile) -> list[s3.LifecycleRule]:
    return [
        s3.LifecycleRule(
            id="documents",
            expiration=Duration.days(profile.documents_days),
            noncurrent_version_expiration=_WEEK,
            abort_incomplete_multipart_upload_after=_WEEK,
        ),
        s3.LifecycleRule(id="unfinished", prefix=_INCOMING, expiration=_WEEK),
        s3.LifecycleRule(id="markers", expired_object_delete_marker=True),
    ]
