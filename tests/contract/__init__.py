"""What both sides agree on, as running systems have it: these constants are in databases that outlive a deployment."""
