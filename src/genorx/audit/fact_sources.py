"""Conversion of public files of exclusions, edits, limits and prices to tables of facts.

None of these files is shipped with genorx: NCCI files hold codes of the American Medical Association, and lists of
exclusions hold names.  Columns are found by the start of their name, since their order and remarks change.
Source of the layouts: OIG, LEIE downloadable databases; CMS, NCCI procedure-to-procedure edits and medically unlikely
edits; CMS, HCPCS Level II and ASP files; Medicaid, national average drug acquisition cost.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from genorx._core.files import FileKind
from genorx._core.limits import check
from genorx._core.numerals import decimal_number
from genorx.audit.days import calendar_day, day_of, iso
from genorx.audit.exact import decimal_text, exact_thousandths
from genorx.audit.x12 import text_of
from genorx.errors import Finding, TableError, UsageError, shown

_FILE = FileKind(
    name="file of facts",
    error=TableError,
    code="unreadable",
    absent="no-file",
    folder="not-a-file",
    damaged="facts-format",
)
_MOST_PREAMBLE = 40  # lines before the names of the columns
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_MASS = re.compile(r"(\d[\d,]*\.?\d*|\.\d+)\s*(mg|milligrams?|mcg|micrograms?|gm|grams?|g)\b", re.IGNORECASE)
_TO_MG = {"mg": 1.0, "milligram": 1.0, "mcg": 0.001, "microgram": 0.001, "gm": 1000.0, "gram": 1000.0, "g": 1000.0}
_NO_NUMBER = frozenset({"", "0000000000"})

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """A public file: its columns by the start (``name*``) or end (``*name``) of their names, and the row converter."""

    columns: Mapping[str, tuple[str, ...]]
    optional: tuple[str, ...] = ()
    made: tuple[str, ...]
    read: Callable[[Row], dict[str, str] | None]
    left_out: str


def import_facts(source: str, path: str | Path) -> pd.DataFrame:
    r"""Convert a public file to a table of facts, to be saved in a folder for ``Facts.load``.

    Parameters
    ----------
    source : {"leie", "ncci-ptp", "ncci-mue", "nadac", "hcpcs-units"}
        ``leie`` gives ``exclusions``: providers with a number; names and birth dates are left out.  ``ncci-ptp`` gives
        ``pairs``, ``ncci-mue`` ``limits``, ``hcpcs-units`` ``drug_codes`` (from the ASP NDC-HCPCS crosswalk, with
        package sizes; or from a table of HCPCS, without), ``nadac`` prices per unit of each drug number.  The files do
        not show which vials are single-dose: all are taken as such, so that no waste is reported as unexplained for
        that reason.
    path : path
        CSV or tab-separated text, with or without lines before the header.

    Returns
    -------
    DataFrame of str
        The table of facts; ``attrs["findings"]`` has the number of rows left out.

    Raises
    ------
    UsageError
        If ``source`` is none of these.
    TableError
        ``facts-format`` if the columns are not those of the source, or a cell cannot be parsed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> names = "HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale"
    >>> row = "J9271,200,2 Date of Service Edit: Policy,Code Descriptor"
    >>> _ = (folder / "mue.csv").write_text(names + "\n" + row + "\n")
    >>> import_facts("ncci-mue", folder / "mue.csv").iloc[0].to_dict()
    {'code': 'J9271', 'max_units': '200', 'per': 'day'}
    """
    if source not in _LAYOUTS:
        raise UsageError(f"source {shown(source)!r} is none of {', '.join(sorted(_LAYOUTS))}")
    layout, place = _LAYOUTS[source], Path(path)
    rows, lines = _rows(place, layout, source)
    made = []
    for row, line in zip(rows, lines, strict=True):
        try:
            made.append(layout.read(row))
        except ValueError as error:
            raise TableError(str(error), file=place, place=f"row {line}", code="facts-format") from error
    kept = [row for row in made if row is not None]
    frame = pd.DataFrame(kept, columns=list(layout.made), dtype=object)
    frame = _packages(frame) if source == "hcpcs-units" else frame.drop_duplicates(ignore_index=True)
    message = f"{len(made) - len(kept):,} rows were left out: {layout.left_out}"
    found = Finding(code="rows-left-out", severity="info", message=message, place=place.name)
    frame.attrs["findings"] = (found,) if len(kept) < len(made) else ()
    return frame


def _rows(path: Path, layout: _Layout, source: str) -> tuple[list[dict[str, str]], list[int]]:
    """Return the cells of each row under the column names of ``layout``, and the line numbers."""
    text = text_of(_FILE.read_bytes(path))
    check("rows", text.count("\n"), file=path)
    separator = "\t" if text[:20_000].count("\t") > text[:20_000].count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    places: dict[str, int] | None = None
    rows, lines = [], []
    try:
        for cells in reader:
            if places is None:
                places = _places(cells, layout)
                if places is None and reader.line_num > _MOST_PREAMBLE:
                    break
            elif any(cell.strip() for cell in cells):
                rows.append({name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()})
                lines.append(reader.line_num)
    except csv.Error as error:
        reason = "a quoted cell does not end"
        raise TableError(reason, file=path, place=reader.line_num, code="facts-format") from error
    if places is None or not rows:
        needed = [starts[0].strip("*") for name, starts in layout.columns.items() if name not in layout.optional]
        reason = f"not a file of {source}: columns {', '.join(needed)} and at least one row are needed"
        raise TableError(reason, file=path, code="facts-format")
    return rows, lines


def _places(cells: list[str], layout: _Layout) -> dict[str, int] | None:
    """Return the index of each column if the cells are the header; None otherwise."""
    names = [" ".join(cell.split()).casefold() for cell in cells]
    found = {}
    for ours, patterns in layout.columns.items():
        place = next((at for pattern in patterns for at, name in enumerate(names) if _fits(name, pattern)), None)
        if place is not None:
            found[ours] = place
        elif ours not in layout.optional:
            return None
    return found


def _fits(name: str, pattern: str) -> bool:
    if pattern.startswith("*"):
        return name.endswith(pattern[1:])
    return name.startswith(pattern.removesuffix("*")) if pattern.endswith("*") else name == pattern


def _day(text: str, what: str) -> str:
    """Format a day as ISO text; empty for the placeholders that public files use for no day.

    Raises
    ------
    ValueError
        For any other text.
    """
    if text.strip("0") in ("", "*"):
        return ""
    found = _US_DAY.fullmatch(text)
    day = calendar_day(int(found[3]), int(found[1]), int(found[2])) if found else day_of(text)
    if day is None:
        raise ValueError(f"{what} is not a date")
    return iso(day)


def _exclusion(row: Row) -> dict[str, str] | None:
    if row["npi"] in _NO_NUMBER:
        return None
    first = _day(row["excluded"], "EXCLDATE")
    return {"npi": row["npi"], "excluded_from": first, "reinstated": _day(row["reinstated"], "REINDATE")}


def _pair(row: Row) -> dict[str, str] | None:
    if row["modifier"][:1] == "9":
        return None
    if row["modifier"][:1] not in ("0", "1"):
        raise ValueError("the modifier indicator is none of 0, 1, 9")
    days = {"valid_from": _day(row["first"], "the effective date"), "valid_to": _day(row["last"], "the deletion date")}
    return {"column1": row["one"], "column2": row["two"], "modifier_allowed": row["modifier"][:1], **days}


def _limit(row: Row) -> dict[str, str] | None:
    indicator = row["indicator"][:1]
    if indicator not in ("1", "2", "3"):
        raise ValueError("the adjudication indicator is none of 1, 2, 3")
    if exact_thousandths(row["units"]) is None:
        raise ValueError("the MUE value is not a number")
    return {"code": row["code"], "max_units": row["units"], "per": "line" if indicator == "1" else "day"}


def _price(row: Row) -> dict[str, str] | None:
    if decimal_number(row["price"]) is None:
        raise ValueError("the price is not a number")
    day = _day(row["first"], "the effective date")
    return {"ndc": row["ndc"], "price_per_unit": row["price"], "unit": row["unit"], "valid_from": day}


def _drug(row: Row) -> dict[str, str] | None:
    """Return code, drug and mg per unit; None if the unit is not a mass."""
    masses = _MASS.findall(row.get("dosage") or row.get("described", ""))
    if len(masses) != 1 or not row["code"]:
        return None
    number, unit = masses[0]
    name = unit.casefold()
    factor = _TO_MG.get(name) or _TO_MG[name.removesuffix("s")]
    mg = exact_thousandths(f"{float(number.replace(',', '')) * factor:.6f}")
    if not mg:
        return None
    units = exact_thousandths(row.get("packages", "")) or 0
    size = mg * units // 1000
    return {
        "code": row["code"].upper(),
        "drug": _name(row),
        "mg_per_unit": decimal_text(mg),
        "vials_mg": decimal_text(size) if size else "",
        "single_dose": "true",
    }


def _name(row: Row) -> str:
    """Return the drug's name: the part between the commas of ``Injection, bevacizumab, 10 mg``."""
    text = row.get("described") or row.get("drug") or row["code"]
    parts = [part.strip() for part in text.split(",")]
    inner = [part for part in parts if not part.casefold().startswith(("inj", "inj.")) and not _MASS.search(part)]
    return (inner[0] if inner else text).casefold()


def _packages(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per code, with the sizes of all its packages."""

    def sizes(texts: pd.Series[str]) -> str:
        return " ".join(sorted({text for text in texts if text}, key=float))

    grouped = frame.groupby("code", sort=True)
    whole = grouped.first()
    whole["vials_mg"] = grouped["vials_mg"].agg(sizes)
    return whole.reset_index()[list(frame.columns)]


_LAYOUTS: dict[str, _Layout] = {
    "leie": _Layout(
        columns={"npi": ("npi",), "excluded": ("excldate*",), "reinstated": ("reindate*",)},
        made=("npi", "excluded_from", "reinstated"),
        read=_exclusion,
        left_out="without a provider number",
    ),
    "ncci-ptp": _Layout(
        columns={
            "one": ("column 1*", "column1*"),
            "two": ("column 2*", "column2*"),
            "first": ("effective*",),
            "last": ("deletion*",),
            "modifier": ("modifier*",),
        },
        made=("column1", "column2", "modifier_allowed", "valid_from", "valid_to"),
        read=_pair,
        left_out="their modifier indicator is 9, not applicable",
    ),
    "ncci-mue": _Layout(
        columns={"code": ("hcpcs*",), "units": ("*mue values",), "indicator": ("mue adjudication*",)},
        made=("code", "max_units", "per"),
        read=_limit,
        left_out="none",
    ),
    "nadac": _Layout(
        columns={
            "ndc": ("ndc",),
            "price": ("nadac per unit*", "nadac_per_unit*"),
            "first": ("effective*",),
            "unit": ("pricing unit*", "pricing_unit*"),
        },
        made=("ndc", "price_per_unit", "unit", "valid_from"),
        read=_price,
        left_out="none",
    ),
    "hcpcs-units": _Layout(
        columns={
            "code": ("hcpcs code", "hcpcs", "hcpc*", "code"),
            "described": ("long desc*", "description"),
            "dosage": ("hcpcs dosage*", "hcpcs code dosage*", "code dosage*", "dosage*"),
            "drug": ("drug name*", "short desc*"),
            "packages": ("billable units per package*", "billunits", "bill units", "billing units"),
        },
        optional=("described", "dosage", "drug", "packages"),
        made=("code", "drug", "mg_per_unit", "vials_mg", "single_dose"),
        read=_drug,
        left_out="their unit is not a mass",
    ),
}
