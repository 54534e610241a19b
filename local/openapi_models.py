"""The schemas of the values that the API takes and answers with, made from the models themselves."""

from typing import Any, Final

from msgspec.json import schema_components
from pydantic.json_schema import models_json_schema

from contract.answers import Done, Problem
from contract.batches import MAX_MANIFEST_BYTES, BatchRequest
from contract.decision import Decision
from contract.functions import INVOCABLE, Invocation
from contract.job import DOCUMENT_MEGABYTES, MEGABYTE, OWN_FIELDS, Approval, DocumentJob
from contract.jobs import JobRequest
from contract.result import DocumentResult
from contract.routes import ROUTES
from contract.schedules import ScheduleRequest
from contract.uploads import Upload, UploadPurpose

type Json = dict[str, Any]

_REFERENCES: Final = "#/components/schemas/{name}"
_NULL: Final = {"type": "null"}
_DECISIONS: Final = [  # to approve a cost is to raise the limit; to approve findings may be to correct them
    {"properties": {"approve": {"const": True}, "maxCostUsd": {"type": "number"}, "corrections": _NULL}}
    | {"required": ["maxCostUsd"]},
    {"properties": {"approve": {"const": True}, "maxCostUsd": _NULL}},
    {"properties": {"approve": {"const": False}, "maxCostUsd": _NULL, "corrections": _NULL}},
]
_DOCUMENTS: Final = [  # a job has one
    {"properties": {"uploadId": {"type": "null"}}, "required": ["documentUrl"]},
    {"properties": {"uploadId": {"type": "string"}}, "required": ["uploadId"], "not": {"required": ["documentUrl"]}},
]

_ITEMS: Final = [  # a batch has them, or a manifest that lists them
    {"properties": {"uploadId": _NULL, "items": {"minItems": 1}}, "required": ["items"]},
    {"properties": {"uploadId": {"type": "string"}, "items": {"maxItems": 0}}, "required": ["uploadId"]},
]

_PURPOSES: Final = [  # each has its own limit
    {"properties": {"purpose": {"const": UploadPurpose.DOCUMENT}}},
    {"properties": {"purpose": {"const": UploadPurpose.MANIFEST}, "size": {"maximum": MAX_MANIFEST_BYTES}}}
    | {"required": ["purpose"]},
]


def describe_models() -> Json:
    """Return the schemas of all models by name. The result, which a worker makes, is pydantic's; others msgspec's."""
    types = {answer for route in ROUTES for answers in route.answers.values() for answer in answers}
    bodies = {route.body for route in ROUTES if route.body}
    _, schemas = schema_components(sorted({*types, *bodies, Problem}, key=str), ref_template=_REFERENCES)
    _, result = models_json_schema(
        [(DocumentResult, "serialization")], ref_template=_REFERENCES.replace("{name}", "{model}")
    )
    schemas[Done.__name__]["properties"]["result"] = refer(DocumentResult)
    schemas[Invocation.__name__]["properties"]["function"]["enum"] = sorted(INVOCABLE)
    schemas[Decision.__name__]["oneOf"] = _DECISIONS
    for job in (DocumentJob, JobRequest):
        schemas[job.__name__]["oneOf"] = _DOCUMENTS
        for name in OWN_FIELDS:
            del schemas[job.__name__]["properties"][name]
    schemas[Upload.__name__]["properties"]["size"]["maximum"] = DOCUMENT_MEGABYTES * MEGABYTE
    schemas[Upload.__name__]["oneOf"] = _PURPOSES
    schemas |= _describe_parts(schemas[JobRequest.__name__])
    schemas[BatchRequest.__name__]["oneOf"] = _ITEMS
    schemas[BatchRequest.__name__]["properties"]["items"]["items"] = refer_to("BatchItem")
    schemas[BatchRequest.__name__]["properties"]["defaults"] = refer_to("BatchDefaults")
    schemas[ScheduleRequest.__name__]["properties"]["job"] = refer_to("ScheduledJob")
    for body in (*bodies, Approval):
        schemas[body.__name__]["additionalProperties"] = False
    return {**{name: _use_plain_patterns(schema) for name, schema in schemas.items()}, **result["$defs"]}


def _describe_parts(job: Json) -> Json:
    """Return the schemas of jobs inside other requests, which have some fields of a job."""

    def without(*names: str) -> Json:
        left = {name: schema for name, schema in job["properties"].items() if name not in names}
        return {"type": "object", "properties": left, "additionalProperties": False}

    return {
        "BatchItem": {**without("requesterId", "documentPassword"), "oneOf": _DOCUMENTS},
        "BatchDefaults": without("requesterId", "documentPassword", "jobId", "documentUrl", "uploadId"),
        "ScheduledJob": {
            **without("jobId", "uploadId", "documentPassword"),
            "required": ["documentUrl", "requesterId"],
        },
    }


def _use_plain_patterns(schema: Any) -> Any:  # noqa: ANN401 any JSON
    r"""Return the schema with patterns that all languages read: `$` ends a text, and JSON has no half characters."""
    if isinstance(schema, dict):
        return {name: _use_plain_patterns(value) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_use_plain_patterns(value) for value in schema]
    return schema.replace(r"\Z", "$").replace(r"\ud800-\udfff", "") if isinstance(schema, str) else schema


def refer(model: type) -> Json:
    """Return a reference to the schema of a model."""
    return refer_to(model.__name__)


def refer_to(name: str) -> Json:
    """Return a reference to the schema of this name."""
    return {"$ref": _REFERENCES.format(name=name)}
