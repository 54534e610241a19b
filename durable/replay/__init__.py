"""The replay gate: jobs that were recorded are replayed through the present code, which must make the same calls."""
