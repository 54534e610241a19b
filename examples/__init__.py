"""Workflows written with the toolkit, one file each; docs/toolkit.md explains them, tests/examples/ tests them."""
