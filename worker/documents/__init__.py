"""What is known of documents: their kinds, and how their pages become text, in child processes."""
