"""A VCF Zarr store, opened and checked: its arrays, original header, and chunk files.

Records and calls are parsed in ``zarr_records`` and ``zarr_cells``.  A store that lacks a chunk is refused, since Zarr
reads a missing chunk as zeros, and a zero is a reference call.
Source: VCF Zarr specification 0.4 and 0.5 (sgkit-dev/vcf-zarr-spec) as written by bio2zarr 0.2; Czech E et al. 2025,
GigaScience 14:giaf049.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from genorx._core.extras import require
from genorx._core.limits import check
from genorx.errors import GenorxError, VariantFileError, shown
from genorx.variants.zarr_arrays import (
    BLOSC_HEAD,
    ChunkedArray,
    CutChunkError,
    attributes_of,
    is_cut,
    packed_by_blosc,
)
from genorx.variants.zarr_files import by_first_axis, files_by_array, is_chunk

#: Versions of the specification that are read.
VERSIONS = ("0.4", "0.5")
#: Integers for a missing value, and for one beyond the end.
MISSING, BEYOND = -1, -2
_MARKS = (".zgroup", ".zattrs", "zarr.json")
_DESCRIPTIONS = (".zarray", "zarr.json")
_SITE_ARRAYS = ("variant_contig", "variant_position", "variant_allele")
#: Not INFO, but columns.
_FIXED = frozenset({"contig", "position", "id", "id_mask", "allele", "filter", "quality", "length"})
#: Not FORMAT, but parts of GT.
_OF_GENOTYPE = frozenset({"genotype", "genotype_mask", "genotype_phased"})
#: Arrays in which no chunk can be all zeros or empty: a missing one was lost.
_NEVER_EMPTY = ("variant_position", "variant_allele", "variant_id", "call_genotype", "sample_id", "contig_id")
#: Codecs that only compute; others may run code supplied with the store.
_CODECS = frozenset(
    {"blosc", "bytes", "bz2", "crc32", "crc32c", "gzip", "lz4", "lzma", "shuffle", "transpose", "vlen-utf8", "zlib",
     "zstd", "packbits"}
)  # fmt: skip
_NUMBERS = {"alleles": "R", "alt_alleles": "A", "genotypes": "G"}  # by name of the third dimension
_FAULTS = (OSError, RuntimeError, ValueError, TypeError, KeyError, IndexError, zipfile.BadZipFile)


def is_store(path: str | Path) -> bool:
    """Return whether a path is a folder, or a zip archive, of a Zarr store."""
    where = Path(path)
    try:
        if where.is_dir():
            return where.suffix in {".vcz", ".zarr"} or any((where / name).is_file() for name in _MARKS)
        return where.name.endswith((".vcz.zip", ".zarr.zip")) and zipfile.is_zipfile(where)
    except (OSError, ValueError):  # not a possible name: the reader of files reports it
        return False


class ZarrStore:
    """An open store.

    Attributes
    ----------
    path : Path
        Folder or archive of the store.
    records, chunk : int
        Number of records, and of records in a chunk.
    samples, contigs, filters : tuple of str
        Names of the samples, contigs and filters.
    infos, formats : tuple of str
        Keys of INFO, and of FORMAT without GT.

    Raises
    ------
    VariantFileError
        ``zarr-foreign`` for another kind of store, ``zarr-cut`` for an incomplete one, ``zarr-damaged`` for one that
        contradicts itself.
    MissingExtraError
        If zarr or numcodecs is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._arrays: dict[str, Any] = {}
        self._unmeasured: dict[str, dict[int, list[str]]] = {}  # chunk files by their index on the first axis
        self._open()
        self._check_whole()
        self.records = int(self.array("variant_position").shape[0])
        self.chunk = int(self.array("variant_position").chunks[0])
        self.samples = tuple(self.all("sample_id").tolist()) if "sample_id" in self else ()
        self.contigs = tuple(self.all("contig_id").tolist())
        self.filters = tuple(self.all("filter_id").tolist()) if "filter_id" in self else ()
        self.infos = tuple(name[8:] for name in self._names("variant_") if name[8:] not in _FIXED)
        self.formats = tuple(name[5:] for name in self._names("call_") if name[5:] not in _OF_GENOTYPE)
        self._check_shapes()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def _names(self, start: str) -> list[str]:
        made = [name for name in sorted(self._members) if name.startswith(start)]
        return [name for name in made if not (name.endswith("_mask") and name.removesuffix("_mask") in self._members)]

    def _open(self) -> None:
        try:
            self._files = files_by_array(self.path)
            here = self.path.is_dir() and (self.path / ".zgroup").is_file() and not (self.path / "zarr.json").exists()
            attributes = attributes_of(self.path) if here else self._root.attrs.asdict()
        except GenorxError:  # a limit
            raise
        except _FAULTS as error:
            self._foreign(f"it cannot be opened as a Zarr group ({type(error).__name__})", error)
        version = attributes.get("vcf_zarr_version")
        if version is None:
            self._foreign("its attributes name no vcf_zarr_version")
        if version not in VERSIONS:
            self._foreign(f"it is of version {shown(version)} of VCF Zarr; {' and '.join(VERSIONS)} are read")
        self._attributes = attributes
        self._members = frozenset(name for name, files in self._files.items() if files & set(_DESCRIPTIONS))

    @cached_property
    def _root(self) -> Any:
        """The store opened by zarr, whose import takes longer than reading a small store without it."""
        zarr = require("zarr", extra="zarr")
        where = self.path if self.path.is_dir() else zarr.storage.ZipStore(self.path, mode="r")
        return zarr.open_group(where, mode="r", use_consolidated=False)

    def _foreign(self, reason: str, cause: Exception | None = None) -> NoReturn:
        hint = "create it with genorx convert FILE.vcf.gz STORE.vcz"
        text = f"is not a readable VCF Zarr store: {reason}"
        raise VariantFileError(text, file=self.path, hint=hint, code="zarr-foreign") from cause

    def cut(self, reason: str) -> NoReturn:
        """Raise an error for a store with a missing part."""
        hint = (
            "make it again by genorx convert, or copy it whole; vcf2zarr leaves out chunks of zeros, which cannot "
            "be distinguished from lost ones, unless ZARR_ARRAY__WRITE_EMPTY_CHUNKS=True is set"
        )
        raise VariantFileError(f"is incomplete: {reason}", file=self.path, hint=hint, code="zarr-cut")

    def damaged(self, name: str, reason: str, cause: Exception | None = None) -> NoReturn:
        """Raise an error for a store with an array that contradicts its metadata."""
        hint = "create it again with genorx convert, or copy it again"
        raise VariantFileError(
            f"is damaged: {reason}", file=self.path, place=f"array {shown(name)}", hint=hint, code="zarr-damaged"
        ) from cause

    def _check_whole(self) -> None:
        if "wip" in self._files:
            self.cut("the conversion that made it did not end (it has a folder wip)")
        for name in (*_SITE_ARRAYS, "contig_id"):
            if name not in self:
                self.cut(f"it has no array {name}")
        if any(name.startswith("call_") for name in self._members) and "sample_id" not in self:
            self.cut("it has calls, but no array sample_id")
        for name in self._members & set(_NEVER_EMPTY):
            if lost := self._lost(name):
                self.cut(f"{lost} chunks of {name} are missing")
        if "variant_filter" in self:  # none at all if no record names a filter
            lost = self._lost("variant_filter")
            if 0 < lost < int(self.array("variant_filter").nchunks):
                self.cut(f"{lost} chunks of variant_filter are missing")

    def _lost(self, name: str) -> int:
        """Return the number of missing chunks of an array."""
        array = self.array(name)
        there = sum(map(is_chunk, self._files[name]))
        return max(0, int(array.nchunks) - there) if array.size else 0

    def _check_shapes(self) -> None:
        """Raise an error for arrays of inconsistent shapes, and chunks that exceed memory."""
        for name in self._members:
            array = self.array(name)
            expected = (self.records,) if name.startswith("variant_") else (self.records, len(self.samples))
            if name.startswith(("variant_", "call_")) and tuple(array.shape[: len(expected)]) != expected:
                self.damaged(name, f"its shape is {array.shape}, of {self.records} records")
            check("unpacked_bytes", int(np.prod(array.chunks)) * max(1, array.dtype.itemsize), file=self.path)
        if "call_genotype" in self and (self.array("call_genotype").ndim != 3 or not self._are_numbers()):
            self.damaged("call_genotype", "it is not an array of allele numbers by record, sample and copy")
        if "variant_filter" in self and self.array("variant_filter").shape[1:] != (len(self.filters),):
            self.damaged("variant_filter", "its number of filters differs from filter_id")
        if self._lost("variant_contig") and len(self.contigs) > 1 and self.index() is None:
            self.cut("chunks of variant_contig are missing, and no region_index gives their contig")

    def _are_numbers(self) -> bool:
        return bool(self.array("call_genotype").dtype.kind == "i")

    def array(self, name: str) -> Any:
        """Return an array by name, after a check of its codecs."""
        if name not in self._arrays:
            with self._reading(name):
                description = self._description(name)
                codecs = _codecs(description)
            if not codecs <= _CODECS:
                self._foreign(f"array {shown(name)} is encoded by {shown(min(codecs - _CODECS))}, which is not read")
            with self._reading(name):
                self._arrays[name] = self._opened(name, description)
            if not isinstance(self._arrays[name], ChunkedArray) and self.path.is_dir() and packed_by_blosc(description):
                self._unmeasured[name] = by_first_axis(self._files[name])
        return self._arrays[name]

    def _opened(self, name: str, description: Any) -> Any:
        """Return an array, opened here or by zarr."""

        def open_() -> Any:
            return self._root[name]

        found = ChunkedArray.of(self.path / name, description, open_) if self.path.is_dir() else None
        return open_() if found is None else found

    def _measure(self, name: str, start: int, stop: int) -> None:
        """Raise an error for truncated chunks that zarr would read."""
        chunk = int(self.array(name).chunks[0])
        left = self._unmeasured.get(name, {})
        for number in range(start // chunk, -(-stop // chunk)) if left else ():
            for file in left.pop(number, ()):
                path = self.path / name / file
                with path.open("rb") as handle:
                    if is_cut(handle.read(BLOSC_HEAD), path.stat().st_size):
                        raise CutChunkError(file)

    def _description(self, name: str) -> Any:
        """Return an array's metadata, read before zarr interprets it."""
        file = next(each for each in _DESCRIPTIONS if each in self._files[name])
        if self.path.is_dir():
            text = (self.path / name / file).read_text(encoding="utf-8")
        else:
            with zipfile.ZipFile(self.path) as archive:
                text = archive.read(f"{name}/{file}").decode()
        check("json_bytes", len(text), file=self.path)
        return json.loads(text)

    def all(self, name: str) -> NDArray[Any]:
        """Return the values of a whole array."""
        array = self.array(name)
        with self._reading(name):
            self._measure(name, 0, int(array.shape[0]))
            return array.part() if isinstance(array, ChunkedArray) else np.asarray(array[:])

    def part(self, name: str, start: int, stop: int, columns: slice | NDArray[np.intp] | None = None) -> NDArray[Any]:
        """Return the values of some records; ``columns`` of the second axis, if not all."""
        array = self.array(name)
        with self._reading(name):
            self._measure(name, start, stop)
            records = slice(start, stop)
            if columns is None or isinstance(columns, slice):
                ranges = (records,) if columns is None else (records, columns)
                return array.part(*ranges) if isinstance(array, ChunkedArray) else np.asarray(array[ranges])
            if isinstance(array, ChunkedArray):
                return array.columns(records, columns)
            return np.asarray(array.oindex[records, columns])

    def some(self, name: str, numbers: NDArray[np.intp]) -> NDArray[Any]:
        """Return the values of records by number, ascending, which are close together."""
        low = int(numbers[0])
        return self.part(name, low, int(numbers[-1]) + 1)[numbers - low]

    def place(self, number: int) -> tuple[int, int]:
        """Return the contig index and the position of a record."""
        contig, position = (self.part(f"variant_{name}", number, number + 1)[0] for name in ("contig", "position"))
        return int(contig), int(position)

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except GenorxError:
            raise
        except CutChunkError as error:
            self.damaged(name, f"chunk {shown(error.file)} is cut short", error)
        except _FAULTS as error:
            self.damaged(name, f"it cannot be read ({type(error).__name__})", error)

    def alleles(self, start: int, stop: int) -> NDArray[Any]:
        """Return allele numbers of some records, like ``part``; none is below -2."""
        found = self.part("call_genotype", start, stop)
        self.check_alleles(found)
        return found

    def check_alleles(self, found: NDArray[Any]) -> None:
        """Raise an error for impossible allele numbers."""
        if found.min(initial=0) < BEYOND:
            self.damaged("call_genotype", f"it has an allele number below {BEYOND}")

    def header_lines(self) -> list[str]:
        """Return the header as lines of a VCF, as far as the store has it.

        A store does not keep the order of the lines, nor attributes of contigs other than their length.
        """
        meta = self._attributes.get("vcf_meta_information", [])
        pairs = [pair for pair in meta if isinstance(pair, list | tuple) and len(pair) == 2]
        lines = [f"##{key}={value}" for key, value in pairs if key != "fileformat"]
        lengths = self.all("contig_length").tolist() if "contig_length" in self else [None] * len(self.contigs)
        if len(lengths) != len(self.contigs):
            self.damaged("contig_length", "its number of contigs differs from contig_id")
        for contig, length in zip(self.contigs, lengths, strict=True):
            lines.append(f"##contig=<ID={contig}>" if length is None else f"##contig=<ID={contig},length={length}>")
        descriptions = self.all("filter_description").tolist() if "filter_description" in self else self.filters
        lines += [
            f'##FILTER=<ID={name},Description="{text}">' for name, text in zip(self.filters, descriptions, strict=False)
        ]
        lines += [self._declared("INFO", f"variant_{key}", key) for key in self.infos]
        lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="">'] if "call_genotype" in self else []
        lines += [self._declared("FORMAT", f"call_{key}", key) for key in self.formats]
        columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
        lines.append("\t".join([*columns, *(["FORMAT", *self.samples] if self.samples else [])]))
        if any("\n" in line or "\r" in line for line in lines):
            self._foreign("a name or a description has a line end")
        version = next((str(value) for key, value in pairs if key == "fileformat"), "VCFv4.3")
        return [f"##fileformat={version}", *lines]

    def _declared(self, kind: str, name: str, key: str) -> str:
        array = self.array(name)
        with self._reading(name):
            attributes = array.attrs
        of_zarr_3 = getattr(array, "metadata", None)
        axes = attributes.get("_ARRAY_DIMENSIONS") or getattr(of_zarr_3, "dimension_names", None) or ()
        own = axes[1 if kind == "INFO" else 2 :]
        number = _NUMBERS.get(own[0], ".") if own else "0" if array.dtype.kind == "b" else "1"
        type_ = {"b": "Flag", "f": "Float", "i": "Integer", "u": "Integer"}.get(array.dtype.kind, "String")
        description = str(attributes.get("description", ""))
        return f'##{kind}=<ID={key},Number={number},Type={type_},Description="{description}">'

    def index(self) -> NDArray[np.int64] | None:
        """Return the rows of ``region_index``; None if absent, or inconsistent with the chunks of the store.

        Columns are chunk, contig, first and last position, largest end, and number of records.
        """
        if "region_index" not in self:
            return None
        found = self.all("region_index").astype(np.int64)
        if found.ndim != 2 or found.shape[1] != 6:
            return None
        expected = [stop - start for start, stop in self.chunks()]
        if len(found) and not (found[:, 0].min() >= 0 and found[:, 0].max() < len(expected)):
            return None
        counted = np.bincount(found[:, 0], weights=found[:, 5], minlength=len(expected)).astype(np.int64)
        return found if counted.tolist() == expected and (np.diff(found[:, 0]) >= 0).all() else None

    @property
    def sample_chunk(self) -> int:
        """Number of samples in a chunk."""
        return int(self.array("call_genotype").chunks[1]) if "call_genotype" in self else max(1, len(self.samples))

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Yield first record and end of each chunk."""
        for start in range(0, self.records, self.chunk):
            yield start, min(start + self.chunk, self.records)


def _codecs(metadata: Any) -> set[str]:
    """Return the names of all codecs in an array's metadata."""
    found: set[str] = set()
    for each in (metadata.get("compressor"), *(metadata.get("filters") or ()), *(metadata.get("codecs") or ())):
        if each is not None:
            found.add(str(each.get("id") or each.get("name")).removeprefix("numcodecs."))
            found |= _codecs(each.get("configuration") or {})
    return found
