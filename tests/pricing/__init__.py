"""The cost of an idle system."""
