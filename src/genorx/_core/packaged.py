"""Tables shipped with the package: tab-separated text, comments with ``#``, a header row."""

from __future__ import annotations

from importlib.resources import files


def packaged_rows(package: str, *path: str) -> list[dict[str, str]]:
    """Return the rows of a shipped table as dictionaries by column.

    >>> packaged_rows("genorx.pgx", "tables", "gene_rules.tsv")[0]["gene"]
    'CACNA1S'
    """
    text = files(package).joinpath(*path).read_text(encoding="utf-8")
    header, *rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return [dict(zip(header, row, strict=True)) for row in rows]
