"""The infrastructure: what `cdk deploy` stands up, as stacks that compose constructs."""
