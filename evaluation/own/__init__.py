"""A small set of documents with known truth, made in code: every name and figure in it is invented."""
