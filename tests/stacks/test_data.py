"""Data is private, encrypted, and kept as long as its profile says."""

import pytest

from .conftest import OPEN_API, PROFILES, Synth
from .synthesized_app import Json, SynthesizedApp


def test_the_database_is_encrypted_requires_tls_and_has_backups(app: SynthesizedApp) -> None:
    body = app.find("AWS::RDS::DBInstance").properties
    assert body["StorageEncrypted"] is True
    assert body["PubliclyAccessible"] is False
    assert body["BackupRetentionPeriod"] >= 7
    assert body["Engine"] == "postgres"
    assert body["EngineVersion"] == "17"  # AWS retires minor versions, and then creates no database with one
    assert app.find("AWS::RDS::DBParameterGroup").properties["Parameters"] == {"rds.force_ssl": "1"}


def test_the_databases_password_is_safe_in_a_url(app: SynthesizedApp) -> None:
    generated = app.find("AWS::SecretsManager::Secret", "Database").properties["GenerateSecretString"]
    printable = {chr(code) for code in range(32, 127)}
    left = printable - set(generated["ExcludeCharacters"])
    assert all(character.isascii() and character.isalnum() for character in left)
    assert generated["PasswordLength"] >= 30


def test_a_replaced_database_leaves_a_snapshot(app: SynthesizedApp) -> None:
    assert app.find("AWS::RDS::DBInstance").body["UpdateReplacePolicy"] == "Snapshot"


def test_production_has_a_standby_and_keeps_its_data(production: SynthesizedApp) -> None:
    database = production.find("AWS::RDS::DBInstance")
    assert database.properties["MultiAZ"] is True
    assert database.properties["DeletionProtection"] is True
    assert database.body["DeletionPolicy"] == "Snapshot"
    logs = {one.path: one.body["DeletionPolicy"] for one in production.find_all("AWS::Logs::LogGroup")}
    # The name of this one is fixed, so a log that stays would prevent a new stack. It holds ECS' reasons for stops.
    assert logs.pop("Observability/TaskStops/Log") == "Delete"
    assert set(logs.values()) == {"Retain"}
    keys = [one for one in production.find_all("AWS::SecretsManager::Secret") if "Keys" in one.path]
    for one in (*keys, *production.find_all("AWS::KMS::Key", "AWS::S3::Bucket")):
        assert one.body["DeletionPolicy"] == "RetainExceptOnCreate"  # a failed first deployment leaves nothing
        assert one.body["UpdateReplacePolicy"] == "Retain"


def test_the_small_profile_leaves_nothing_behind_but_documents(small: SynthesizedApp) -> None:
    kept = [one.path for one in small.find_all(*KINDS) if one.body.get("DeletionPolicy", "Delete") != "Delete"]
    assert kept == ["Data/Documents/Bucket"]


KINDS = ("AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret")


def test_the_document_bucket_refuses_the_public_and_plain_http(app: SynthesizedApp) -> None:
    bucket = app.find("AWS::S3::Bucket").properties
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    statements = app.find("AWS::S3::BucketPolicy").properties["PolicyDocument"]["Statement"]
    denied = [one for one in statements if one["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [one["Condition"] for one in denied]
    assert [one for one in statements if one["Effect"] != "Deny"] == []


def test_only_pages_of_the_chosen_origins_may_send_uploads(synth: Synth, small: SynthesizedApp) -> None:
    [rule] = synth(*OPEN_API).find("AWS::S3::Bucket").properties["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["https://a.example"], ["PUT"])
    assert "CorsConfiguration" not in small.find("AWS::S3::Bucket").properties


def test_documents_expire_after_the_days_of_the_profile(small: SynthesizedApp) -> None:
    rules: list[Json] = small.find("AWS::S3::Bucket").properties["LifecycleConfiguration"]["Rules"]
    by_id = {rule["Id"]: rule for rule in rules}
    assert by_id["documents"]["ExpirationInDays"] == 60
    assert "Prefix" not in by_id["documents"], "paid answers quote documents, so they expire with them"
    assert by_id["unfinished"] == {
        "Id": "unfinished",
        "Prefix": "incoming/",
        "Status": "Enabled",
        "ExpirationInDays": 7,
    }
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_production_encrypts_with_a_rotating_key_of_its_own(production: SynthesizedApp, small: SynthesizedApp) -> None:
    assert production.find("AWS::KMS::Key").properties["EnableKeyRotation"] is True
    [rule] = production.find("AWS::S3::Bucket").properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    for topic in production.find_all("AWS::SNS::Topic"):
        assert "KmsMasterKeyId" in topic.properties
    assert not small.find_all("AWS::KMS::Key")


# The services that may publish to each topic. The worker's role has its own permission.
PUBLISHERS = {"Data/JobEvents": [], "Observability/Alarms": ["cloudwatch.amazonaws.com"]}


@pytest.mark.parametrize("path", PUBLISHERS)
def test_a_topic_refuses_plain_http_and_other_publishers(app: SynthesizedApp, path: str) -> None:
    assert {one.path for one in app.find_all("AWS::SNS::Topic")} == PUBLISHERS.keys()
    statements = app.find("AWS::SNS::TopicPolicy", path).properties["PolicyDocument"]["Statement"]
    [deny] = [one for one in statements if one["Effect"] == "Deny"]
    assert (deny["Principal"], deny["Condition"]) == ("*", {"Bool": {"aws:SecureTransport": "false"}})
    allowed = [one["Principal"] for one in statements if one["Effect"] == "Allow"]
    assert allowed == [{"Service": service} for service in PUBLISHERS[path]]


@pytest.mark.parametrize(("profile", "days"), [("small", 30), ("production", 365)])
def test_every_log_has_the_retention_of_the_profile(synth: Synth, profile: str, days: int) -> None:
    groups = synth(*PROFILES[profile]).find_all("AWS::Logs::LogGroup")
    assert {one.properties["RetentionInDays"] for one in groups} == {days}
