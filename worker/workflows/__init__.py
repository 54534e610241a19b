"""The workflows of the worker: a document from its download to its notice, and what runs beside it."""
