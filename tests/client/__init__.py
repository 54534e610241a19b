"""The typed client, blocking and asynchronous."""
