"""The HTTP API as a client sees it, over a real engine and a folder as the object store."""
