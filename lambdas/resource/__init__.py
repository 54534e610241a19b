"""What the functions of custom resources share: time limits, and an answer to CloudFormation in every case."""
