"""What the warm process imports before it forks a hosted worker: AWS' library and its description of SNS."""

import boto3  # type: ignore[import-untyped]  # noqa: F401 it has no types

from tests.aws_models import parse_models

parse_models("sns")
