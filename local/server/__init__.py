"""The embedded server: the Resonate protocol over SQLite tables, in one process with nothing to install.

One request, end to end: http_api.py receives it, embedded.py runs it in a transaction, kinds.py maps it to its rule,
rules/ has the rules, outbox.py stores the messages that they cause, delivery.py sends these after the commit.
It behaves as the real server does; tests/conformance/ runs the same scripts against both.
"""
