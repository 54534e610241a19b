"""Durable steps and workflows over the Resonate SDK, and the worker for them; it knows nothing of what they do."""
