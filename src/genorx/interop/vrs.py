"""GA4GH VRS identifiers of changes: computed for an object that names its sequence, checked if a file has both.

Changes are not normalised, since the sequence is not available: normalise first for one identifier of two notations.
Source: GA4GH Variation Representation Specification 2.0, computed identifiers; sha512t24u: Hart RK, Prlic A 2020,
PLoS ONE 15:e0239883.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from genorx._core.strict_json import Number
from genorx.errors import InputError, shown

_LOCATION, _ALLELE = "SequenceLocation", "Allele"
#: Fields that are part of a digest, by type; ids, names, labels and expressions are not.
_MEMBERS: dict[str, tuple[str, ...]] = {
    _LOCATION: ("end", "sequenceReference", "start", "type"),
    _ALLELE: ("location", "state", "type"),
    "SequenceReference": ("refgetAccession", "type"),
    "LiteralSequenceExpression": ("sequence", "type"),
    "ReferenceLengthExpression": ("length", "repeatSubunitLength", "type"),
    "LengthExpression": ("length", "type"),
}
_PREFIX = {_LOCATION: "SL", _ALLELE: "VA"}
_ACCESSION = re.compile(r"SQ\.[0-9A-Za-z_\-]{32}")
_IDENTIFIER = re.compile(r"ga4gh:(?:VA|VSL|SL)\.[0-9A-Za-z_\-]{32}")


def sha512t24u(data: bytes) -> str:
    """Return the first 24 bytes of the SHA-512 of bytes, as 32 characters of base64url.

    >>> sha512t24u(b"ACGT")
    'aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2'
    """
    return base64.urlsafe_b64encode(hashlib.sha512(data).digest()[:24]).decode("ascii")


def is_identifier(text: object) -> bool:
    """Return whether text has the form of an identifier of an allele or a location."""
    return isinstance(text, str) and _IDENTIFIER.fullmatch(text) is not None


def vrs_identify(value: Mapping[str, Any]) -> str:
    """Return the GA4GH identifier of a ``SequenceLocation`` or an ``Allele`` of VRS 2.0.

    Parameters
    ----------
    value : mapping
        The object, as parsed from JSON.  Its sequence is named by ``refgetAccession``; the state of an allele is a
        literal sequence or a reference length.

    Returns
    -------
    str
        Identifier: ``ga4gh:SL.`` or ``ga4gh:VA.``, followed by 32 characters.

    Raises
    ------
    InputError
        ``vrs`` for another type, or an object that lacks a field of its digest.

    Examples
    --------
    >>> vrs_identify({"type": "SequenceLocation", "start": 44908821, "end": 44908822, "sequenceReference":
    ...     {"type": "SequenceReference", "refgetAccession": "SQ.F-LrLMe1SRpfUZHkQmvkVKFEGaoDeHul"}})
    'ga4gh:SL.4t6JnYWqHwYw9WzBT_lmWBb3tLQNalkT'
    """
    kind = _type(value, None)
    if kind not in _PREFIX:
        raise _fault(f"an identifier is computed for {_LOCATION} and {_ALLELE}, not for {shown(kind)}")
    return f"ga4gh:{_PREFIX[kind]}.{_digest(value, kind)}"


def _digest(value: Mapping[str, Any], kind: str) -> str:
    return sha512t24u(_text(_members(value, kind)).encode("utf-8"))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _members(value: Mapping[str, Any], kind: str) -> dict[str, Any]:
    kept: dict[str, Any] = {"type": kind}
    for name in _MEMBERS[kind]:
        if name != "type" and value.get(name) is not None:
            kept[name] = _member(name, value[name])
    _check(kept, kind)
    return kept


def _member(name: str, value: Any) -> Any:
    if name == "location":
        if isinstance(value, str) and is_identifier(value):
            return value.partition(".")[2]
        return _digest(_object(value, name), _type(value, _LOCATION))
    if name == "sequenceReference":
        return _members(_object(value, name), "SequenceReference")
    if name == "state":
        return _members(_object(value, name), _state(_object(value, name)))
    if name in ("start", "end", "length", "repeatSubunitLength"):
        return _whole(value, name)
    return str(value)


def _state(value: Mapping[str, Any]) -> str:
    """Return the type of an allele's state, inferred from its fields if it is not given."""
    guessed = "ReferenceLengthExpression" if "repeatSubunitLength" in value else "LiteralSequenceExpression"
    kind = _type(value, guessed)
    if kind not in ("LiteralSequenceExpression", "ReferenceLengthExpression", "LengthExpression"):
        raise _fault(f"the state of an allele cannot be {shown(kind)}")
    return kind


def _check(kept: Mapping[str, Any], kind: str) -> None:
    needed = {"LengthExpression": ("type",), _LOCATION: ("sequenceReference",)}.get(kind, _MEMBERS[kind])
    lacking = [name for name in needed if name not in kept]
    if lacking:
        raise _fault(f"{kind} has no {lacking[0]}, which is part of its digest")
    if kind == "SequenceReference" and not _ACCESSION.fullmatch(kept["refgetAccession"]):
        raise _fault("refgetAccession is not SQ. and 32 characters")


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _fault(f"{name} is not an object")
    return value


def _type(value: Any, default: str | None) -> str:
    found = value.get("type", default) if isinstance(value, Mapping) else None
    if not isinstance(found, str):
        raise _fault("the object has no type")
    return found


def _whole(value: Any, name: str) -> Any:
    """Return a coordinate, or the two limits of a range, as integers; an open limit is null."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise _fault(f"{name} must be a range of two numbers")
        return [None if each is None else _whole(each, name) for each in value]
    if isinstance(value, bool) or not isinstance(value, int | Number):
        raise _fault(f"{name} is not an integer")
    try:
        return int(value)
    except ValueError as error:
        raise _fault(f"{name} is not an integer") from error


def _fault(reason: str) -> InputError:
    return InputError(reason, code="vrs")
