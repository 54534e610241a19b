"""What each request does: one small function a kind, (turn, request) -> answer, inside one transaction."""
