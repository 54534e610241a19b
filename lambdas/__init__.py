"""The Lambda functions, one folder each. A bundle has the code that its folder imports."""
