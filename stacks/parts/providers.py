"""The permissions of workers for AWS' own providers: only the chosen providers, and only the chosen model.

Workers reach them over TLS, from a public address or through NAT. An endpoint in the network would cost by the hour,
also without requests.
"""

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from contract.engines import AnalyzerKind, OcrEngine
from stacks.acknowledgments import acknowledge, default_policy
from stacks.processing_choices import GEOGRAPHIES, ProcessingChoices

_BEDROCK_ACTIONS: Final = ["bedrock:InvokeModel"]  # Converse needs it
_STREAM_ACTIONS: Final = ["bedrock:InvokeModelWithResponseStream"]  # and ConverseStream this one
_TEXTRACT_ACTIONS: Final = ["textract:DetectDocumentText"]


def grant_providers(role: iam.IRole, processing: ProcessingChoices) -> None:
    """Allow the role the requests that the chosen OCR engine and analyzer make."""
    if processing.ocr is OcrEngine.TEXTRACT:
        role.add_to_principal_policy(iam.PolicyStatement(actions=_TEXTRACT_ACTIONS, resources=["*"]))
        reason = "Textract has no resources that a permission could name: it reads the bytes in the request"
        acknowledge(default_policy(role), "AwsSolutions-IAM5[Resource::*]", reason)
    if processing.provider == AnalyzerKind.BEDROCK:
        geography, _, model = processing.model.partition(".")
        if geography in GEOGRAPHIES:
            _allow_profile(role, _list_actions(processing), profile=processing.model, model=model)
        else:
            model_here = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}::foundation-model/{processing.model}"
            role.add_to_principal_policy(iam.PolicyStatement(actions=_list_actions(processing), resources=[model_here]))


def _list_actions(processing: ProcessingChoices) -> list[str]:
    return [*_BEDROCK_ACTIONS, *(_STREAM_ACTIONS if processing.streams else [])]


def _allow_profile(role: iam.IRole, actions: list[str], *, profile: str, model: str) -> None:
    """Allow the inference profile, and its model in all regions, but only through the profile."""
    here = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{profile}"
    anywhere = f"arn:{Aws.PARTITION}:bedrock:*::foundation-model/{model}"
    through = {"ArnEquals": {"bedrock:InferenceProfileArn": here}}
    role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[here]))
    role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[anywhere], conditions=through))
    finding = f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/{model}]"
    reason = (
        "AWS chooses the region where a profile asks the model; the condition allows no request outside the profile"
    )
    acknowledge(default_policy(role), finding, reason)
