"""Keys of the study file as tables, from its JSON Schema, for the reference page."""

import json
from collections.abc import Iterator

from genorx.cohort.checks.audit_json import study_schemas

#: Heading of each section, in the order of the page, and its name in the schema.
SECTIONS = {
    "[study]": "StudySection",
    "[variants]": "VariantsSection",
    "[[tables]]": "TableSection",
    "[tables.columns.COLUMN]": "ColumnSection",
    "[treatment]": "TreatmentSection",
    "[[treatment.possible.OPTION]]": "PossibleSection",
    "[outcomes.NAME]": "OutcomeSection",
    "[strategies.NAME]": "StrategySection",
    "[ranking]": "RankingSection",
    "[utility]": "UtilitySection",
    "[utility.outcomes.NAME]": "UtilityOutcomeSection",
}

_WORDS = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false"}


def key_page() -> str:
    """Return the tables of all sections as Markdown."""
    schema = study_schemas()["study"]
    parts = [f"## The whole file\n\n{_table(schema)}"]
    parts += [f"## `{heading}`\n\n{_table(schema['$defs'][name])}" for heading, name in SECTIONS.items()]
    return "\n\n".join(parts) + "\n"


def _table(section: dict) -> str:
    return "\n".join(["| key | type | default | what it says |", "|---|---|---|---|", *_rows(section)])


def _rows(section: dict) -> Iterator[str]:
    for key, said in section["properties"].items():
        default = "**required**" if key in section.get("required", ()) else _default(said.get("default"))
        cells = (f"`{key}`", _type(said), default, said["description"].replace("``", "`"))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(value: object) -> str:
    """Return a default as the file would say it; nothing where it is what leaving the key out means anyway."""
    empty = value in (None, "", [], {}) or (isinstance(value, dict) and not any(value.values()))
    return "" if empty else f"`{json.dumps(value)}`"


def _type(said: dict) -> str:
    """Return the type of a key in words."""
    if "anyOf" in said:
        return " or ".join(dict.fromkeys(_type(each) for each in said["anyOf"] if each.get("type") != "null"))
    if "enum" in said:
        return ", ".join(f"`{each}`" for each in said["enum"])
    if "const" in said:
        return f"`{said['const']}`"
    if "$ref" in said:
        return "section"
    if said["type"] == "array":
        return f"list of {_type(said['items'])}".replace("list of section", "sections").replace("list of list", "lists")
    if said["type"] == "object":
        return _of_names(said)
    return _WORDS[said["type"]] + _limits(said)


def _of_names(said: dict) -> str:
    inner = said["additionalProperties"]
    return "text by name" if inner.get("type") == "string" else "sections by name"


def _limits(said: dict) -> str:
    if {"minimum", "maximum"} <= said.keys():
        return f" from {said['minimum']} to {said['maximum']}"
    if "exclusiveMinimum" in said:
        return f" above {said['exclusiveMinimum']}"
    return f", {said['minimum']} or more" if "minimum" in said else ""
