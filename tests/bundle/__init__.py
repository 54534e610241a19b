"""The trigger's bundle: what is in it, and what it does in Lambda's own runtime."""
