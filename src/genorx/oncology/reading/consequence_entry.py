"""Entries of consequence annotations with protein change, exon and transcript: CSQ, ANN, EFF, BCSQ, FUNCOTATION.

Source: VEP, SnpEff, bcftools csq and GATK Funcotator output documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from genorx._core.numerals import decimal_number, whole_number
from genorx.errors import VariantFileError

_FORMAT = re.compile(r"Format:\s*\"?([^\"'\s]+)", re.IGNORECASE)
_FUNCOTATOR = re.compile(r"fields are:\s*(.+?)\s*$", re.IGNORECASE)
_EFF = re.compile(r"([A-Za-z0-9_+&]+)\(([^)]*)\)")
_BCSQ_CHANGE = re.compile(r"^([0-9]{1,9})([A-Z*]+)(?:>([0-9]{1,9})([A-Z*.]+))?$")
#: Substrings of which VEP and SnpEff write at least one for every allele that may be an alteration; most records of a
#: genome have none of them and are not parsed further.
TELLING = (
    "p.", "c.-1", "missense", "inframe", "stop_", "frameshift", "splice_", "start_", "protein_altering", "nonsense",
    "in_frame", "frame_shift", "transcript_ablation", "nonstop", "translation_start", "de_novo",
)  # fmt: skip
_OLD_EFFECTS = {
    "NON_SYNONYMOUS_CODING": "missense_variant", "STOP_GAINED": "stop_gained", "FRAME_SHIFT": "frameshift_variant",
    "CODON_DELETION": "inframe_deletion", "CODON_INSERTION": "inframe_insertion",
    "CODON_CHANGE_PLUS_CODON_DELETION": "inframe_deletion", "CODON_CHANGE_PLUS_CODON_INSERTION": "inframe_insertion",
    "SPLICE_SITE_DONOR": "splice_donor_variant", "SPLICE_SITE_ACCEPTOR": "splice_acceptor_variant",
    "START_LOST": "start_lost",
    "STOP_LOST": "stop_lost", "SYNONYMOUS_CODING": "synonymous_variant",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsequenceEntry:
    """Annotation of one allele on one transcript; missing fields are empty text."""

    gene: str
    terms: str
    transcript: str = ""
    protein: str = ""
    cdna: str = ""
    exon: str = ""
    protein_position: str = ""
    mane_select: bool = False
    mane_plus: bool = False
    canonical: bool = False
    picked: bool = False
    rsids: str = ""
    frequency: float | None = None
    clinical: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReader:
    """Reads the annotation of one file's records."""

    kind: str
    key: str
    columns: Mapping[str, int]

    def read(self, info: Mapping[str, str], ref: str, alts: list[str]) -> list[list[ConsequenceEntry]]:
        """Return the entries of each ALT, in the file's order."""
        text = info.get(self.key, "")
        if text in ("", ".") or (self.kind in ("CSQ", "ANN") and not any(word in text for word in TELLING)):
            return [[] for _ in alts]
        return _READ[self.kind](text, self.columns, ref, alts)


def entry_reader(infos: Mapping[str, str], *, file: str | Path) -> EntryReader | None:
    """Return the reader of the annotation that a header declares, or None if it declares none.

    Raises
    ------
    VariantFileError
        ``annotation-format`` if the header does not state the order of the fields.
    """
    for key in ("CSQ", "vep", "ANN"):
        if key not in infos:
            continue
        found = _FORMAT.search(infos[key])
        if found is None and key == "ANN":
            return EntryReader(kind="ANN", key=key, columns={})
        names = [name.strip().lower() for name in found[1].split("|")] if found else []
        return EntryReader(kind="CSQ", key=key, columns=_checked(names, ("consequence", "allele"), key, file))
    if "BCSQ" in infos:
        return EntryReader(kind="BCSQ", key="BCSQ", columns={})
    if "FUNCOTATION" in infos:
        found = _FUNCOTATOR.search(infos["FUNCOTATION"])
        names = [re.sub(r"^gencode_\d+_", "", name.strip().lower()) for name in found[1].split("|")] if found else []
        columns = _checked(names, ("hugosymbol", "variantclassification"), "FUNCOTATION", file)
        return EntryReader(kind="FUNCOTATION", key="FUNCOTATION", columns=columns)
    if "EFF" in infos:
        return EntryReader(kind="EFF", key="EFF", columns={})
    return None


def _checked(names: list[str], needed: tuple[str, ...], key: str, file: str | Path) -> dict[str, int]:
    missing = [name for name in needed if name not in names]
    if missing:
        reason = f"the description of INFO {key} lacks the fields {', '.join(missing)}"
        raise VariantFileError(reason, file=file, place="header", code="annotation-format")
    return {name: number for number, name in reversed(list(enumerate(names)))}


def _owners(alleles: list[str], numbers: list[str], ref: str, alts: list[str]) -> list[int | None]:
    """Return the ALT (from 0) of each entry: by its number, otherwise by the allele names of annotators."""
    from genorx.variants.allele import annotation_names  # imports pandas: only when a variant file comes

    placed = [whole_number(number) or 0 for number in numbers]
    if all(0 < number <= len(alts) for number in placed):
        return [number - 1 for number in placed]
    owner: dict[str, int] = {}
    names = annotation_names(ref, alts)
    for rank in range(max((len(each) for each in names), default=0)):
        for at, each in enumerate(names):
            if rank < len(each):
                owner.setdefault(each[rank], at)
    found = [owner.get(allele) for allele in alleles]
    return [0 for _ in alleles] if len(alts) == 1 and all(at is None for at in found) else found


def _share(entries: list[ConsequenceEntry], owners: Iterable[int | None], count: int) -> list[list[ConsequenceEntry]]:
    shared: list[list[ConsequenceEntry]] = [[] for _ in range(count)]
    for entry, owner in zip(entries, owners, strict=True):
        if owner is not None:
            shared[owner].append(entry)
    return shared


def _read_csq(text: str, columns: Mapping[str, int], ref: str, alts: list[str]) -> list[list[ConsequenceEntry]]:
    rows = [part.split("|") for part in text.split(",")]

    def cell(row: list[str], *names: str) -> str:
        for name in names:
            at = columns.get(name)
            if at is not None and at < len(row) and row[at]:
                return unquote(row[at])
        return ""

    entries = [
        ConsequenceEntry(
            gene=cell(row, "symbol", "gene"),
            terms=cell(row, "consequence"),
            transcript=cell(row, "feature"),
            protein=cell(row, "hgvsp"),
            cdna=cell(row, "hgvsc"),
            exon=cell(row, "exon"),
            protein_position=cell(row, "protein_position"),
            mane_select=bool(cell(row, "mane_select")) or cell(row, "mane").lower() == "mane_select",
            mane_plus=bool(cell(row, "mane_plus_clinical")) or "plus" in cell(row, "mane").lower(),
            canonical=cell(row, "canonical").upper() == "YES",
            picked=cell(row, "pick", "flag_pick") == "1",
            rsids=cell(row, "existing_variation"),
            frequency=frequency_of(cell(row, "gnomad_af", "gnomade_af", "gnomadg_af", "max_af", "exac_maf")),
            clinical=cell(row, "clin_sig"),
        )
        for row in rows
    ]
    owners = _owners([cell(row, "allele") for row in rows], [cell(row, "allele_num") for row in rows], ref, alts)
    return _share(entries, owners, len(alts))


def frequency_of(text: str) -> float | None:
    """Return the largest number in a field of population frequencies, None if it has none."""
    parts = re.findall(r"[0-9]+(?:\.[0-9]+)?(?:[eE]-?[0-9]+)?", text)
    return max((number for part in parts if (number := decimal_number(part)) is not None), default=None)


def _read_ann(text: str, _columns: Mapping[str, int], ref: str, alts: list[str]) -> list[list[ConsequenceEntry]]:
    rows = [[*part.split("|"), *[""] * 16] for part in text.split(",")]
    entries = [
        ConsequenceEntry(
            gene=row[3],
            terms=row[1],
            transcript=row[6],
            protein=unquote(row[10]),
            cdna=unquote(row[9]),
            exon=row[8],
            protein_position=row[13],
            warning=row[15] if "WARNING" in row[15] or "ERROR" in row[15] else "",
        )
        for row in rows
    ]
    alleles = [row[0].partition("-")[0] or row[0] for row in rows]
    return _share(entries, _owners(alleles, [""] * len(rows), ref, alts), len(alts))


def _read_eff(text: str, _columns: Mapping[str, int], _ref: str, alts: list[str]) -> list[list[ConsequenceEntry]]:
    shared: list[list[ConsequenceEntry]] = [[] for _ in alts]
    for effect, inner in _EFF.findall(text):
        parts = [*inner.split("|"), *[""] * 12]
        protein, _, cdna = parts[3].partition("/")
        terms = "&".join(_OLD_EFFECTS.get(term, term.lower()) for term in re.split(r"[+&]", effect))
        entry = ConsequenceEntry(
            gene=parts[5], terms=terms, transcript=parts[8], protein=protein, cdna=cdna, exon=parts[9],
            warning=parts[11] if "WARNING" in parts[11] else "",
        )  # fmt: skip
        number = whole_number(parts[10]) or 0
        shared[number - 1 if 0 < number <= len(alts) else 0].append(entry)
    return shared


def bcsq_change(text: str, terms: str) -> str:
    """Return the HGVS-like protein change of bcftools' notation.

    >>> bcsq_change("600V>600E", "missense"), bcsq_change("112LK>112L*", "frameshift")
    ('V600E', 'L112fs')
    """
    found = _BCSQ_CHANGE.match(text)
    if not found:
        return ""
    start, old, _, new = found.groups()
    place = int(start)
    if new is None:
        return f"{old[0]}{place}="
    if "frameshift" in terms:
        return f"{old[0]}{place}fs"
    return _trimmed(place, old, new.replace(".", ""))


def _trimmed(place: int, old: str, new: str) -> str:
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    while len(old) > 1 and len(new) > 1 and old[0] == new[0]:
        old, new, place = old[1:], new[1:], place + 1
    if len(old) == len(new) == 1:
        return f"{old}{place}{new}"
    if len(new) == 1 and len(old) > 1 and old[0] == new:  # the first residue is unchanged: a deletion of those after it
        span = f"{old[1]}{place + 1}" + (f"_{old[-1]}{place + len(old) - 1}" if len(old) > 2 else "")
        return f"{span}del"
    if len(old) == 1 and len(new) > 1 and new[0] == old:
        return f"{old}{place}_X{place + 1}ins{new[1:]}"
    span = f"{old[0]}{place}" + (f"_{old[-1]}{place + len(old) - 1}" if len(old) > 1 else "")
    return f"{span}delins{new}"


def _read_bcsq(text: str, _columns: Mapping[str, int], ref: str, alts: list[str]) -> list[list[ConsequenceEntry]]:
    entries, alleles = [], []
    for part in text.split(","):
        if part.startswith("@"):  # the compound change is at another record, which counts it
            continue
        row = [*part.split("|"), *[""] * 7]
        behind_stop = row[0].startswith("*")
        entries.append(
            ConsequenceEntry(
                gene=row[1],
                terms="" if behind_stop else row[0],
                transcript=row[2],
                protein="" if behind_stop else bcsq_change(row[5], row[0]),
                warning="behind a stop" if behind_stop else "compound change" if "+" in row[6] else "",
            )
        )
        alleles.append(row[6].rpartition(">")[2] if "+" not in row[6] else "")
    owners = _owners(alleles, [""] * len(entries), ref, alts)
    return _share(entries, [0 if at is None and len(alts) == 1 else at for at in owners], len(alts))


def _read_funcotation(
    text: str, columns: Mapping[str, int], _ref: str, alts: list[str]
) -> list[list[ConsequenceEntry]]:
    shared: list[list[ConsequenceEntry]] = [[] for _ in alts]
    groups = re.findall(r"\[([^\]]*)\]", text)
    for number, group in enumerate(groups[: len(alts)]):
        row = [unquote(re.sub(r"_(%[0-9A-Fa-f]{2})_", r"\1", cell)) for cell in group.split("|")]

        def cell(name: str, row: list[str] = row) -> str:
            at = columns.get(name)
            return row[at] if at is not None and at < len(row) else ""

        shared[number].append(
            ConsequenceEntry(
                gene=cell("hugosymbol"),
                terms=cell("variantclassification").lower(),
                transcript=cell("annotationtranscript"),
                protein=cell("proteinchange"),
                cdna=cell("cdnachange"),
                exon=cell("transcriptexon"),
                picked=True,
            )
        )
        for other in re.split(r"[/,]", cell("othertranscripts")):
            parts = other.split("_")
            if len(parts) >= 4 and parts[-1].startswith("p."):
                shared[number].append(
                    ConsequenceEntry(
                        gene=parts[0], terms="_".join(parts[2:-1]).lower(), transcript=parts[1], protein=parts[-1]
                    )
                )
    return shared


_READ = {"CSQ": _read_csq, "ANN": _read_ann, "EFF": _read_eff, "BCSQ": _read_bcsq, "FUNCOTATION": _read_funcotation}
