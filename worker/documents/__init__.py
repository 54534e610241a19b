"""Document types, and the reading of their pages in child processes."""
