"""Checks every link of the path that a document takes, and reports for each whether it works and what to do.

The doctor leaves nothing running. It writes only promises under `probe/` on the server, and settles them.
"""
