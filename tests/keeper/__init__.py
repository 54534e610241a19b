"""The keeper on a real Postgres, beside the real server."""
