"""Building blocks of JSON Schemas: objects of known keys, nullable values, maps by name, parts that all outputs share.

The keys of an output are defined with the output; models of pydantic write their own schema and need only ``DRAFT``.
Source: JSON Schema draft 2020-12 (Wright A et al. 2022).
"""

from __future__ import annotations

from typing import Any, get_args

from genorx.errors import Severity

Schema = dict[str, Any]

#: Draft of the package's schemas, as the first key of each.
DRAFT: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
CODE: Schema = {"type": "string", "pattern": "^[a-z0-9-]+$"}


def described(text: str, schema: Schema) -> Schema:
    """Return a schema with a description; unchanged if the description is empty."""
    return {"description": text, **schema} if text else schema


def closed(properties: Schema, *, optional: tuple[str, ...] = (), description: str = "") -> Schema:
    """Return the schema of an object with these keys and no other, all required except the optional ones.

    >>> closed({"a": TEXT, "b": TEXT}, optional=("b",))["required"]
    ['a']
    """
    required = [name for name in properties if name not in optional]
    made = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return described(description, made)


def maybe(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def by_name(values: Schema, description: str = "") -> Schema:
    """Return the schema of an object whose keys are names, all with values of one kind."""
    return described(description, {"type": "object", "additionalProperties": values})


def list_of(items: Schema) -> Schema:
    """Return the schema of an array of any length."""
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    """Return a reference to a named definition of the same schema."""
    return {"$ref": f"#/$defs/{name}"}


def one_of(literal: Any) -> Schema:
    """Return the schema of a value that is one of a ``Literal``."""
    return {"enum": list(get_args(literal))}


def finding() -> Schema:
    """Return the schema of a ``Finding``."""
    places = {"patient_id": maybe(TEXT), "place": maybe(TEXT)}
    return closed({"code": CODE, "severity": one_of(Severity), **places, "message": TEXT})
