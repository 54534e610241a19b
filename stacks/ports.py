"""The ports that our programs listen on, for containers, security groups and addresses."""

from typing import Final

SERVER: Final = 8001
KEEPER: Final = 8002  # its queries, for the trigger
METRICS: Final = 9090  # the server's; only the keeper beside it reads it
HEALTH: Final = 8080  # the worker's; only its own health check asks
DATABASE: Final = 5432
HTTPS: Final = 443
