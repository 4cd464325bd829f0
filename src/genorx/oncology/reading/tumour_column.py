"""Choice of the tumour's column in a variant file: by the caller, the header, the name, never by position."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from genorx.errors import VariantFileError, shown

_TUMOUR = re.compile(
    r"^(?:tumou?r|primary|dna_?tumou?r|metastas[ie]s|case)$|(?:^|[_.\-])tumou?r(?:$|[_.\-])|[_.\-]T$", re.IGNORECASE
)
_NORMAL = re.compile(
    r"^(?:normal|control|blood|germline|dna_?normal|reference)$|(?:^|[_.\-])normal(?:$|[_.\-])|[_.\-]N$", re.IGNORECASE
)
#: ``##tumor_sample=S2``, and Mutect's ``tumor_sample_name=S2`` within its command line.
_NAMED = re.compile(r"(?:^##|[\s\"])(tumor|normal)_sample(?:_name)?=([^\s\",>]+)")
_META = re.compile(r"##(SAMPLE|PEDIGREE)=<(.*)>")
_RNA = re.compile(r"(?:^|[_.\-])rna(?:$|[_.\-])", re.IGNORECASE)
_TCGA = re.compile(r"^TCGA-\w\w-\w{4}-(\d\d)")


def header_roles(lines: Iterable[str]) -> dict[str, str]:
    """Return the roles in header lines: column name to ``tumour`` or ``normal``.

    Read are ``##tumor_sample=`` and ``##normal_sample=``, the names in the command lines of Mutect, ``##SAMPLE`` by its
    id or description, and ``##PEDIGREE=<Derived=...,Original=...>``.
    """
    roles: dict[str, str] = {}
    for line in lines:
        for word, name in _NAMED.findall(line):
            roles[name] = "tumour" if word == "tumor" else "normal"
        meta = _META.match(line)
        if meta:
            for name, role in _meta_roles(meta[1], dict(re.findall(r'(\w+)=("[^"]*"|[^,>]+)', meta[2]))):
                roles.setdefault(name, role)
    return roles


def _meta_roles(kind: str, pairs: dict[str, str]) -> list[tuple[str, str]]:
    values = {name: value.strip('"') for name, value in pairs.items()}
    if kind == "PEDIGREE":
        return (
            [(values["Derived"], "tumour"), (values["Original"], "normal")]
            if {"Derived", "Original"} <= set(values)
            else []
        )
    name = values.get("ID", "")
    role = role_of(name) or role_of(values.get("Description", "").split(" ")[0])
    names = (name, values.get("SampleName"), values.get("SAMPLE_NAME"))
    return [(each, role) for each in names if each and role]


def role_of(name: str) -> str | None:
    """Return ``tumour`` or ``normal`` if a column's name shows it.

    >>> role_of("TUMOR"), role_of("NORMAL"), role_of("TCGA-A1-A0SB-01A"), role_of("P0001")
    ('tumour', 'normal', 'tumour', None)
    """
    barcode = _TCGA.match(name)
    if barcode:
        return "tumour" if int(barcode[1]) < 10 else "normal"
    if _TUMOUR.search(name):
        return "tumour"
    return "normal" if _NORMAL.search(name) else None


def choose_columns(
    samples: Sequence[str], roles: dict[str, str], *, tumour: str | None, normal: str | None, file: str | Path
) -> tuple[str | None, str | None]:
    """Return the names of the tumour's and the normal's column.

    Raises
    ------
    VariantFileError
        ``tumour-column`` if the tumour cannot be identified or is not in the file, ``tumour-normal-swapped`` if the
        requested column is the normal sample by header or name.
    """
    for name in (tumour, normal):
        if name is not None and name not in samples:
            raise VariantFileError(
                f"sample {shown(name)} is not in the file",
                file=file,
                place="header",
                hint=_names(samples),
                code="tumour-column",
            )
    known = {name: roles.get(name) or role_of(name) for name in samples}
    if tumour is not None and known[tumour] == "normal":
        reason = f"sample {shown(tumour)} is requested as the tumour, but header or name says normal"
        raise VariantFileError(reason, file=file, place="header", hint=_names(samples), code="tumour-normal-swapped")
    if not samples:
        return None, None
    return _tumour(list(samples), known, tumour, normal, file), _normal(list(samples), known, tumour, normal)


def _tumour(
    samples: list[str], known: dict[str, str | None], tumour: str | None, normal: str | None, file: str | Path
) -> str:
    if tumour is not None:
        return tumour
    candidates = [name for name in samples if known[name] == "tumour"]
    if len(candidates) > 1:  # RADIA writes DNA and RNA of one tumour side by side
        candidates = [name for name in candidates if not _RNA.search(name)]
    rest = [name for name in samples if known[name] != "normal" and name != normal]
    for choice in (candidates, rest, samples if len(samples) == 1 else []):
        if len(choice) == 1:
            return choice[0]
    reason = f"{len(samples)} samples, and neither header nor names identify the column of the tumour"
    raise VariantFileError(reason, file=file, place="header", hint=f"name it: {_names(samples)}", code="tumour-column")


def _normal(samples: list[str], known: dict[str, str | None], tumour: str | None, normal: str | None) -> str | None:
    if normal is not None:
        return normal
    found = [name for name in samples if known[name] == "normal" and name != tumour]
    if len(found) > 1:
        found = [name for name in found if not _RNA.search(name)]
    if len(found) == 1:
        return found[0]
    return None


def _names(samples: Sequence[str]) -> str:
    return "samples: " + ", ".join(shown(name) for name in samples[:12])
