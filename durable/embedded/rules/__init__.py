"""The rules: one small function per kind of request, (tx, request) -> answer."""
