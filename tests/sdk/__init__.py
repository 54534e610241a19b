"""What the official SDKs, unchanged, may expect of a server: of the embedded server as of the real one."""
