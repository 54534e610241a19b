"""Extract a document's summary and the fields of its type, each with the place where it was found."""
