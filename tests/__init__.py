"""The tests: a folder for each room, and conformance/ for the rules of any Resonate server."""
