"""The client, against servers that misbehave on purpose and against real ones."""
