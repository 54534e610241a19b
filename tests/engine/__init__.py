"""The embedded engine's own promises, beyond the protocol: its folder, its process, its memory, its indexes."""
