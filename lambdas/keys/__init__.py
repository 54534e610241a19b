"""The custom resource that makes the hosted server's key pair and tokens, once."""
