"""The HTTP API as clients see it, with a real server and a folder as the object store."""
