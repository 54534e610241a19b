"""A small generated set of documents with known values: every name and figure is invented."""
