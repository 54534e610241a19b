"""What holds of any Resonate server, run against the embedded engine and the real one."""
