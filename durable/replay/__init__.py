"""The replay gate: recorded jobs are replayed through the present code, which must make the same calls."""
