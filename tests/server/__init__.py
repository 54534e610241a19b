"""The embedded server's own promises, beyond the protocol: its folder, its process, its memory, its indexes."""
