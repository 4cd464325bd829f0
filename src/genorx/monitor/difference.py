"""Description of the differences between two models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from genorx.errors import shown

if TYPE_CHECKING:
    from genorx.ranking import TreatmentRanker


def difference(first: TreatmentRanker, second: TreatmentRanker, one: Mapping[str, Any], two: Mapping[str, Any]) -> str:
    """Return one line per difference, or a line that there is none."""
    lines = [*_lineage(one, two), *_content(first, second)]
    return "\n".join(lines) if lines else f"{one['id']} and {two['id']} do not differ"


def _lineage(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[str]:
    if one["digest"] == two["digest"]:
        return
    if two.get("parent") == one["digest"]:
        yield f"{two['id']} was made from {one['id']}: {shown(two['reason']) or 'no reason was given'}"
    elif one.get("parent") == two["digest"]:
        yield f"{one['id']} was made from {two['id']}: {shown(one['reason']) or 'no reason was given'}"
    if one["study"] != two["study"]:
        yield "they were fitted to different patients, or to the same patients with other data"
    if one["policy"] != two["policy"]:
        yield "they were accepted under different policies"


def _content(first: TreatmentRanker, second: TreatmentRanker) -> Iterator[str]:
    yield from _names("features", [each.name for each in first.specs_], [each.name for each in second.specs_])
    yield from _names("options", first.options_, second.options_)
    yield from _names("outcomes", [each.name for each in first.fits_], [each.name for each in second.fits_])
    if first.assembly_ != second.assembly_:
        yield f"assembly: {shown(first.assembly_)}, then {shown(second.assembly_)}"
    if first.training_["patients"] != second.training_["patients"]:
        yield f"patients: {first.training_['patients']}, then {second.training_['patients']}"
    if first.versions_ != second.versions_:
        names = [name for name in second.versions_ if first.versions_.get(name) != second.versions_[name]]
        yield f"the versions of {', '.join(names)} differ"


def _names(what: str, before: Any, after: Any) -> Iterator[str]:
    gone, new = sorted({*before} - {*after}), sorted({*after} - {*before})
    if gone:
        yield f"removed {what}: {', '.join(map(shown, gone))}"
    if new:
        yield f"new {what}: {', '.join(map(shown, new))}"
