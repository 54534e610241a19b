"""The keys function: called as Lambda calls it, over Secrets Manager's protocol, answering to a real address."""
