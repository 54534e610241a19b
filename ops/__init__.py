"""The `longhand` command: submit, look, prove, deploy and tear down, against a laptop or AWS."""
