"""What the official SDKs, unchanged, may expect of a server: of the embedded engine as of the real one."""
