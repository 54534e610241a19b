"""Three services that call each other: an HTTP API, workers that process jobs, and a database behind durable calls."""
