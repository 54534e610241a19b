"""Paths of the images that constructs and tests name; a test need not import the CDK for them."""

from typing import Final

CERTIFICATES: Final = "/etc/ssl/rds.pem"  # where the images have RDS' certificate authorities
SERVER_DOCKERFILE: Final = "stacks/server.Dockerfile"
