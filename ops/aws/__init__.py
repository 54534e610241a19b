"""AWS through boto3: every failure becomes a `UserError` with a remedy."""
