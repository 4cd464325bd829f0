"""Detection of a variant file's reference assembly: from contig lengths first, from header text second.

Positions are not compared with a sequence here; the known bases of a panel are checked in ``features``.
Source: contig lengths of GRCh37 (GCF_000001405.13) and GRCh38 (GCF_000001405.26), assembly reports of NCBI.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genorx.errors import AssemblyError, UsageError, shown
from genorx.variants.notes import Notes

Assembly = Literal["GRCh37", "GRCh38"]

#: Names of the chromosomes of which everybody has two copies, without ``chr``.
AUTOSOMES = tuple(str(number) for number in range(1, 23))
_NAMES = (*AUTOSOMES, "X", "Y")
_GRCH37 = (249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431, 135534747,
           135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248, 59128983, 63025520,
           48129895, 51304566, 155270560, 59373566)  # fmt: skip
_GRCH38 = (248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636, 138394717, 133797422,
           135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441, 80373285, 58617616, 64444167,
           46709983, 50818468, 156040895, 57227415)  # fmt: skip

#: Length of each chromosome (without ``chr``) by assembly.
LENGTHS: Mapping[str, Mapping[str, int]] = {
    "GRCh37": dict(zip(_NAMES, _GRCH37, strict=True)),
    "GRCh38": dict(zip(_NAMES, _GRCH38, strict=True)),
}
#: Length of chrM in UCSC hg19 (NC_001807); the revised Cambridge sequence of other references has 16,569.
_HG19_MITOCHONDRION = 16571

_WORDS: dict[Assembly, re.Pattern[str]] = {
    "GRCh37": re.compile(r"grch37|hg19|hs37|\bb37\b|human_g1k_v37", re.IGNORECASE),
    "GRCh38": re.compile(r"grch38|hg38|hs38", re.IGNORECASE),
}
#: Number of a human build in a name, ``NCBI37`` or ``37.1``; 19 is that of UCSC.
_BUILD = re.compile(r"(?:^|[^0-9a-z]|grch|hg|hs|ncbi|build|b|v)(19|37|38)(?![0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AssemblyEvidence:
    """Evidence in a header on its assembly, and its source."""

    name: Assembly | None
    by: Literal["contig lengths", "header text", "nothing"]


def bare_contig(name: str) -> str:
    """Return a contig name without ``chr``; the mitochondrial genome is ``MT``.

    >>> bare_contig("chr7"), bare_contig("chrM"), bare_contig("X")
    ('7', 'MT', 'X')
    """
    bare = name[3:] if name[:3].lower() == "chr" else name
    return "MT" if bare == "M" else bare


def with_chr(name: str) -> str:
    """Return a contig name with ``chr``; the mitochondrial genome is ``chrM``.

    >>> with_chr("10"), with_chr("chrX"), with_chr("MT")
    ('chr10', 'chrX', 'chrM')
    """
    bare = bare_contig(name)
    return "chrM" if bare == "MT" else f"chr{bare}"


def assembly_named(text: str) -> Assembly | None:
    """Return the assembly named in a text by any synonym; None if there is none.

    >>> assembly_named("GRCh38.p13"), assembly_named("human_g1k_v37.fasta"), assembly_named("mm10")
    ('GRCh38', 'GRCh37', None)
    """
    return next((assembly for assembly, words in _WORDS.items() if words.search(text)), None)


def maf_assembly(text: str) -> Assembly | None:
    """Return the assembly of a MAF's ``NCBI_Build``: a name, or the number of the build alone.

    >>> maf_assembly("37"), maf_assembly("38.p13"), maf_assembly("hg19"), maf_assembly("36"), maf_assembly("GRCm38")
    ('GRCh37', 'GRCh38', 'GRCh37', None, None)
    """
    number = _BUILD.search(text.strip())
    if number is None:
        return assembly_named(text)
    return "GRCh38" if number[1] == "38" else "GRCh37"


def normal_assembly(name: str) -> Assembly:
    """Return ``GRCh37`` or ``GRCh38`` for any of their usual names, such as ``hg19``.

    Raises
    ------
    UsageError
        If the name is not known.

    Examples
    --------
    >>> normal_assembly("hg19")
    'GRCh37'
    """
    found = assembly_named(name)
    if found is not None:
        return found
    raise UsageError(f"assembly {shown(name)!r} is not known", hint="use GRCh37 or GRCh38", code="assembly-name")


def detect_assembly(
    lengths: Mapping[str, int | None], texts: tuple[str, ...], *, file: str | Path, notes: Notes
) -> AssemblyEvidence:
    """Detect the assembly from a header.

    Parameters
    ----------
    lengths : mapping of contig name to length
        Contig lines of the header; None for a line without length.
    texts : tuple of str
        Header lines that may name a reference.
    file : path
        File named in errors.
    notes : Notes
        Receives the findings.

    Raises
    ------
    AssemblyError
        If some contigs have the lengths of one assembly and others those of the other (``assembly-mixed``).
    """
    found: dict[str, str] = {}
    for contig, length in lengths.items():
        for assembly, table in LENGTHS.items():
            if length is not None and table.get(bare_contig(contig)) == length:
                found.setdefault(assembly, contig)
    if len(found) > 1:
        where = ", ".join(f"{contig} of {assembly}" for assembly, contig in found.items())
        raise AssemblyError(
            f"contig lengths of two assemblies in one header ({where})",
            file=file,
            place="header",
            hint="create the file again on one assembly",
            code="assembly-mixed",
        )
    named: set[str] = {assembly for assembly, words in _WORDS.items() if any(words.search(text) for text in texts)}
    return _weigh(next(iter(found), None), named, lengths, notes)


def _weigh(by_length: str | None, named: set[str], lengths: Mapping[str, int | None], notes: Notes) -> AssemblyEvidence:
    if any(bare_contig(contig) == "MT" and length == _HG19_MITOCHONDRION for contig, length in lengths.items()):
        notes.add(
            "mitochondrion-hg19",
            "warning",
            "chrM has the 16,571 bases of hg19, not of the revised sequence: its positions differ",
        )
    if by_length:
        if named and by_length not in named:
            text = f"the header names {min(named)}, but its contigs have the lengths of {by_length}, which is used"
            notes.add("assembly-contradiction", "serious", text, place="header")
        return AssemblyEvidence("GRCh37" if by_length == "GRCh37" else "GRCh38", "contig lengths")
    wrong = [c for c, n in lengths.items() if n is not None and bare_contig(c) in LENGTHS["GRCh38"]]
    if wrong:
        text = f"contig {shown(wrong[0])} has a length of neither GRCh37 nor GRCh38"
        notes.add("assembly-unknown", "serious", text, place="header")
        return AssemblyEvidence(None, "contig lengths")
    if len(named) == 1:
        return AssemblyEvidence("GRCh37" if "GRCh37" in named else "GRCh38", "header text")
    return AssemblyEvidence(None, "nothing")


def agree_assembly(
    evidence: AssemblyEvidence, requested: str | None, *, file: str | Path, notes: Notes
) -> Assembly | None:
    """Return the assembly that file and caller agree on.

    Raises
    ------
    AssemblyError
        If the file is of another assembly than stated by the caller (``assembly-wrong``).
    """
    stated = None if requested is None else normal_assembly(requested)
    if evidence.by == "contig lengths" and evidence.name is None and stated is not None:
        reason = f"contig lengths are neither those of {stated} nor of another known assembly"
        hint = "lift the file over, or check which reference it was made on"
        raise AssemblyError(reason, file=file, place="header", hint=hint, code="assembly-wrong")
    if evidence.name is None:
        if evidence.by == "nothing":
            taken = f"read as {stated}, as stated by the caller" if stated else "not known"
            notes.add(
                "assembly-unknown", "warning", f"the header has no contig lengths; assembly {taken}", place="header"
            )
        return stated
    if stated is not None and stated != evidence.name:
        reason = f"the file is of {evidence.name} (by {evidence.by}), but {stated} is requested"
        hint = f"give assembly {evidence.name}, or lift the file over"
        raise AssemblyError(reason, file=file, place="header", hint=hint, code="assembly-wrong")
    return evidence.name


def contig_ends(contigs: Mapping[str, int | None], assembly: str | None) -> dict[str, int | None]:
    """Length of each contig; from the assembly if the header does not give it."""
    known = LENGTHS.get(assembly or "", {})
    limits = {name: length or known.get(bare_contig(name)) for name, length in contigs.items()}
    if not limits:
        limits = {prefix + name: length for name, length in known.items() for prefix in ("", "chr")}
    return limits
