"""The embedded server: the Resonate protocol over SQLite tables, in one process with nothing to install.

One request, end to end: front.py takes it, embedded.py runs it in a transaction, kinds.py names its rule, rules/ is
what it does, outbox.py keeps the messages that follow from it, delivery.py sends them once they are committed.
It cannot be told from the real server; tests/conformance/ holds both to the same script.
"""
