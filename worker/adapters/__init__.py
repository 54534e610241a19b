"""What the worker reaches outside itself, and the server is not: the object store, and the channels of notices."""
