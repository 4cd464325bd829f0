"""Which column of a variant file is the tumour: by what the caller says, by the header, by the name, never by place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from genorx.errors import VariantFileError, shown
from genorx.variants.files import line_pieces

_TUMOUR = re.compile(
    r"^(?:tumou?r|primary|dna_?tumou?r|metastas[ie]s|case)$|(?:^|[_.\-])tumou?r(?:$|[_.\-])|[_.\-]T$", re.IGNORECASE
)
_NORMAL = re.compile(
    r"^(?:normal|control|blood|germline|dna_?normal|reference)$|(?:^|[_.\-])normal(?:$|[_.\-])|[_.\-]N$", re.IGNORECASE
)
_TCGA = re.compile(r"^TCGA-\w\w-\w{4}-(\d\d)")


def header_roles(path: str | Path) -> dict[str, str]:
    """Return what header lines say: column name to ``tumour`` or ``normal``."""
    roles: dict[str, str] = {}
    for line in _header(path):
        named = re.match(r"##(tumor|normal)_sample=(\S+)", line)
        if named:
            roles[named[2]] = "tumour" if named[1] == "tumor" else "normal"
        sample = re.match(r"##SAMPLE=<(.*)>", line)
        if sample:
            pairs = dict(re.findall(r"(\w+)=([^,>]+)", sample[1]))
            role = role_of(pairs.get("ID", ""))
            for name in (pairs.get("ID"), pairs.get("SampleName"), pairs.get("SAMPLE_NAME")):
                if name and role:
                    roles.setdefault(name.strip('"'), role)
    return roles


def _header(path: str | Path) -> list[str]:
    lines: list[str] = []
    for piece in line_pieces(path):
        for line in piece.decode("utf-8", errors="replace").split("\n"):
            if not line.startswith("##"):
                return lines
            lines.append(line.rstrip("\r"))
    return lines


def role_of(name: str) -> str | None:
    """Return ``tumour`` or ``normal`` where a column's name says so.

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
        ``tumour-column`` where the tumour cannot be told or is not in the file, ``tumour-normal-swapped`` where the
        column asked for is the normal by header or name.
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
        reason = f"sample {shown(tumour)} is asked for as the tumour, but header or name say normal"
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
    rest = [name for name in samples if known[name] != "normal" and name != normal]
    for choice in (candidates, rest, samples if len(samples) == 1 else []):
        if len(choice) == 1:
            return choice[0]
    reason = f"{len(samples)} samples, and neither header nor names tell the tumour's column"
    raise VariantFileError(reason, file=file, place="header", hint=f"name it: {_names(samples)}", code="tumour-column")


def _normal(samples: list[str], known: dict[str, str | None], tumour: str | None, normal: str | None) -> str | None:
    if normal is not None:
        return normal
    found = [name for name in samples if known[name] == "normal" and name != tumour]
    if len(found) == 1:
        return found[0]
    return None


def _names(samples: Sequence[str]) -> str:
    return "samples: " + ", ".join(shown(name) for name in samples[:12])
