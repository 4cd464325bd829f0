"""Image features computed by other programs, renamed to genorx tags where the definition is the same.

Tables of PyRadiomics and MIRP, and measurements of DICOM structured reports (TID 1500).
Source: the table of correspondences of PyRadiomics (AIM-Harvard/pyradiomics, docs); names of features of MIRP
(oncoray/mirp, documentation of the feature settings); DICOM PS3.16, TID 1500.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from genorx._core.delimited import DelimitedTable, read_delimited
from genorx._core.numerals import decimal_number
from genorx._core.words import MISSING_TEXT
from genorx.errors import Finding, TableError, UsageError, shown
from genorx.imaging.codes import LEVELLED, WITH_DIRECTION, WITHOUT_DIRECTION, biomarkers, is_tag, stem_of, tag_of
from genorx.imaging.structured_report import is_dicom, read_report

if TYPE_CHECKING:
    import pandas as pd

#: Sources of measurements.
SOURCES = ("pyradiomics", "mirp", "sr")
#: Words of tables, and those that programs write for a feature that is not defined in a region.
_MISSING = MISSING_TEXT | {"none", "inf", "-inf"}
_PYRADIOMICS_SETTINGS = "diagnostics_Configuration_Settings"
_ORIGINAL = re.compile(r"original_(?P<feature>[a-z0-9]+_\w+)")
_PYRADIOMICS_IMAGE = re.compile(r".+?_(?:firstorder|shape|shape2D|glcm|glrlm|glszm|gldm|ngtdm)_\w+")
_MIRP_IMAGE = re.compile(r"(?:.+_)?(?:morph|loc|stat|ih|ivh|cm|rlm|szm|dzm|ngt|ngl)_.+")
_MIRP = re.compile(
    r"(?P<stem>.+?)(?:_d(?P<distance>\d+(?:\.\d+)?))?(?:_a(?P<coarseness>\d+(?:\.\d+)?))?"
    r"(?:_(?P<space>2d_avg|2d_s_mrg|2\.5d_d_mrg|2\.5d_v_mrg|3d_avg|3d_v_mrg|2d|2\.5d|3d))?"
    r"(?:_fb[ns]_[nw]\d+(?:\.\d+)?)?"
)
_SPACES = {
    "2d_avg": "2D_avg",
    "2d_s_mrg": "2D_comb",
    "2.5d_d_mrg": "2_5D_avg",
    "2.5d_v_mrg": "2_5D_comb",
    "3d_avg": "3D_avg",
    "3d_v_mrg": "3D_comb",
    "2d": "2D",
    "2.5d": "2_5D",
    "3d": "3D",
}


def read_measurements(path: str | Path, *, source: str | None = None, patient_id: str = "patient_id") -> pd.DataFrame:
    r"""Return image features from a table of MIRP or PyRadiomics (CSV), or from a DICOM structured report.

    Parameters
    ----------
    path : path
        CSV file; for reports a file, or a folder of them.
    source : {"pyradiomics", "mirp", "sr"}, optional
        Program or kind of file; by default recognised from the content.
    patient_id : str, default "patient_id"
        Column of a table that names the patient.

    Returns
    -------
    DataFrame, index ``patient_id``
        Columns are genorx's tags if the definition is the same, otherwise ``pyradiomics.NAME``, ``mirp.NAME``,
        ``ibsi.CODE`` or ``SCHEME.CODE``; ``attrs["findings"]`` has the findings.

    Raises
    ------
    TableError
        ``no-such-column`` without the patient's column; ``missing-id``; ``not-a-number``; ``duplicate-column`` if two
        columns are the same feature; ``settings-mixed`` if some rows are by slice and others by volume;
        ``measurements-unknown`` for a table of neither program.
    ImageError
        ``measurements-unreadable`` for a file that is not a structured report.
    UsageError
        If ``source`` is none of these.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> text = "patient_id,original_firstorder_Mean,original_shape_MeshVolume\nP1,42.5,1200\n"
    >>> _ = (folder / "features.csv").write_text(text)
    >>> read_measurements(folder / "features.csv").loc["P1"].to_dict()
    {'stat_mean': 42.5, 'morph_volume': 1200.0}
    """
    if source is not None and source not in SOURCES:
        raise UsageError(f"source must be one of {', '.join(SOURCES)}")
    if source == "sr" or (source is None and is_dicom(path)):
        return read_report(path)
    table = read_delimited(path)
    table.require([patient_id])
    kind = source or _source_of(table)
    names, findings = _pyradiomics(table, patient_id) if kind == "pyradiomics" else _mirp(table, patient_id)
    return _frame(table, patient_id, names, findings)


def _source_of(table: DelimitedTable) -> str:
    if any(_PYRADIOMICS_IMAGE.fullmatch(name) or name.startswith("diagnostics_") for name in table.columns):
        return "pyradiomics"
    if any(_mirp_tag(name) is not None for name in table.columns):
        return "mirp"
    hint = 'give source="pyradiomics" or source="mirp" if it is one of them'
    raise TableError(
        "no column is a feature of PyRadiomics or MIRP", file=table.path, hint=hint, code="measurements-unknown"
    )


def _frame(table: DelimitedTable, patient_id: str, names: Mapping[str, str], findings: list[Finding]) -> pd.DataFrame:
    """Return the columns of a table that are features, renamed."""
    import pandas as pd

    new = list(names.values())
    double = next((name for name in new if new.count(name) > 1), None)
    if double is not None:
        raise TableError(f'two columns are the feature "{shown(double)}"', file=table.path, code="duplicate-column")
    patients, rows = [], []
    for row, line in zip(table.rows, table.lines, strict=True):
        if not row[patient_id]:
            raise TableError("the patient id is missing", file=table.path, place=line, code="missing-id")
        patients.append(row[patient_id])
        rows.append([_number(row[name], name, table.path, line) for name in names])
    index = pd.Index(patients, name="patient_id", dtype=object)
    frame = pd.DataFrame(rows, index=index, columns=new, dtype=float)
    frame.attrs["findings"] = [finding.to_dict() for finding in findings]
    return frame


def _number(cell: str, name: str, path: Path, line: int) -> float:
    """Parse a cell as a number; empty cells and other programs' missing codes are missing."""
    if cell.lower() in _MISSING:
        return float("nan")
    value = decimal_number(cell)
    if value is None:
        place = f'row {line} column "{shown(name)}"'
        raise TableError("the cell is not a number", file=path, place=place, code="not-a-number")
    return value


def _numeric(table: DelimitedTable, name: str) -> bool:
    return all(decimal_number(row[name]) is not None or row[name].lower() in _MISSING for row in table.rows)


# PyRadiomics


def _pyradiomics(table: DelimitedTable, patient_id: str) -> tuple[dict[str, str], list[Finding]]:
    """Return the new name of each feature column, with findings."""
    settings = {row.get(_PYRADIOMICS_SETTINGS, "") for row in table.rows}
    by_slice = {bool(re.search(r"['\"]force2D['\"]\s*:\s*True", each, re.IGNORECASE)) for each in settings}
    if len(by_slice) > 1:
        reason = "some rows were computed by slice (force2D), others by volume"
        raise TableError(reason, file=table.path, hint="split the table into two", code="settings-mixed")
    flat = by_slice == {True}
    names = {}
    for name in table.columns:
        if name == patient_id or name.startswith("diagnostics_"):
            continue
        if _PYRADIOMICS_IMAGE.fullmatch(name):
            names[name] = _pyradiomics_tag(name, flat=flat) or f"pyradiomics.{name}"
    counted = all(re.search(r"['\"]binCount['\"]\s*:\s*\d", each) for each in settings)
    binned = [new for new in names.values() if _depends_on_bins(new)]
    findings = []
    if binned and not counted:
        message = (
            f"{len(binned)} columns depend on bins, whose edges in PyRadiomics are multiples of the width: "
            "genorx's features use other bins"
        )
        findings.append(Finding(code="bins-differ", severity="warning", message=message, place=table.path.name))
    return names, findings


@cache
def _stems() -> dict[str, str]:
    return {each.pyradiomics: each.stem for each in biomarkers() if each.pyradiomics}


def _pyradiomics_tag(name: str, *, flat: bool) -> str | None:
    """Return the genorx tag of a PyRadiomics column; None if the definition differs or there is no equivalent."""
    found = _ORIGINAL.fullmatch(name)
    stem = None if found is None else _stems().get(found["feature"])
    if stem is None:
        return None
    family = stem.partition("_")[0]
    if family in WITH_DIRECTION:
        return tag_of(stem, "2_5D_avg" if flat else "3D_avg")
    return tag_of(stem, ("2_5D" if flat else "3D") if family in WITHOUT_DIRECTION else "")


def _depends_on_bins(name: str) -> bool:
    textures = ("glcm_", "glrlm_", "glszm_", "gldm_", "ngtdm_", "firstorder_Entropy", "firstorder_Uniformity")
    if name.startswith("pyradiomics."):
        return any(each in name for each in textures)
    return stem_of(name).partition("_")[0] in LEVELLED


# MIRP


def _mirp(table: DelimitedTable, patient_id: str) -> tuple[dict[str, str], list[Finding]]:
    """Return the new name of each feature column, without columns on samples and settings."""
    names = {}
    for name in table.columns:
        if name != patient_id and _MIRP_IMAGE.fullmatch(name) and _numeric(table, name):
            names[name] = _mirp_tag(name) or f"mirp.{name}"
    return names, []


def _mirp_tag(name: str) -> str | None:
    """Return the genorx tag of a MIRP column; None for an unknown name, a distance not 1, or a coarseness not 0."""
    found = _MIRP.fullmatch(name)
    if found is None:
        return None
    tag = tag_of(found["stem"], _SPACES[found["space"]] if found["space"] else "")
    same = float(found["distance"] or 1) == 1 and float(found["coarseness"] or 0) == 0
    return tag if same and is_tag(tag) else None
