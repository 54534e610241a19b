"""The custom resource that creates the hosted server's key pair and tokens."""
