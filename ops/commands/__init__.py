"""One module a command: from its options to its exit code."""
