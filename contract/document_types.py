"""The types of documents as the API lists them."""

from .api_value import ApiValue


class KnownType(ApiValue, frozen=True):
    """A type that a job may have."""

    name: str


class DocumentTypes(ApiValue, frozen=True):
    """200: the types that the workers know: the built-in ones, and those of the deployment's own files."""

    types: tuple[KnownType, ...]
