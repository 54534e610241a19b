"""Durable workflows in functions: the function worker, the bridge that calls it, and Lambda's handler."""
