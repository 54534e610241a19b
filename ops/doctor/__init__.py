"""Looks at every link of the chain that a document goes along, and says of each whether it holds and what helps.

It leaves nothing running. What it writes on the engine are a few promises under `probe/` that it settles itself.
"""
