"""What the warm process imports before it forks the command: AWS' services as most commands use them."""

from tests.aws_models import parse_models

parse_models("cloudformation", "ec2", "ecs", "iam", "lambda", "logs", "rds", "s3", "service-quotas", "sts")
