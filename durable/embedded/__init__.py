"""The embedded server: the Resonate protocol over SQLite tables, in one process with nothing to install.

One request, end to end: http_connection.py receives it, turns.py collects it with those that wait, embedded.py answers
them in one transaction, kinds.py maps each to its rule, rules/ has the rules, outbox.py stores the messages that they
cause, and turns.py sends answers and messages after the commit.
It behaves as the real server does; tests/conformance/ runs the same scripts against both.
"""
