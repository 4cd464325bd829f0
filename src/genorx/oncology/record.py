"""One row of evidence in the common schema, with its JSON Schema: facts only, no sentences of a source.

Reading sources is ``oncology.importers``; keeping rows together is ``oncology.table``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import chain
from typing import Any, Literal

from genorx._core.json_schema import DRAFT, FLAG, TEXT
from genorx._core.short_repr import short
from genorx.oncology.criteria import ATOM_TYPES, Atom
from genorx.oncology.profile import Predicate

EvidenceType = Literal["predictive", "prognostic", "diagnostic", "predisposing", "functional", "oncogenic"]
Direction = Literal["supports", "does_not_support", "unstated"]
Effect = Literal[
    "sensitivity", "reduced_sensitivity", "resistance", "adverse", "better_outcome", "poor_outcome", "positive",
    "negative", "other",
]  # fmt: skip
DiseaseScope = Literal["specific", "any_cancer", "any_solid", "any_blood", "unstated"]
TherapyLogic = Literal["none", "single", "all", "any", "sequence"]
Origin = Literal["somatic", "germline", "either"]

#: Characters of the longest label and of the longest other text: a longer one is a sentence and does not belong here.
LABEL_LIMIT, TEXT_LIMIT = 300, 160
_LISTS = ("therapies", "citations", "trials", "flags")


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """One evidence row.

    Attributes
    ----------
    evidence_id : str
        Unique id with a prefix, such as ``civic:EID9851``.
    predicate : tuple of tuple of Atom
        Alternatives; all atoms of one must hold.
    level, level_scheme : str
        Level as given by the source, and its scale; never converted here.
    rating : int or None
        Rating of trust by the source, 1 to 5; None if it gives none.
    therapies, therapy_logic : tuple of str, str
        Drugs, and whether the row is on ``all`` of them together, ``any`` of them, a ``sequence``, a ``single`` one or
        ``none``.
    """

    evidence_id: str
    source: str
    release: str
    profile_id: str | None
    profile_label: str
    predicate: Predicate
    evidence_type: EvidenceType
    direction: Direction
    effect: Effect
    level: str
    level_scheme: str
    rating: int | None
    disease_label: str | None
    disease_id: str | None
    disease_scope: DiseaseScope
    therapies: tuple[str, ...]
    therapy_logic: TherapyLogic
    origin: Origin
    citations: tuple[str, ...]
    trials: tuple[str, ...]
    flags: tuple[str, ...]
    reviewed: str | None

    @property
    def atoms(self) -> Iterator[Atom]:
        """Atoms of all alternatives of the predicate, in its order."""
        return chain.from_iterable(self.predicate)

    def to_dict(self) -> dict[str, Any]:
        """Return the row in the shape of the schema."""
        found: dict[str, Any] = {}
        for name in COLUMNS:
            value = getattr(self, name)
            if name == "predicate":
                value = [[atom.to_dict() for atom in alternative] for alternative in value]
            found[name] = list(value) if name in _LISTS else value
        return found

    def to_cells(self) -> list[str]:
        """Return the row as texts of a TSV file; lists and the predicate as JSON, None as an empty cell."""
        cells = []
        for value in self.to_dict().values():
            if isinstance(value, list):
                cells.append(json.dumps(value, separators=(",", ":"), ensure_ascii=False))
            else:
                cells.append("" if value is None else str(value))
        return cells


COLUMNS = tuple(item.name for item in fields(EvidenceRecord))


@lru_cache(maxsize=16384)
def read_predicate(text: str) -> Predicate:
    """Parse the JSON text of a predicate; equal texts give the same object."""
    return tuple(tuple(Atom.from_dict(atom) for atom in alternative) for alternative in json.loads(text))


def record_from_cells(cells: Mapping[str, str]) -> EvidenceRecord:
    """Return the row whose ``to_cells`` are given; raise ValueError or KeyError if they are invalid."""
    values: dict[str, Any] = {name: cells[name] or None for name in COLUMNS}
    for name in _LISTS:
        text = cells[name]
        values[name] = _texts(text) if text not in ("", "[]") else ()
    values["predicate"] = read_predicate(cells["predicate"])
    values["rating"] = int(cells["rating"]) if cells["rating"] else None
    for name in ("source", "release", "profile_label", "level", "level_scheme"):
        values[name] = cells[name]
    return EvidenceRecord(**values)


def _texts(text: str) -> tuple[str, ...]:
    items = json.loads(text)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("the value must be a list of texts")
    return tuple(items)


def faults(record: EvidenceRecord) -> list[str]:
    """Return a record's violations of the schema, in words; empty if valid.

    The same rules as ``EVIDENCE_SCHEMA``; a test compares the two with a JSON Schema validator.
    """
    found = []
    if not re.fullmatch(r"[a-z0-9_-]+:[A-Za-z0-9_.-]+", record.evidence_id):
        found.append("evidence_id is not an id with a prefix")
    if not record.predicate or not all(record.predicate):
        found.append("predicate is empty")
    for name, allowed in _ENUMS.items():
        if getattr(record, name) not in allowed:
            found.append(f"{name} is not one of {', '.join(allowed)}")
    if not record.level:
        found.append("level is missing")
    if len(record.level) > 24:
        found.append("level is longer than 24 characters")
    if record.rating is not None and not 1 <= record.rating <= 5:
        found.append("rating is not from 1 to 5")
    if record.disease_id and not re.fullmatch(r"[A-Za-z]+:[A-Za-z0-9]+", record.disease_id):
        found.append("disease_id is not an id with a prefix")
    return found + _list_faults(record) + _length_faults(record)


def _list_faults(record: EvidenceRecord) -> list[str]:
    found = []
    if not all(re.match(r"(?:pmid|asco|ash|doi|label):.", item) for item in record.citations):
        found.append("citation without a known prefix")
    if not all(re.fullmatch(r"NCT[0-9]{8}", item) for item in record.trials):
        found.append("trial is not an NCT number")
    if record.reviewed and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", record.reviewed):
        found.append("reviewed is not a date")
    return found


def _length_faults(record: EvidenceRecord) -> list[str]:
    found = []
    if len(record.profile_label) > LABEL_LIMIT:
        found.append(f"profile_label is longer than {LABEL_LIMIT} characters")
    texts = [record.disease_label or "", *record.therapies, *record.citations, *record.flags]
    texts += [str(value) for atom in record.atoms for value in atom.to_dict().values()]
    if any(len(text) > TEXT_LIMIT for text in texts):
        found.append(f"a text is longer than {TEXT_LIMIT} characters")
    return found


_ENUMS: dict[str, tuple[str, ...]] = {
    "evidence_type": EvidenceType.__args__,  # type: ignore[attr-defined]
    "direction": Direction.__args__,  # type: ignore[attr-defined]
    "effect": Effect.__args__,  # type: ignore[attr-defined]
    "disease_scope": DiseaseScope.__args__,  # type: ignore[attr-defined]
    "therapy_logic": TherapyLogic.__args__,  # type: ignore[attr-defined]
    "origin": Origin.__args__,  # type: ignore[attr-defined]
}

_OPTIONAL = {"type": ["string", "null"]}
_ATOM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "additionalProperties": False,
    "properties": {
        "type": {"enum": list(ATOM_TYPES)},
        "negated": FLAG,
        "gene": TEXT,
        "change": TEXT,
        "kind": TEXT,
        "residue": {"type": "string", "maxLength": 1},
        "position": {"type": "integer", "minimum": 1},
        "exons": {"type": ["string", "array"]},
        "class": TEXT,
        "call": TEXT,
        "five": _OPTIONAL,
        "three": _OPTIONAL,
        "either": FLAG,
        "name": TEXT,
        "value": TEXT,
        "text": {"type": "string", "maxLength": TEXT_LIMIT},
    },
}
#: JSON Schema of one evidence record (draft 2020-12).
EVIDENCE_SCHEMA: dict[str, Any] = {
    **DRAFT,
    "title": "evidence record",
    "type": "object",
    "additionalProperties": False,
    "required": [
        "evidence_id", "source", "release", "profile_label", "predicate", "evidence_type", "direction", "effect",
        "level",
        "level_scheme", "disease_scope", "therapies", "therapy_logic", "origin", "citations",
    ],
    "properties": {
        "evidence_id": {"type": "string", "pattern": "^[a-z0-9_-]+:[A-Za-z0-9_.-]+$"},
        "source": TEXT,
        "release": TEXT,
        "profile_id": _OPTIONAL,
        "profile_label": {"type": "string", "maxLength": LABEL_LIMIT},
        "predicate": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/atom"}},
        },
        **{name: {"enum": list(allowed)} for name, allowed in _ENUMS.items()},
        "level": {"type": "string", "minLength": 1, "maxLength": 24},
        "level_scheme": TEXT,
        "rating": {"type": ["integer", "null"], "minimum": 1, "maximum": 5},
        "disease_label": {"type": ["string", "null"], "maxLength": TEXT_LIMIT},
        "disease_id": {"type": ["string", "null"], "pattern": "^[A-Za-z]+:[A-Za-z0-9]+$"},
        "therapies": {"type": "array", "items": {"type": "string", "maxLength": TEXT_LIMIT}},
        "citations": {"type": "array", "items": {"type": "string", "pattern": "^(pmid|asco|ash|doi|label):.+$"}},
        "trials": {"type": "array", "items": {"type": "string", "pattern": "^NCT[0-9]{8}$"}},
        "flags": {"type": "array", "items": TEXT},
        "reviewed": {"type": ["string", "null"], "format": "date"},
    },
    "$defs": {"atom": _ATOM_SCHEMA},
}  # fmt: skip
