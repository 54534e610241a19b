"""The process that does the work: the workflow of a document, its steps, and what they know of documents."""
