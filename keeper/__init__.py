"""The sidecar of the hosted server: it ends old history, keeps the tag index and publishes gauges.

It is the one other user of the server's database, and runs in the server's own task so that no second way leads there.
"""
