"""The values and names that programs share: running systems have them in databases that outlive a deployment."""
