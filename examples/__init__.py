"""Workflows written with the toolkit, one file each, and a receiver of events; tests/examples/ tests them."""
