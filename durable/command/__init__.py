"""The command `durable`, for developers and CI: check workflows before they are deployed."""
