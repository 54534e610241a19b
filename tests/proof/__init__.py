"""Tests of the function that proves a new server."""
