"""Conversion of records of a BCF, given as bytes, to text by htslib."""

from __future__ import annotations

from collections.abc import Sequence
from tempfile import TemporaryFile

from genorx.errors import VariantFileError
from genorx.variants.bcf_table import LateRow
from genorx.variants.record_checks import Row


def whole_rows(rows: Sequence[LateRow]) -> list[Row]:
    """Return rows with one text per column for those of tables of one file, in their order.

    Raises
    ------
    VariantFileError
        ``file-damaged``.
    """
    import pysam

    path = rows[0].table.path
    level = pysam.set_verbosity(0)
    try:
        with TemporaryFile() as made:
            made.write(rows[0].table.header)
            made.writelines(row.table.record(row.line) for row in rows)
            made.flush()
            made.seek(0)
            with pysam.VariantFile(made, "rb") as source:
                found = [str(record).rstrip("\n").split("\t") for record in source]
    except (OSError, ValueError) as error:
        raise VariantFileError(f"BCF cannot be read: {error}", file=path, code="file-damaged") from error
    finally:
        pysam.set_verbosity(level)
    if len(found) != len(rows):
        raise VariantFileError("BCF cannot be read: a record is lost", file=path, code="file-damaged")
    return found
