"""The keys function: called as Lambda calls it, with Secrets Manager's protocol and a real response url."""
