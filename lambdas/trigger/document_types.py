"""GET /types: the types of documents that a job may have, those of the deployment's own files among them."""

from http import HTTPStatus

from contract.document_types import DocumentTypes, KnownType

from .gateway import Request, Response
from .ports import Ports
from .request import refuse_parameters


def answer(ports: Ports, request: Request) -> Response:
    """Answer one request."""
    refuse_parameters(request.query)
    return Response(HTTPStatus.OK, DocumentTypes(types=tuple(KnownType(name=str(name)) for name in ports.types)))
