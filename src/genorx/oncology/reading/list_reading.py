"""Lists of alterations: one per line, a table with columns of gene and change, JSON, or command-line text.

Source of the table's form: atypical alterations of the OncoKB annotator (Hugo symbol, sample, alteration).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from genorx._core.limits import check
from genorx.errors import InputError, shown
from genorx.oncology.alteration import Alteration
from genorx.oncology.alteration_input import as_alteration
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.evidence_index import evidence_index
from genorx.oncology.pack import default_evidence
from genorx.oncology.reading.copy_number_reading import GENE_COLUMNS
from genorx.oncology.reading.foreign import refuse_unknown
from genorx.oncology.reading.text_table import TextTable, text_lines
from genorx.oncology.reading.whose import Tumours
from genorx.oncology.table import EvidenceTable

CHANGE_COLUMNS = (
    "alteration", "change", "mutation", "variant", "protein_change", "hgvsp_short", "hgvsp", "amino_acid_change",
    "aa_change", "biomarker",
)  # fmt: skip
#: Placeholders in the column of genes for a marker of the whole tumour.
_NO_GENE = frozenset(("other biomarkers", "other biomarker", "genomewide", "genome-wide", "tumor", "tumour", "-"))
_HEADERS = frozenset(("gene change", "gene alteration", "alteration", "gene mutation", "gene variant"))
_ENOUGH = 1000  # unrecognised lines after which the file is refused
_EMPTY = "empty lines, comments and headers"
#: Extensions of files of variants, tables or text; "BRAF p.V600E" has none of them.
_FILE_NAME = re.compile(
    r"\.(?:g?vcf|bcf|maf|txt|tsv|csv|tab|seg|cn[asv]|json|bed|list|lst|xlsx?|ods|pdf|html?|xml|md|log|dat|out|rds|parquet|gz"
    r"|bgz|bz2|xz|zip|7z|zst|tar|tgz)$",
    re.IGNORECASE,
)
_PATH = re.compile(r"^(?:\.{0,2}/|~|[A-Za-z]:\\)")


def is_alteration_table(table: TextTable) -> bool:
    """Return whether a table has a column of genes and one of changes in words."""
    return table.has(*GENE_COLUMNS) and table.has(*CHANGE_COLUMNS)


def read_list(path: str | Path, *, evidence: EvidenceTable | None = None) -> Tumours:
    """Return the alterations of a file with one per line; comments are skipped.

    Raises
    ------
    InputError
        ``alteration`` if a line holds two alterations; ``alteration-file`` if more than a tenth of the lines are in no
        known form.
    """
    tumours = Tumours("list")
    out, known, strange, start = tumours.of(""), _named(evidence), list[int](), list[str]()
    for number, line in text_lines(path):
        start.extend([line] if len(start) < 40 else [])
        out.records += 1
        text = " ".join(part for part in line.replace(",", "\t").split("\t") if part.strip()).strip()
        if not text or text.startswith("#") or text.casefold() in _HEADERS:
            out.left_out[_EMPTY] += 1
            continue
        fact = _alteration(text, path, number)
        strange.extend([] if understood(fact, known) else [number])
        out.alterations.append(fact)
        if len(strange) > _ENOUGH and 10 * len(strange) > len(out):
            break  # refused already: the rest cannot become a list of alterations
    refuse_unknown(path, len(strange), len(out), start="\n".join(start), first=_line(strange))
    return tumours.stated(path)


def read_alteration_table(path: str | Path, *, evidence: EvidenceTable | None = None) -> Tumours:
    """Return the alterations of a table of genes and changes in words, of one tumour or several.

    Raises
    ------
    InputError
        ``alteration`` if a row holds two alterations; ``alteration-file`` if more than a tenth of the rows are in no
        known form.
    """
    table, tumours, known, strange = TextTable(path), Tumours("list"), _named(evidence), list[int]()
    for number, cells, out in tumours.rows(table):
        gene, change = table.first(cells, *GENE_COLUMNS), table.first(cells, *CHANGE_COLUMNS)
        if not change:
            out.left_out["rows without a change"] += 1
            continue
        fact = _alteration(change if gene.casefold() in _NO_GENE else f"{gene} {change}".strip(), path, number)
        strange.extend([] if understood(fact, known) else [number])
        out.alterations.append(fact)
    rows = sum(len(out) for out in tumours.values())
    refuse_unknown(path, len(strange), rows, first=_line(strange))
    return tumours.stated(path)


def read_json_list(path: str | Path, *, evidence: EvidenceTable | None = None) -> Tumours:
    """Return alterations from JSON: a list of texts and dictionaries, or an object with one under ``alterations``."""
    items, sample = _json_items(path)
    tumours, known, strange = Tumours("json"), _named(evidence), list[int]()
    out = tumours.of(sample)
    out.records = len(items)
    for number, item in enumerate(items, start=1):
        try:
            fact = as_alteration(item)
        except InputError as error:
            place = f"item {number}"
            raise InputError(error.reason, file=path, place=place, hint=error.hint, code=error.code) from error
        strange.extend([] if understood(fact, known) else [number])
        out.alterations.append(fact)
    refuse_unknown(path, len(strange), len(items), first=f"item {strange[0]}" if strange else None)
    return tumours


def read_text(text: str, *, evidence: EvidenceTable | None = None) -> AlterationSet:
    """Return the alterations of a text, separated by ``;`` or line ends; each must be recognised.

    Raises
    ------
    InputError
        ``not-found`` if the text looks like the name of a file that does not exist; ``alteration`` if a part is not an
        alteration.
    """
    if _FILE_NAME.search(text.strip()) or _PATH.match(text.strip()):
        raise InputError("no such file", file=text, hint="check the name of the file", code="not-found")
    parts = [part.strip() for part in re.split(r"[;\r\n]", text) if part.strip()]
    out, known = AlterationSet(kind="text", records=len(parts)), _named(evidence)
    for part in parts:
        fact = as_alteration(part)
        if not understood(fact, known) or _hyphen_alone(part, fact, evidence):
            reason = f'"{shown(part)}" is neither an alteration in a known form nor the name of a file'
            hint = 'write gene and change, such as "BRAF V600E", "EML4::ALK", "ERBB2 amplification", "MSI-H"'
            raise InputError(reason, hint=hint, code="alteration")
        out.alterations.append(fact)
    if not parts:
        raise InputError("no alteration is given", hint='as "BRAF V600E"', code="alteration")
    return out


def _hyphen_alone(text: str, fact: Alteration, evidence: EvidenceTable | None) -> bool:
    """Return whether two names joined by a hyphen alone are a fusion unknown to the evidence: ``tumour-normal``."""
    marker = re.search(r"::|--|/|fusion|rearrange|transloc", text, re.IGNORECASE)
    genes = evidence_index(evidence or default_evidence()).by_key
    return fact.atom.type == "fusion" and marker is None and not any(gene in genes for gene in fact.genes)


def understood(fact: Alteration, named: frozenset[tuple[str, str]] = frozenset()) -> bool:
    """Return whether a fact is in a known form, or in one used by the evidence."""
    return fact.atom.type != "opaque" or ((fact.atom.gene or "").upper(), fact.atom.key) in named


def _named(evidence: EvidenceTable | None) -> frozenset[tuple[str, str]]:
    return evidence_index(evidence or default_evidence()).opaque


def _alteration(text: str, path: str | Path, number: int) -> Alteration:
    try:
        return as_alteration(text)
    except InputError as error:
        raise InputError(error.reason, file=path, place=number, hint=error.hint, code=error.code) from error


def _line(numbers: list[int]) -> str | None:
    return f"line {numbers[0]}" if numbers else None


def _json_items(path: str | Path) -> tuple[list[Any], str]:
    text = "\n".join(line for _, line in text_lines(path))
    check("json_bytes", len(text), file=path)
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise InputError(error.reason, file=path, code=error.code) from error
        raise InputError(f"the file is not valid JSON: {shown(error)}", file=path, code="alteration-file") from error
    sample = ""
    if isinstance(value, dict):
        name = value.get("sample")
        value, sample = value.get("alterations"), name if isinstance(name, str) else ""
    if not isinstance(value, list):
        raise InputError("neither a list nor an object with 'alterations'", file=path, code="alteration-file")
    return value, sample


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object from JSON pairs; a duplicate key is an error."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InputError(f'key "{shown(key)}" appears twice in one object', code="alteration-file")
        found[key] = value
    return found


def read_assessed(path: str | Path) -> list[str]:
    r"""Return the genes listed in a file, one per line or separated by blanks or commas; comments are skipped.

    Raises
    ------
    InputError
        ``file-absent``, or ``alteration-file`` if the file is not a list of gene symbols.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "panel.txt").write_text("BRAF, KRAS  # colon\nNRAS\n")
    >>> read_assessed(folder / "panel.txt")
    ['BRAF', 'KRAS', 'NRAS']
    """
    return list(_symbols(path))


def _symbols(path: str | Path) -> Iterator[str]:
    for number, line in text_lines(path):
        for word in re.split(r"[\s,;]+", line.partition("#")[0].strip()):
            if word and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,39}", word):
                hint = "one symbol a line, such as EGFR"
                reason = f'"{shown(word)}" is not a gene symbol'
                raise InputError(reason, file=path, place=number, hint=hint, code="alteration-file")
            if word:
                yield word
