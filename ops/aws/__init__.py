"""AWS, through boto3: what fails there ends as one sentence with the command that helps."""
