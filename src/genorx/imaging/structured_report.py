"""Measurements of DICOM structured reports (TID 1500): one row per measurement group.

Source: DICOM PS3.16, TID 1500 and TID 1411; codes of the scheme IBSI as in the reference manual.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.files import FileKind
from genorx.errors import ImageError
from genorx.imaging.codes import tag_of_code
from genorx.imaging.dicom_header import elements_of, number, opened, sequence, text

if TYPE_CHECKING:
    import pandas as pd

_UNREADABLE = "measurements-unreadable"
_FILE = FileKind(name="structured report", error=ImageError, code=_UNREADABLE, absent="file-absent")
_GROUP = ("125007", "DCM")  # Measurement Group


def is_dicom(path: str | Path) -> bool:
    """Return whether a path is a folder, or a file with a DICOM signature."""
    if Path(path).is_dir():
        return True
    with _FILE.open(path) as handle:
        return handle.read(132)[128:] == b"DICM"


def read_report(path: str | Path) -> pd.DataFrame:
    """Return the measurements of a report, or of all reports of a folder.

    Returns
    -------
    DataFrame, index ``patient_id``
        One row per measurement group; columns are genorx's tags if a code of the scheme IBSI belongs to a single tag,
        otherwise ``ibsi.CODE``, and ``SCHEME.CODE`` for other schemes.

    Raises
    ------
    ImageError
        ``measurements-unreadable`` for a file that is not a structured report, or reports without measurements.
    """
    import pandas as pd

    place = Path(path)
    files = sorted(each for each in place.iterdir() if each.is_file()) if place.is_dir() else [place]
    patients: list[str] = []
    rows: list[dict[str, float]] = []
    for file in files:
        dataset = opened(file, pixels=False)
        if dataset is None or text(dataset, "Modality").upper() != "SR":
            if place.is_dir():
                continue
            raise ImageError("the file is not a DICOM structured report", file=file, code=_UNREADABLE)
        with elements_of(file, _UNREADABLE):
            found = list(_groups(dataset))
            rows += found
            patients += [text(dataset, "PatientID")] * len(found)
    if not rows:
        raise ImageError("there is no measurement", file=path, code=_UNREADABLE)
    frame = pd.DataFrame(rows, index=pd.Index(patients, name="patient_id", dtype=object), dtype=float)
    frame.attrs["findings"] = []
    return frame


def _groups(dataset: Any) -> Iterator[dict[str, float]]:
    """Yield the measurements of each group, then those outside any group."""
    loose: dict[str, float] = {}
    for content in sequence(dataset, "ContentSequence"):
        yield from _walk(content, loose)
    if loose:
        yield loose


def _walk(content: Any, into: dict[str, float]) -> Iterator[dict[str, float]]:
    """Collect the numbers of an item and its children in ``into``; yield those of groups separately."""
    own: dict[str, float] = {}
    group = _code(content) == _GROUP
    target = own if group else into
    if text(content, "ValueType") == "NUM":
        value = next((number(each, "NumericValue") for each in sequence(content, "MeasuredValueSequence")), None)
        target[_name(*_code(content))] = float("nan") if value is None else value
    for child in sequence(content, "ContentSequence"):
        yield from _walk(child, target)
    if own:
        yield own


def _code(content: Any) -> tuple[str, str]:
    named: Any = next(iter(sequence(content, "ConceptNameCodeSequence")), {})
    value = text(named, "CodeValue") or text(named, "LongCodeValue") or text(named, "URNCodeValue")
    return value, text(named, "CodingSchemeDesignator")


def _name(code: str, scheme: str) -> str:
    if scheme.upper() == "IBSI":
        return tag_of_code().get(code, f"ibsi.{code}")
    return f"{scheme}.{code}"
