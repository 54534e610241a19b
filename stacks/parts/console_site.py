"""The console on the internet: a private bucket with its files, and CloudFront in front of it and of the API.

The page and the API have one origin, as on a laptop: the page's two paths go to the bucket, and all others to the API.
So the page needs no address of the API, the browser asks for no permission before each request, and links work.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from aws_cdk import CustomResource, Duration, RemovalPolicy, Tags
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contract import console_page
from contract.console_page import SignIn
from stacks.acknowledgments import acknowledge, default_policy
from stacks.bundle import ROOT, Bundle
from stacks.function_code import MACHINES, bundle_code
from stacks.profile import Profile
from stacks.web_choices import WebChoices

from .function import ARCHITECTURE, Function
from .unique_name import unique_id

HOLDS: Final = "longhand:holds"  # the tag by which our rules know that a bucket has no data of users
_HANDLER: Final = "lambdas.page.handler.handler"
_ROOMS: Final = ("contract", "lambdas/page", "lambdas/resource")
_LOCK: Final = "lambdas/keys/requirements.txt"
_TIMEOUT: Final = Duration.minutes(2)
# CloudFront caches these errors for ten seconds by default, even if a policy caches nothing. The cache's key lacks the
# token and the query: the 404 for one user would also be sent to the owner of the job.
_KEPT_ERRORS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.NOT_IMPLEMENTED,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_PAGE_PATHS: Final = ("/", f"/{console_page.INDEX}", f"/{console_page.FOLDER}/*")


class ConsoleSite(Construct):
    """The distribution and the bucket. `publish` writes the files, when the identity provider is known."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        choices: WebChoices,
        profile: Profile,
        api_host: str,
        policy_hosts: tuple[str, ...],
    ) -> None:
        super().__init__(scope, id)
        self._profile: Final = profile
        self._bucket: Final = _add_bucket(self)
        # Names of access controls and policies are those of the account, in all regions.
        name = f"longhand-{unique_id()}"
        access = cloudfront.S3OriginAccessControl(self, "Access", origin_access_control_name=name)
        page = cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self._bucket, origin_access_control=access),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=_add_headers(self, name, policy_hosts),
        )
        certificate = choices.certificate and certificates.Certificate.from_certificate_arn(
            self, "Certificate", choices.certificate
        )
        self._distribution: Final = cloudfront.Distribution(
            self,
            "Distribution",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin(api_host),
                # HTTP is not redirected: the first request would have sent its token unencrypted.
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            ),
            additional_behaviors=dict.fromkeys(_PAGE_PATHS, page),
            error_responses=[
                cloudfront.ErrorResponse(http_status=status.value, ttl=Duration.seconds(0)) for status in _KEPT_ERRORS
            ],
            default_root_object=console_page.INDEX,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            domain_names=[choices.domain] if choices.domain else None,
            certificate=certificate or None,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if certificate else None,
            web_acl_id=choices.web_acl,
        )
        _acknowledge_findings(self._distribution, choices)
        self.address: Final = f"https://{choices.domain or self._distribution.distribution_domain_name}/"
        self.target: Final = self._distribution.distribution_domain_name

    def publish(self, sign_in: SignIn) -> None:
        """Write the files into the bucket, and again when they change."""
        bundle = Bundle(rooms=_ROOMS, lock=_LOCK, machine=MACHINES[ARCHITECTURE.name], files=tuple(_list_files()))
        function = Function(
            self,
            "PageFunction",
            profile=self._profile,
            code=bundle_code(bundle),
            handler=_HANDLER,
            description="Writes the files of the console into their bucket",
            timeout=_TIMEOUT,
            memory=256,
        )
        function.allow(["s3:PutObject", "s3:DeleteObject"], self._bucket.arn_for_objects("*"))
        function.allow(["s3:ListBucket"], self._bucket.bucket_arn)
        reason = "the bucket holds the files of the page, and the function writes each of them"
        resource = self._bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        acknowledge(
            default_policy(function.role),
            f"AwsSolutions-IAM5[Resource::<{self._bucket.stack.get_logical_id(resource)}.Arn>/*]",
            reason,
        )
        files = CustomResource(
            self,
            "Files",
            service_token=function.function.function_arn,
            resource_type="Custom::Page",
            service_timeout=_TIMEOUT.plus(Duration.minutes(1)),
            properties={
                "Bucket": self._bucket.bucket_name,
                "Provider": sign_in.provider,
                "Client": sign_in.client,
                "Version": bundle.digest(),  # CloudFormation calls the function again when the files change
            },
        )
        files.node.add_dependency(function)  # and on the policy of its role


def _list_files() -> Iterator[str]:
    for file in console_page.list_files(ROOT / console_page.FOLDER).values():
        yield str(file.relative_to(ROOT))


def _add_bucket(scope: Construct) -> s3.Bucket:
    """Add a bucket that only the distribution reads. The function empties it before it is deleted."""
    bucket = s3.Bucket(
        scope,
        "Bucket",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        removal_policy=RemovalPolicy.DESTROY,
    )
    Tags.of(bucket).add(HOLDS, "page")
    acknowledge(bucket, "AwsSolutions-S1", "only the distribution reads it, and its files are in our repository")
    return bucket


def _add_headers(scope: Construct, name: str, hosts: tuple[str, ...]) -> cloudfront.ResponseHeadersPolicy:
    """Add the headers of a laptop. The policy allows two further hosts, and browsers keep to HTTPS for a year."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "Headers",
        response_headers_policy_name=name,
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=console_page.make_policy(hosts), override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(365), include_subdomains=False, override=True
            ),
        ),
    )


def _acknowledge_findings(distribution: cloudfront.Distribution, choices: WebChoices) -> None:
    reasons = {
        "AwsSolutions-CFR1": "reviewers may be in any country; who may sign in is up to the user pool",
        "AwsSolutions-CFR3": "the API's own log has each call, and the files of the page are the same for all visitors",
    }
    if not choices.web_acl:
        reasons["AwsSolutions-CFR2"] = "a web ACL of the operator is a choice: -c webAcl=..."
    if not choices.certificate:
        reasons["AwsSolutions-CFR4"] = (
            "the domain is CloudFront's, whose certificate sets no minimum; -c domain=... does"
        )
    for rule, reason in reasons.items():
        acknowledge(distribution, rule, reason)
