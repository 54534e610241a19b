"""What has data is closed, encrypted, kept as long as its profile says, and outlives what it should."""

import pytest

from .conftest import Synth
from .synthesized_app import Json, SynthesizedApp


def test_the_database_is_encrypted_speaks_tls_only_and_is_backed_up(either: SynthesizedApp) -> None:
    body = either.one("AWS::RDS::DBInstance").properties
    assert body["StorageEncrypted"] is True
    assert body["PubliclyAccessible"] is False
    assert body["BackupRetentionPeriod"] >= 7
    assert body["Engine"] == "postgres"
    assert either.one("AWS::RDS::DBParameterGroup").properties["Parameters"] == {"rds.force_ssl": "1"}


def test_the_databases_password_is_safe_in_a_url(either: SynthesizedApp) -> None:
    made = either.one("AWS::SecretsManager::Secret", "Database").properties["GenerateSecretString"]
    printable = {chr(code) for code in range(32, 127)}
    left = printable - set(made["ExcludeCharacters"])
    assert all(character.isascii() and character.isalnum() for character in left)
    assert made["PasswordLength"] >= 30


def test_production_has_a_standby_and_does_not_let_go_of_its_data(production: SynthesizedApp) -> None:
    database = production.one("AWS::RDS::DBInstance")
    assert database.properties["MultiAZ"] is True
    assert database.properties["DeletionProtection"] is True
    assert database.body["DeletionPolicy"] == "Snapshot"
    assert {one.body["DeletionPolicy"] for one in production.all("AWS::Logs::LogGroup")} == {"Retain"}
    keys = [one for one in production.all("AWS::SecretsManager::Secret") if "Keys" in one.path]
    for one in (*keys, *production.all("AWS::KMS::Key", "AWS::S3::Bucket")):
        assert one.body["DeletionPolicy"] == "RetainExceptOnCreate"  # of a first deployment that failed, nothing stays
        assert one.body["UpdateReplacePolicy"] == "Retain"


def test_the_small_profile_leaves_nothing_behind_but_documents(small: SynthesizedApp) -> None:
    kept = [one.path for one in small.all(*KINDS) if one.body.get("DeletionPolicy", "Delete") != "Delete"]
    assert kept == ["Data/Documents/Bucket"]


KINDS = ("AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret")


def test_documents_are_closed_to_the_public_and_to_plain_http(either: SynthesizedApp) -> None:
    bucket = either.one("AWS::S3::Bucket").properties
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    statements = either.one("AWS::S3::BucketPolicy").properties["PolicyDocument"]["Statement"]
    denied = [one for one in statements if one["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [one["Condition"] for one in denied]
    assert [one for one in statements if one["Effect"] != "Deny"] == []


def test_documents_are_deleted_after_the_profiles_time_and_not_before(small: SynthesizedApp) -> None:
    rules: list[Json] = small.one("AWS::S3::Bucket").properties["LifecycleConfiguration"]["Rules"]
    by_id = {rule["Id"]: rule for rule in rules}
    assert by_id["documents"]["ExpirationInDays"] == 60
    assert "Prefix" not in by_id["documents"], "what was paid for says what documents say, and goes when they do"
    assert by_id["unfinished"] == {
        "Id": "unfinished",
        "Prefix": "incoming/",
        "Status": "Enabled",
        "ExpirationInDays": 7,
    }
    assert {rule["Status"] for rule in rules} == {"Enabled"}


def test_production_encrypts_with_a_key_of_its_own_that_is_renewed(
    production: SynthesizedApp, small: SynthesizedApp
) -> None:
    assert production.one("AWS::KMS::Key").properties["EnableKeyRotation"] is True
    [rule] = production.one("AWS::S3::Bucket").properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    for topic in production.all("AWS::SNS::Topic"):
        assert "KmsMasterKeyId" in topic.properties
    assert not small.all("AWS::KMS::Key")


# Who may publish, beside this account's own roles: the worker's says so itself. A topic with a policy has no other one.
PUBLISHERS = {"Data/JobEvents": [], "Observability/Alarms": ["cloudwatch.amazonaws.com"]}


@pytest.mark.parametrize("path", PUBLISHERS)
def test_a_topic_refuses_plain_http_and_others_than_its_publishers(either: SynthesizedApp, path: str) -> None:
    assert {one.path for one in either.all("AWS::SNS::Topic")} == PUBLISHERS.keys()
    statements = either.one("AWS::SNS::TopicPolicy", path).properties["PolicyDocument"]["Statement"]
    [refused] = [one for one in statements if one["Effect"] == "Deny"]
    assert (refused["Principal"], refused["Condition"]) == ("*", {"Bool": {"aws:SecureTransport": "false"}})
    allowed = [one["Principal"] for one in statements if one["Effect"] == "Allow"]
    assert allowed == [{"Service": service} for service in PUBLISHERS[path]]


@pytest.mark.parametrize(("profile", "days"), [("small", 30), ("production", 365)])
def test_every_log_has_an_end(synth: Synth, profile: str, days: int) -> None:
    groups = synth(f"profile={profile}").all("AWS::Logs::LogGroup")
    assert {one.properties["RetentionInDays"] for one in groups} == {days}
