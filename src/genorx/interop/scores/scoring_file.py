"""A scoring file as a table of rows by kind; rows that no dosage can represent are marked, never dropped.

Source: PGS Catalog scoring file format 2.0 and harmonised files (https://www.pgscatalog.org/downloads); OmicsPred.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.files import FileKind
from genorx._core.limits import check
from genorx._core.numerals import decimal_number, whole_number
from genorx._core.short_repr import short
from genorx._core.words import boolean_of
from genorx.errors import Finding, InputError, shown
from genorx.interop.reading.places import bare_chromosome, known_assembly
from genorx.interop.reading.rows import TEXT_TYPE

_FILE = FileKind(name="scoring file", error=InputError, code="score-file", absent="file-not-found")
_BASES = re.compile(r"[ACGT]+")
_RATIO = re.compile(r"\b(or|hr|rr)\b|(odds|hazard|risk) ratio|relative risk", re.IGNORECASE)
_NOT_FLAGGED = frozenset(("", "na", "nan", "none", "."))
#: Weights that look like ratios: at least so many different ones, none below the least ratio, the middle near 1.
#: A log odds ratio per allele near 1 (an odds ratio of 2.7) at most rows of a score is not known.
_LEAST_WEIGHTS, _LEAST_RATIO, _USUAL_RATIO = 5, 0.3, 1.5
_EFFECT, _WEIGHT = "effect_allele", "effect_weight"
_DOSAGES = ("dosage_0_weight", "dosage_1_weight", "dosage_2_weight")
#: Kinds of rows that a dosage can represent; others need HLA alleles, several sites, or a position.
ANSWERED = frozenset(("additive", "dominant", "recessive", "dosage"))
_TEXTS = ("rsid", "chrom", "effect_allele", "other_allele", "kind")
_COLUMNS = (
    "row", "rsid", "chrom", "pos", "effect_allele", "other_allele", "weight", "weight_0", "weight_1", "weight_2",
    "frequency", "kind",
)  # fmt: skip


@short
@dataclass(frozen=True, kw_only=True)
class ScoringFile:
    """A polygenic score as read from its file.

    Attributes
    ----------
    id, name, trait : str
        Id and name of the score, and the trait.
    build : str or None
        GRCh37 or GRCh38: that of the harmonised columns if present; None if not known.
    weight_type : str or None
        Type of the weights, such as ``beta``; None if not stated.
    rows : DataFrame
        ``row`` (1 is the first below the header), ``rsid``, ``chrom``, ``pos``, ``effect_allele``, ``other_allele``,
        ``weight``, ``weight_0``, ``weight_1``, ``weight_2``, ``frequency`` (of the effect allele), ``kind``.
    findings : list of Finding
        Findings of reading.
    header : dict
        Values of the lines ``#key=value``.
    """

    id: str
    name: str
    trait: str
    build: str | None
    weight_type: str | None
    rows: pd.DataFrame
    path: Path
    findings: list[Finding] = field(default_factory=list)
    header: dict[str, str] = field(default_factory=dict, repr=False)


def read_score(path: str | Path) -> ScoringFile:
    """Return a scoring file: PGS Catalog 2.0, harmonised or not, OmicsPred, or a plain table.

    Raises
    ------
    InputError
        ``score-column`` without a column of effect alleles or weights, ``score-weight`` if a weight is not a number,
        ``score-row-twice`` if a site and effect allele appear twice, ``score-file`` if the file is not such a table.

    Examples
    --------
    >>> read_score("PGS000001_hmPOS_GRCh38.txt.gz").rows.kind.value_counts()  # doctest: +SKIP
    """
    source = Path(path)
    lines = _FILE.read_text(source).splitlines()
    check("rows", len(lines), file=source)
    header, first = _header(lines)
    table = _Rows(source, lines, first)
    harmonised = {"hm_chr", "hm_pos"} <= set(table.names)
    build = header.get("hmpos_build") if harmonised else header.get("genome_build")
    frame = table.frame(harmonised=harmonised)
    _refuse_twice(frame, source)
    weight_type = header.get("weight_type") or None
    return ScoringFile(
        id=header.get("pgs_id") or header.get("omicspred_id") or source.name.partition(".")[0],
        name=header.get("pgs_name", ""),
        trait=header.get("trait_reported", ""),
        build=known_assembly(build),
        weight_type=weight_type,
        rows=frame,
        path=source,
        findings=_findings(header, weight_type, source) + _ratios(frame, weight_type, source),
        header=header,
    )


def _header(lines: list[str]) -> tuple[dict[str, str], int]:
    """Return the lines ``#key=value``, keys in lower case, and the number of the first line after them."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        bare = line.strip().strip('"')
        if bare and not bare.startswith("#"):
            return found, number
        key, equals, value = bare.lstrip("#").partition("=")
        if equals:
            found[key.strip().lower()] = value.rstrip("\t ,").replace('""', '"').strip().strip('"')
    return found, len(lines)


def _findings(header: dict[str, str], weight_type: str | None, path: Path) -> list[Finding]:
    made = []
    if weight_type and _RATIO.search(weight_type) and not re.search(r"log|ln\b|beta", weight_type, re.IGNORECASE):
        text = f"weights are {shown(weight_type)}: ratios must be logged before they can be added"
        made.append(Finding(code="weight-type", severity="serious", message=text, place=path.name))
    for key, value in header.items():
        if "ancestr" in key and value:
            text = f"the score was derived in {shown(value)} ({key}); it does not carry over to other ancestries"
            made.append(Finding(code="score-ancestry", severity="info", message=text, place=path.name))
    return made


def _ratios(frame: pd.DataFrame, weight_type: str | None, path: Path) -> list[Finding]:
    """Return a finding if weights of no stated type are spread around 1 as ratios are, and not around 0."""
    weights = frame["weight"].dropna().to_numpy(dtype=np.float64)
    if weight_type is not None or np.unique(weights).size < _LEAST_WEIGHTS or weights.min() < _LEAST_RATIO:
        return []
    low, middle, high = np.quantile(weights, [0.05, 0.5, 0.95])
    around_one = low < 1 < high or (low >= 1 and middle < _USUAL_RATIO)
    if not around_one or not 1 / _USUAL_RATIO < middle < _USUAL_RATIO:
        return []
    text = f"no weight type is stated, and the weights ({low:g} to {high:g}) look like ratios: log them before adding"
    return [Finding(code="weight-type", severity="serious", message=text, place=path.name)]


class _Rows:
    """The rows after the header, cell by cell."""

    def __init__(self, path: Path, lines: list[str], first: int) -> None:
        self.path, self.first = path, first
        if first >= len(lines):
            raise InputError("the file has no table", file=path, code="score-column")
        self.separator = "\t" if "\t" in lines[first] else "," if "," in lines[first] else "\t"
        self.lines = lines
        self.names = [name.strip().lower() for name in next(self._cells(first))[1]]
        while self.names and not self.names[-1]:
            self.names.pop()
        if _EFFECT not in self.names:
            raise self._lacks("effect alleles (effect_allele)")
        if _WEIGHT not in self.names and not set(_DOSAGES) <= set(self.names):
            raise self._lacks("weights (effect_weight)")
        if len(set(self.names)) < len(self.names):
            raise InputError("a column appears twice", file=path, place=first + 1, code="score-column")

    def _lacks(self, what: str) -> InputError:
        return InputError(f"there is no column of {what}", file=self.path, place=self.first + 1, code="score-column")

    def _cells(self, first: int) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(self.lines[first:], delimiter=self.separator)
        try:
            for cells in reader:
                yield first + reader.line_num, cells
        except csv.Error as error:
            place = first + reader.line_num
            raise InputError(f"this is not a row: {error}", file=self.path, place=place, code="score-file") from error

    def frame(self, *, harmonised: bool) -> pd.DataFrame:
        columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        width = len(self.names)
        rows = iter(self._cells(self.first))
        next(rows)
        for line, cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                reason = f"the row has {len(cells)} cells, but the header has {width}"
                raise InputError(reason, file=self.path, place=line, code="score-file")
            padded = [*cells, *[""] * (width - len(cells))]
            row = _Row(dict(zip(self.names, padded, strict=False)), self.path, line)
            values = row.values(harmonised=harmonised) | {"row": len(columns["row"]) + 1}
            for name in _COLUMNS:
                columns[name].append(values[name])
        if not columns["row"]:
            raise InputError("the table has no rows", file=self.path, place=self.first + 1, code="score-file")
        return _typed(columns)


def _typed(columns: dict[str, list[Any]]) -> pd.DataFrame:
    made: dict[str, Any] = {}
    for name, values in columns.items():
        if name in _TEXTS:
            made[name] = pd.array([pd.NA if value is None else value for value in values], dtype=TEXT_TYPE)
        elif name == "row":
            made[name] = np.array(values, dtype=np.int64)
        elif name == "pos":
            made[name] = pd.array([pd.NA if value is None else value for value in values], dtype="Int64")
        else:
            numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
            made[name] = pd.arrays.FloatingArray(numbers, np.isnan(numbers))
    return pd.DataFrame(made)


class _Row:
    """Typed cells of one row."""

    def __init__(self, cells: dict[str, str], path: Path, line: int) -> None:
        self.cells, self.path, self.line = cells, path, line

    def text(self, *names: str) -> str | None:
        for name in names:
            found = self.cells.get(name, "").strip()
            if found and found not in (".", "NA", "NR"):
                return found
        return None

    def values(self, *, harmonised: bool) -> dict[str, Any]:
        place = ("hm_chr", "hm_pos") if harmonised else ("chr_name", "chr_position")
        effect = (self.text(_EFFECT) or "").upper()
        if not effect:
            raise self._fault(_EFFECT, "a row without effect allele", "score-column")
        other = (self.text("other_allele", "reference_allele") or "").upper()
        inferred = (self.text("hm_inferotherallele") or "").upper()
        if not other and _BASES.fullmatch(inferred):
            other = inferred
        found: dict[str, Any] = {
            "rsid": self.text("rsid", "hm_rsid"),
            "chrom": bare_chromosome(self.text(place[0])),
            "pos": self._position(place[1]),
            "effect_allele": effect,
            "other_allele": other or None,
            "frequency": self._number("allelefrequency_effect"),
        }
        weights = [self._number(name) for name in _DOSAGES]
        kind = self._kind(found, dosed=any(weight is not None for weight in weights))
        if kind == "dosage" and None in weights:
            raise self._fault(_DOSAGES[weights.index(None)], "a weight is missing", "score-weight")
        weight = self._number(_WEIGHT, needed=kind != "dosage")
        named = dict(zip(("weight_0", "weight_1", "weight_2"), weights, strict=True))
        return found | named | {"weight": weight, "kind": kind}

    def _kind(self, found: dict[str, Any], *, dosed: bool) -> str:
        flags = {name: self._flag(f"is_{name}") for name in
                 ("interaction", "diplotype", "haplotype", "dominant", "recessive")}  # fmt: skip
        for name in ("interaction", "diplotype", "haplotype"):
            if flags[name]:
                return name
        if not _BASES.fullmatch(str(found["effect_allele"])):
            return "hla"
        if found["rsid"] is None and (found["chrom"] is None or found["pos"] is None):
            return "no_position"
        if dosed:
            return "dosage"
        if flags["dominant"] and flags["recessive"]:
            raise self._fault("is_dominant", "a row is dominant and recessive", "score-file")
        return "dominant" if flags["dominant"] else "recessive" if flags["recessive"] else "additive"

    def _flag(self, name: str) -> bool:
        word = self.cells.get(name, "").strip().lower()
        flag = 0 if word in _NOT_FLAGGED else boolean_of(word)
        if flag is None:
            raise self._fault(name, f"{shown(word)!r} is neither true nor false", "score-file")
        return bool(flag)

    def _position(self, name: str) -> int | None:
        text = self.text(name)
        found = None if text is None else whole_number(text.removesuffix(".0"))
        if text is not None and (found is None or found < 1):
            raise self._fault(name, f"{shown(text)!r} is not a position", "score-file")
        return found

    def _number(self, name: str, *, needed: bool = False) -> float | None:
        text = self.text(name)
        code = "score-weight" if name in (_WEIGHT, *_DOSAGES) else "score-file"
        if text is None:
            if needed:
                raise self._fault(name, "a weight is missing", code)
            return None
        value = decimal_number(text)
        if value is None:
            raise self._fault(name, f"{shown(text)!r} is not a number", code)
        return value

    def _fault(self, column: str, reason: str, code: str) -> InputError:
        return InputError(reason, file=self.path, place=f'line {self.line} column "{column}"', code=code)


def _refuse_twice(frame: pd.DataFrame, path: Path) -> None:
    rows = frame[frame["kind"].isin(list(ANSWERED))]
    placed = rows["chrom"].notna() & rows["pos"].notna()
    site = (rows["chrom"].fillna("") + ":" + rows["pos"].astype("string").fillna("")).where(placed, rows["rsid"])
    twice = (site + " " + rows["effect_allele"]).duplicated()
    if twice.any():
        first = rows[twice].iloc[0]
        reason = f"the site {shown(site[twice].iloc[0])} appears twice with the effect allele {first['effect_allele']}"
        raise InputError(reason, file=path, place=f"row {first['row']}", code="score-row-twice")
    _refuse_interchanged(rows, site, path)


def _refuse_interchanged(rows: pd.DataFrame, site: pd.Series[Any], path: Path) -> None:
    """Refuse a variant whose two alleles are each the effect allele of an additive row: it would count twice."""
    effect, other = rows["effect_allele"], rows["other_allele"]
    same = (effect == other).fillna(False)
    again = (site.duplicated(keep=False) & other.notna() & (rows["kind"] == "additive")).fillna(False) & ~same
    pairs = pd.DataFrame({"site": site[again], "one": effect[again], "two": other[again]})
    there = set(zip(pairs["site"], pairs["two"], pairs["one"], strict=True))
    both = [pair in there for pair in zip(pairs["site"], pairs["one"], pairs["two"], strict=True)]
    if same.any():
        row, reason = rows["row"].to_numpy()[same.to_numpy(dtype=bool)][0], "effect and other allele are the same"
    elif any(both):
        label = pairs.index[both][-1]
        row = rows.loc[label, "row"]
        reason = f"the site {shown(site[label])} appears twice, with effect and other allele interchanged"
    else:
        return
    raise InputError(reason, file=path, place=f"row {row}", code="score-file" if same.any() else "score-row-twice")
