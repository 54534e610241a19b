"""The `longhand` command: submit and watch jobs, check, deploy and tear down a system, on a laptop or on AWS."""
