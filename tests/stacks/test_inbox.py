"""The bucket announces files in the inbox to a queue that loses none, and a function serves it."""

from importlib import import_module

from .synthesized_app import SynthesizedApp


def test_the_bucket_announces_new_files_of_the_inbox_only(app: SynthesizedApp) -> None:
    bucket = app.find("AWS::S3::Bucket")
    [announced] = bucket.properties["NotificationConfiguration"]["QueueConfigurations"]
    assert announced["Event"] == "s3:ObjectCreated:*"
    assert announced["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "inbox/"}]
    assert app.resolve(bucket.stack, announced["Queue"]) == "<Data/Inbox/Queue.Arn>"
    policy = next(one for one in app.find_all("AWS::SQS::QueuePolicy") if "Inbox/Queue" in one.path)
    [allowed] = [one for one in policy.properties["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    assert (allowed["Principal"], allowed["Action"]) == ({"Service": "s3.amazonaws.com"}, "sqs:SendMessage")
    assert allowed["Condition"]["StringEquals"].keys() == {"aws:SourceAccount"}


def test_a_message_is_kept_for_two_weeks_and_then_not_lost(app: SynthesizedApp) -> None:
    queues = {one.path: one.properties for one in app.find_all("AWS::SQS::Queue")}
    assert queues.keys() == {"Data/Inbox/Queue", "Data/Inbox/Left"}
    assert {one["MessageRetentionPeriod"] for one in queues.values()} == {14 * 24 * 3_600}
    assert queues["Data/Inbox/Queue"]["RedrivePolicy"]["maxReceiveCount"] == 100
    assert all(one["SqsManagedSseEnabled"] for one in queues.values())


def test_a_function_with_the_triggers_code_serves_the_queue(app: SynthesizedApp) -> None:
    function = app.find("AWS::Lambda::Function", "Inbox").properties
    assert function["Code"] == app.find("AWS::Lambda::Function", "Trigger").properties["Code"]
    module, _, name = function["Handler"].rpartition(".")
    assert callable(getattr(import_module(module), name))
    [source] = app.find_all("AWS::Lambda::EventSourceMapping")
    assert source.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = app.find("AWS::SQS::Queue", "Inbox/Queue").properties
    assert function["Timeout"] < queue["VisibilityTimeout"]
