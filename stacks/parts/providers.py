"""Providers of AWS' own that a worker may ask: those that were chosen, and of them what was chosen.

Workers reach them as they reach everything else, by TLS from a public address or through NAT: an endpoint in the
network would cost by the hour, also while nobody asks.
"""

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from stacks.acknowledgments import acknowledge, default_policy
from stacks.processing_choices import BEDROCK, ProcessingChoices

# How a profile's id begins, which spreads requests over the regions of a geography; a model's begins with its maker.
GEOGRAPHIES: Final = ("us", "eu", "apac", "jp", "au", "ca", "in", "global", "us-gov")
_INVOKE: Final = ["bedrock:InvokeModel"]  # what Converse asks for
_RECOGNIZE: Final = ["textract:DetectDocumentText"]


def grant_providers(role: iam.IRole, work: ProcessingChoices) -> None:
    """Let it ask them, if one was chosen."""
    if work.ocr == "textract":
        role.add_to_principal_policy(iam.PolicyStatement(actions=_RECOGNIZE, resources=["*"]))
        reason = "Textract has no resources that a permission could name: it reads what it is sent"
        acknowledge(default_policy(role), "AwsSolutions-IAM5[Resource::*]", reason)
    if work.provider == BEDROCK:
        geography, _, model = work.model.partition(".")
        if geography in GEOGRAPHIES:
            _allow_profile(role, profile=work.model, model=model)
        else:
            model_here = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}::foundation-model/{work.model}"
            role.add_to_principal_policy(iam.PolicyStatement(actions=_INVOKE, resources=[model_here]))


def _allow_profile(role: iam.IRole, *, profile: str, model: str) -> None:
    """Allow the profile, and the model wherever the profile may ask it, but on no other way."""
    here = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{profile}"
    anywhere = f"arn:{Aws.PARTITION}:bedrock:*::foundation-model/{model}"
    through = {"ArnEquals": {"bedrock:InferenceProfileArn": here}}
    role.add_to_principal_policy(iam.PolicyStatement(actions=_INVOKE, resources=[here]))
    role.add_to_principal_policy(iam.PolicyStatement(actions=_INVOKE, resources=[anywhere], conditions=through))
    finding = f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/{model}]"
    reason = "AWS decides in which regions of its geography a profile asks the model; the condition allows no other way"
    acknowledge(default_policy(role), finding, reason)
