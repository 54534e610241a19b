"""The sidecar of the hosted server: it deletes old history, maintains indexes and publishes gauges.

It is the only other client of the server's database, and runs in the server's own task: no other task needs access.
"""
