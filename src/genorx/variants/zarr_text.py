"""Values of a VCF Zarr store in VCF text form; a missing value is empty.

Source: VCF Zarr specification 0.4 and 0.5: -1 and ``.`` are missing, -2 and an empty text follow the last value,
for floating-point numbers two bit patterns of NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.variants.zarr_store import BEYOND, MISSING, ZarrStore

#: Bits of a missing number, and of one after the last value, by number of bytes.
_NO_NUMBER = {
    2: (np.uint16, 0x7C01, 0x7C02),
    4: (np.uint32, 0x7F800001, 0x7F800002),
    8: (np.uint64, 0x7FF0000000000001, 0x7FF0000000000002),
}


def texts(values: NDArray[Any]) -> list[str]:
    """Return a text for each row of an array of one or two axes; several values are joined by commas."""
    if values.dtype.kind not in "biuf":
        return _of_texts(values)
    parts, behind = _parts(values)
    if values.ndim == 1:
        return ["" if text == "." or last else text for text, last in zip(parts, behind, strict=True)]
    made = []
    for row, ends in zip(parts, behind, strict=True):
        kept = [text for text, last in zip(row, ends, strict=True) if not last]
        made.append("" if all(text == "." for text in kept) else ",".join(kept))
    return made


def _parts(values: NDArray[Any]) -> tuple[list[Any], list[Any]]:
    """Return each number or flag as text, ``.`` if missing, and whether it is beyond the last one."""
    kind = values.dtype.kind
    if kind == "b":
        return np.where(values, "yes", ".").tolist(), np.zeros(values.shape, dtype=bool).tolist()
    if kind in "iu":
        words = _each(values, str)
        return np.where(values == MISSING, ".", words).tolist(), (values == BEYOND).tolist()
    kept, missing, behind = _NO_NUMBER[values.dtype.itemsize]
    bits = np.ascontiguousarray(values).view(kept)
    words = _each(values, _number)
    return np.where((bits == missing) | np.isnan(values), ".", words).tolist(), (bits == behind).tolist()


def _of_texts(values: NDArray[Any]) -> list[str]:
    if values.ndim == 1:
        return ["" if text == "." else text for text in values.tolist()]
    if values.shape[1] == 1:
        return _of_texts(values[:, 0])
    rows = values.tolist()
    made = [",".join(filter(None, row)) for row in rows]
    return ["" if text[:1] == "." and set(row) <= {".", ""} else text for text, row in zip(made, rows, strict=True)]


def _each(values: NDArray[Any], write: Any) -> NDArray[np.object_]:
    """Format each value, each distinct one once."""
    distinct, codes = np.unique(values, return_inverse=True)
    return np.array([write(value) for value in distinct], dtype=object)[codes.reshape(values.shape)]


def _number(value: np.floating[Any]) -> str:
    """Return the shortest text that parses to the same number of its width.

    >>> _number(np.float32(50)), _number(np.float32(0.1))
    ('50', '0.1')
    """
    return str(value).removesuffix(".0")


def call_texts(store: ZarrStore, numbers: NDArray[np.intp]) -> list[str]:
    """Return FORMAT and the sample columns of some records; keys without any value are dropped.

    Parameters
    ----------
    numbers : array of int
        Indices of records of one chunk, in ascending order.
    """
    values = {key: store.some(f"call_{key}", numbers) for key in store.formats}
    genotypes = _genotypes(store, numbers)
    made = []
    for line in range(len(numbers)):
        columns = {"GT": genotypes[line]} if genotypes else {}
        for key, array in values.items():
            found = texts(array[line])
            if any(found):
                columns[key] = [text or "." for text in found]
        cells = map(":".join, zip(*columns.values(), strict=True)) if columns else ["."] * len(store.samples)
        made.append("\t".join([":".join(columns) or ".", *cells]))
    return made


def _genotypes(store: ZarrStore, numbers: NDArray[np.intp]) -> list[list[str]]:
    if "call_genotype" not in store:
        return []
    low = int(numbers[0])
    alleles = store.alleles(low, int(numbers[-1]) + 1)[numbers - low]
    phased = np.zeros(alleles.shape[:2], dtype=bool)
    if "call_genotype_phased" in store:
        phased = store.some("call_genotype_phased", numbers)
    words, codes = genotype_texts(alleles.reshape(-1, alleles.shape[2]), phased.reshape(-1))
    found: list[list[str]] = np.array(words, dtype=object)[codes].reshape(phased.shape).tolist()
    return found


def genotype_texts(alleles: NDArray[np.integer[Any]], phased: NDArray[np.bool_]) -> tuple[list[str], NDArray[np.intp]]:
    """Return the distinct GT values, and the code of each row of allele numbers."""
    cells = np.concatenate([alleles.astype(np.int32), phased[:, None]], axis=1)
    rows, codes = np.unique(cells, axis=0, return_inverse=True)
    return [genotype_text(row[:-1], phased=bool(row[-1])) for row in rows.tolist()], codes.reshape(-1)


def genotype_text(alleles: list[int], *, phased: bool) -> str:
    """Format a GT value.

    >>> genotype_text([0, 1], phased=True), genotype_text([1, -2], phased=True), genotype_text([-2, -2], phased=False)
    ('0|1', '1', '.')
    """
    while alleles and alleles[-1] == BEYOND:
        alleles = alleles[:-1]
    return ("|" if phased else "/").join(["." if allele == MISSING else str(allele) for allele in alleles]) or "."
