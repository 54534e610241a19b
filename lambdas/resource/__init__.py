"""What the functions of custom resources share: they work within their time, and always answer CloudFormation."""
