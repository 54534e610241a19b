"""Constructs that hold the resources. The stacks compose them and grant them access to each other."""
