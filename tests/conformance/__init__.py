"""What holds of any Resonate server, run against the embedded server and the real one."""
