"""Finds what breaks a replay in the source of workflows and steps, by their syntax trees alone."""
