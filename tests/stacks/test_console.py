"""The console on AWS: who reads its bucket, what a browser may do, and who may sign in."""

import pytest

from contract.console_page import make_policy

from .conftest import CERTIFICATE, OPENAI_MODEL, SMALL_CONSOLE, WEB_ACL, Synth
from .synthesized_app import Json, SynthesizedApp
from .test_operation import EXEC_ROLES
from .test_permissions import PAGE_BUCKET, PAGE_ROLE, SMALL_ROLES, find_extra_permissions

DOMAIN = "<Api/Console/Site/Distribution.DomainName>"
PAGE_PATHS = {"/", "/index.html", "/console/*"}


@pytest.fixture(scope="module")
def console(synth: Synth) -> SynthesizedApp:
    return synth(*SMALL_CONSOLE)


@pytest.fixture(scope="module")
def own_domain(synth: Synth) -> SynthesizedApp:
    return synth(*OPENAI_MODEL)


def distribution(app: SynthesizedApp) -> Json:
    config = app.resolve("Api", app.find("AWS::CloudFront::Distribution").properties["DistributionConfig"])
    assert isinstance(config, dict)
    return config


def test_only_the_distribution_reads_the_files(console: SynthesizedApp) -> None:
    bucket = console.find("AWS::S3::Bucket", "Console").properties
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    policy = console.find("AWS::S3::BucketPolicy", "Console").properties["PolicyDocument"]["Statement"]
    [allowed] = [console.resolve("Api", one) for one in policy if one["Effect"] == "Allow"]
    assert allowed == {
        "Action": "s3:GetObject",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Resource": f"{PAGE_BUCKET}/*",
        "Condition": {
            "StringEquals": {
                "AWS:SourceArn": "arn:<AWS::Partition>:cloudfront::<AWS::AccountId>"
                ":distribution/<Api/Console/Site/Distribution>"
            }
        },
    }
    [origin] = [one for one in distribution(console)["Origins"] if "S3OriginConfig" in one]
    assert origin["OriginAccessControlId"] == "<Api/Console/Site/Access.Id>"


def test_one_function_writes_the_files_and_may_do_nothing_else(console: SynthesizedApp, small: SynthesizedApp) -> None:
    assert find_extra_permissions(console, SMALL_ROLES) == PAGE_ROLE | EXEC_ROLES
    assert not small.find_all("AWS::CloudFront::Distribution", "AWS::Cognito::UserPool", "Custom::Page")


def test_page_and_api_are_one_origin_and_https_alone_reaches_them(console: SynthesizedApp) -> None:
    """A request with a token is never redirected, because the first one would have been readable."""
    config = distribution(console)
    hosts = {one["Id"]: one["DomainName"] for one in config["Origins"]}
    api = config["DefaultCacheBehavior"]
    assert hosts[api["TargetOriginId"]] == "<Api/HttpApi/Api>.execute-api.<AWS::Region>.<AWS::URLSuffix>"
    assert api["ViewerProtocolPolicy"] == "https-only"
    assert {"GET", "POST", "DELETE"} <= set(api["AllowedMethods"])
    pages = {one["PathPattern"]: one for one in config["CacheBehaviors"]}
    assert pages.keys() == PAGE_PATHS
    assert {hosts[one["TargetOriginId"]] for one in pages.values()} == {"<Api/Console/Site/Bucket.RegionalDomainName>"}
    assert {one["ViewerProtocolPolicy"] for one in pages.values()} == {"redirect-to-https"}
    assert {one["ResponseHeadersPolicyId"] for one in pages.values()} == {"<Api/Console/Site/Headers>"}
    assert config["DefaultRootObject"] == "index.html"


def test_no_answer_of_the_api_is_cached_and_it_gets_the_token(console: SynthesizedApp) -> None:
    """By AWS' own policies: no cache, and all headers of the browser except its Host."""
    api = distribution(console)["DefaultCacheBehavior"]
    assert api["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert api["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def test_an_error_that_one_user_got_is_no_answer_to_another(console: SynthesizedApp) -> None:
    """CloudFront keeps these errors for ten seconds by default, whatever the policy of the cache says."""
    seconds = {one["ErrorCode"]: one["ErrorCachingMinTTL"] for one in distribution(console)["CustomErrorResponses"]}
    assert seconds == dict.fromkeys([400, 403, 404, 405, 414, 500, 501, 502, 503, 504], 0)


def test_the_headers_are_those_of_a_laptop_with_the_hosts_of_sign_in_and_documents(console: SynthesizedApp) -> None:
    headers = console.resolve("Api", console.find("AWS::CloudFront::ResponseHeadersPolicy").properties)
    assert isinstance(headers, dict)
    security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    hosts = (
        "https://<Api/Console/Users/Pool/Domain>.auth.<AWS::Region>.amazoncognito.com",
        "https://<Data/Documents/Bucket.RegionalDomainName>",
        "https://s3.<AWS::Region>.<AWS::URLSuffix>/<Data/Documents/Bucket>/",
    )
    assert security["ContentSecurityPolicy"] == {"ContentSecurityPolicy": make_policy(hosts), "Override": True}
    assert security["ReferrerPolicy"] == {"ReferrerPolicy": "no-referrer", "Override": True}
    assert security["ContentTypeOptions"] == {"Override": True}
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 365 * 24 * 3600


def test_users_are_invited_and_have_a_second_factor(console: SynthesizedApp) -> None:
    pool = console.find("AWS::Cognito::UserPool").properties
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert console.find("AWS::Cognito::UserPoolDomain").properties["ManagedLoginVersion"] == 2
    style = console.find("AWS::Cognito::ManagedLoginBranding").properties
    assert console.resolve("Api", style["ClientId"]) == "<Api/Console/Users/Pool/Page>"


def test_the_page_is_a_client_without_a_secret_that_gets_a_code_for_its_own_address(console: SynthesizedApp) -> None:
    client = console.resolve("Api", console.find("AWS::Cognito::UserPoolClient").properties)
    assert isinstance(client, dict)
    assert client["GenerateSecret"] is False
    assert (client["AllowedOAuthFlows"], client["AllowedOAuthScopes"]) == (["code"], ["openid"])
    assert client["CallbackURLs"] == client["LogoutURLs"] == [f"https://{DOMAIN}/"]
    assert (client["AccessTokenValidity"], client["RefreshTokenValidity"]) == (15, 600)
    assert client["RefreshTokenRotation"]["Feature"] == "ENABLED"
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in client["ExplicitAuthFlows"], "AWS refuses it beside the rotation"


def test_the_api_takes_the_tokens_of_the_pool(console: SynthesizedApp, own_domain: SynthesizedApp) -> None:
    page = "<Api/Console/Users/Pool/Page>"
    for app, audience in ((console, [page]), (own_domain, [page, "programs"])):
        authorizer = app.resolve("Api", app.find("AWS::ApiGatewayV2::Authorizer").properties["JwtConfiguration"])
        assert authorizer == {"Issuer": "<Api/Console/Users/Pool.ProviderURL>", "Audience": audience}
        assert "CorsConfiguration" not in app.find("AWS::ApiGatewayV2::Api").properties


def test_the_group_of_administrators_is_the_one_that_the_trigger_knows(console: SynthesizedApp) -> None:
    group = console.find("AWS::Cognito::UserPoolGroup").properties["GroupName"]
    variables = console.find("AWS::Lambda::Function", "Trigger").properties["Environment"]["Variables"]
    assert variables["ADMIN_GROUP"] == group == "admin"


def test_the_page_sends_uploads_to_the_bucket_and_reads_files_there(
    console: SynthesizedApp, own_domain: SynthesizedApp
) -> None:
    for app, origin in ((console, "https://*.cloudfront.net"), (own_domain, "https://documents.example.com")):
        bucket = app.find("AWS::S3::Bucket", "Documents").properties
        [rule] = bucket["CorsConfiguration"]["CorsRules"]
        assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == ([origin], ["PUT", "GET"])


def test_the_files_are_written_again_when_they_change(console: SynthesizedApp) -> None:
    files = console.resolve("Api", console.find("Custom::Page").properties)
    assert isinstance(files, dict)
    assert files["Client"] == "<Api/Console/Users/Pool/Page>"
    assert files["Provider"] == "https://<Api/Console/Users/Pool/Domain>.auth.<AWS::Region>.amazoncognito.com"
    assert len(files["Version"]) == 64


def test_a_domain_of_the_operators_has_their_certificate_and_firewall(own_domain: SynthesizedApp) -> None:
    config = distribution(own_domain)
    assert config["Aliases"] == ["documents.example.com"]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == CERTIFICATE
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["WebACLId"] == WEB_ACL
    client = own_domain.find("AWS::Cognito::UserPoolClient").properties
    assert client["CallbackURLs"] == ["https://documents.example.com/"]


def test_production_keeps_its_users(console: SynthesizedApp, own_domain: SynthesizedApp) -> None:
    kept = own_domain.find("AWS::Cognito::UserPool")
    assert (kept.properties["DeletionProtection"], kept.body["DeletionPolicy"]) == ("ACTIVE", "RetainExceptOnCreate")
    assert console.find("AWS::Cognito::UserPool").body["DeletionPolicy"] == "Delete"
    for app in (console, own_domain):
        assert app.find("AWS::S3::Bucket", "Console").body["DeletionPolicy"] == "Delete"


def test_outputs_name_the_address_and_the_users(console: SynthesizedApp) -> None:
    outputs = console.templates["Root"]["Outputs"]
    targets = {name: console.resolve("Root", outputs[name]["Value"]) for name in ("ConsoleUrl", "UserPool")}
    assert targets == {"ConsoleUrl": f"https://{DOMAIN}/", "UserPool": "<Api/Console/Users/Pool>"}
