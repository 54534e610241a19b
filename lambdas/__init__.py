"""The Lambda functions, one folder each: what a bundle needs is what its folder imports."""
