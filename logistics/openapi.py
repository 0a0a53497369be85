"""What the description of the API says beyond what ninja finds out: bodies that views read themselves, and problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

JSON: Final = "application/json"
_REF: Final = "#/components/schemas/{model}"

# Schemas of bodies that a view reads itself: `NinjaAPI` only knows those it reads.
schemas: Final[dict[str, Any]] = {}


def reference(model: type[BaseModel]) -> dict[str, str]:
    """Return a reference to a model's schema, which will stand among the components."""
    schema = model.model_json_schema(ref_template=_REF)
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": _REF.format(model=model.__name__)}


def body(model: type[BaseModel], *, examples: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `requestBody` of an operation that reads one JSON object; `examples` are bodies by name."""
    return {
        "required": True,
        "content": {
            JSON: {
                "schema": reference(model),
                "examples": {name: {"value": value} for name, value in examples.items()},
            }
        },
    }


def header(name: str, description: str, *, schema: Mapping[str, Any], required: bool = True) -> dict[str, Any]:
    """Return the parameter that describes a request header."""
    return {"in": "header", "name": name, "required": required, "description": description, "schema": dict(schema)}


PROBLEM_SCHEMA: Final = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `type` is an address of ours that says what it means and what to do.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/insufficient-stock"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "Also in X-Request-ID and in our log."},
        "errors": {
            "type": "array",
            "description": "Everything wrong with the input, not only the first.",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "RFC 6901, into the body; else /path/name, /query/name or /header/name.",
                        "examples": ["/lines/0/quantity"],
                    },
                    "code": {"type": "string", "examples": ["unknown-item"]},
                    "detail": {"type": "string"},
                    "line": {
                        "type": ["string", "null"],
                        "description": "Of a voucher: the line's id; null: the header.",
                    },
                    "member": {"type": "string", "description": "Of a voucher: the member to look at."},
                },
            },
        },
        "theirs": {"type": "object", "description": "Of a voucher somebody else changed: what it says now."},
        "shortages": {"type": "array", "items": {"type": "object"}},
    },
}
PROBLEMS: Final[dict[str, str]] = {
    "400": "The request cannot be understood.",
    "401": "Nobody we know is asking.",
    "403": "Your roles do not allow it.",
    "404": "There is none, or none in your scope.",
    "409": "The state of the store does not allow it.",
    "413": "The body is over 10 MB.",
    "415": "The body is in a format not read here.",
    "422": "The input breaks rules; `errors` lists them all.",
    "429": "Too many requests; see Retry-After.",
    "503": "The store cannot serve now; see Retry-After.",
}
_ONLY_WITH_BODY: Final = frozenset({"409", "413", "415"})


def complete(schema: dict[str, Any]) -> None:
    """Add to a generated description: the bodies above, and the problems any operation may answer with."""
    components = schema["components"]
    components["schemas"] = {**schemas, **components["schemas"], "Problem": PROBLEM_SCHEMA}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Problem{status}": {"description": words, "content": content} for status, words in PROBLEMS.items()
    }
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                # ninja copies the schema's list of examples beside it, where OpenAPI wants named ones.
                if isinstance(parameter.get("examples"), list):
                    del parameter["examples"]
            known = {str(status) for status in operation["responses"]}
            for status in PROBLEMS:
                if status not in known and (method in {"post", "put"} or status not in _ONLY_WITH_BODY):
                    operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
