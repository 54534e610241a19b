"""Extract a document's summary and the fields of its type, each with its page and quote."""
