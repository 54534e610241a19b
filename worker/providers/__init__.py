"""What every call of an outside provider needs: retries, log lines of refusals, and answers that can be stored."""
