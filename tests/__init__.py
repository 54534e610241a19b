"""The tests: a folder for each room, and conformance/ for what holds of any Resonate server."""
