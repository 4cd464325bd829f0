"""A list of images and their masks: one region per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genorx._core.delimited import DelimitedTable, read_delimited
from genorx.errors import TableError, shown
from genorx.imaging.image import MODALITIES

_NEEDED = ("patient_id", "image", "mask")
_OPTIONAL = ("label", "series", "modality")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRegion:
    """One region to measure.

    Attributes
    ----------
    patient_id : str
    image, mask : Path
    label, series, modality : str or None
        As the options of ``genorx image``.
    """

    patient_id: str
    image: Path
    mask: Path
    label: str | None = None
    series: str | None = None
    modality: str | None = None


def read_image_list(path: str | Path) -> list[ListedRegion]:
    """Return the regions of a list; its paths are relative to the list.

    Raises
    ------
    TableError
        ``no-such-column`` without ``patient_id``, ``image`` or ``mask``; ``unknown-key`` for an unknown column;
        ``missing-id`` and ``missing-value`` if one of their cells is empty; ``unknown-level`` for an unknown modality;
        ``table`` for a list without rows.
    """
    table = read_delimited(path)
    table.require(_NEEDED)
    unknown = [name for name in table.columns if name not in (*_NEEDED, *_OPTIONAL)]
    if unknown:
        hint = f"columns of a list: {', '.join((*_NEEDED, *_OPTIONAL))}"
        raise TableError(f'unknown column "{shown(unknown[0])}"', file=path, hint=hint, code="unknown-key")
    if not table.rows:
        raise TableError("the list names no image", file=path, code="table")
    return [_listed(table, row, line) for row, line in zip(table.rows, table.lines, strict=True)]


def _listed(table: DelimitedTable, row: Mapping[str, str], line: int) -> ListedRegion:
    for name in _NEEDED:
        if not row[name]:
            code = "missing-id" if name == "patient_id" else "missing-value"
            raise TableError(f'the cell of "{name}" is empty', file=table.path, place=line, code=code)
    optional = {name: row.get(name) or None for name in _OPTIONAL}
    if optional["modality"] not in (None, *MODALITIES):
        reason = f"modality must be one of {', '.join(MODALITIES)}"
        raise TableError(reason, file=table.path, place=line, code="unknown-level")
    folder = table.path.parent
    return ListedRegion(
        patient_id=row["patient_id"], image=folder / row["image"], mask=folder / row["mask"], **optional
    )
