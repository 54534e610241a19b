"""The worker's access to the object store and to the channels of notices."""
