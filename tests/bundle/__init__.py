"""The trigger's bundle: its contents, and its behaviour in Lambda's own runtime."""
