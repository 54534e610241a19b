"""The worker: which delivered tasks run, for how long they may, and how they end."""
