"""Records of a variant file, checked while read, in blocks of rows.

A row is the list of a record's tab-separated texts.  Duplicate records of a site are merged; findings are collected in
``notes``.  Consequences and matrices of genotypes are made elsewhere.
Source: VCF 4.5 specification, section 1.6.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from genorx._core import limits
from genorx.errors import VariantFileError, shown
from genorx.variants.allele import number_of_alts
from genorx.variants.allele_depths import DepthRule
from genorx.variants.assembly import agree_assembly, contig_ends, detect_assembly
from genorx.variants.bcf_table import BcfTable, LateRow
from genorx.variants.bcf_text import whole_rows
from genorx.variants.calls import GENOTYPE_CURES, Call, CallFormats, accepted_filter
from genorx.variants.files import PIECE, Bytes, line_buffers, line_buffers_from, line_pieces
from genorx.variants.header import VariantHeader, parse_header
from genorx.variants.heads import Heads, heads_in_order, whole_tables
from genorx.variants.index import index_rows
from genorx.variants.line_batch import LineBatch, Places
from genorx.variants.line_checks import CheckedLines, check_heads, check_lines
from genorx.variants.near import NearPlaces, NearRecords
from genorx.variants.notes import Notes
from genorx.variants.record_checks import SITE_COLUMNS, Row, RowChecker
from genorx.variants.region import Region
from genorx.variants.text_table import TextTable
from genorx.variants.zarr_records import ZarrRecords
from genorx.variants.zarr_store import ZarrStore, is_store
from genorx.variants.zarr_table import ZarrTable, record_number

#: FILTER values accepted by default: the record passed all filters, or none was applied.
DEFAULT_FILTERS = ("PASS", ".")
#: Bytes of text to read at a time for ``tables``: enough that the records dominate the cost of each step.
TABLE_PIECE = 1 << 20
_PACKED_PIECE = 1 << 21


class VariantReader:
    """An open variant file: its header, and its records in blocks.

    Parameters
    ----------
    path : path
        VCF, gVCF or BCF, plain, gzip or bgzip; or a VCF Zarr store.
    filters : collection of str or None
        Accepted FILTER values, by default ``DEFAULT_FILTERS``; None accepts all.
    assembly : str, optional
        Assembly stated by the caller, checked against the header; by default that of the header.
    piece : int, optional
        Bytes of text that are read at a time; the default is larger for packed rows, which are few.
    merge : bool
        Whether records of the same site are merged.  The default is True.
    packed : bool
        Whether the columns of all samples of a row are one text, its tenth column; the code that splits the text
        counts the columns.  For a store, it is usually the record's number (``zarr_table``).  The default is False.
    germline : bool
        Whether the file is known to be of germline variants: genotypes that allelic depths contradict are no calls.

    Attributes
    ----------
    header : VariantHeader
        Content of the header.
    evidence : AssemblyEvidence
        Evidence on the assembly in the header.
    assembly : str or None
        ``GRCh37`` or ``GRCh38``; None if not known.
    notes : Notes
        Findings collected so far.
    packed : bool
        Whether rows are packed.
    records : int
        Number of records read so far.
    stored : ZarrRecords or None
        The store that is read, if the path is one.

    Raises
    ------
    VariantFileError
        On opening and while reading, if the file is damaged or not a variant file.
    AssemblyError
        If the file is of another assembly.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        filters: Collection[str] | None = DEFAULT_FILTERS,
        assembly: str | None = None,
        piece: int | None = None,
        merge: bool = True,
        packed: bool = False,
        germline: bool = False,
    ) -> None:
        self.path = Path(path)
        self.filters = None if filters is None else frozenset(filters)
        self.notes = Notes()
        piece = piece or (_PACKED_PIECE if packed else PIECE)
        self.stored = ZarrRecords(ZarrStore(self.path), by_number=packed) if is_store(self.path) else None
        if self.stored is None:
            self._bytes = line_buffers(self.path, size=piece)
            self._pieces = _texts(self._bytes, self.notes)
            self.header, self._first, self._line = _take_header(self._pieces, self.path, self.notes)
        else:
            lines = self.stored.store.header_lines()
            self.header = parse_header(lines, file=self.path, notes=self.notes)
            self._pieces, self._first, self._line = self.stored.pieces(), "", len(lines) + 1
        by_depths = germline and DepthRule.of(self.header.lines).usable
        self.formats = CallFormats(self.filters, by_depths=by_depths)
        self.evidence = detect_assembly(self.header.contigs, self.header.texts, file=self.path, notes=self.notes)
        self.assembly = agree_assembly(self.evidence, assembly, file=self.path, notes=self.notes)
        self._merge = merge
        ends = contig_ends(self.header.contigs, self.assembly)
        self.packed = packed and bool(self.header.samples)
        self._checker = RowChecker(
            self.path, self.header.width, ends, self.notes, self.formats, merge=merge, packed=self.packed
        )

    @property
    def records(self) -> int:
        """Number of records read so far."""
        return self._checker.records

    def note_empty(self) -> None:
        """Add a finding, after reading, if there was no record: such a file has no information on its samples."""
        if not self.records:
            self.notes.add("file-without-records", "warning", "the file has no record")

    def count(self, records: int) -> None:
        """Count records that were read elsewhere."""
        self._checker.records += records

    def accepts(self, filter_text: str) -> bool:
        """Return whether a FILTER value is accepted."""
        return accepted_filter(filter_text, self.filters)

    def call(self, row: Row, column: int) -> Call:
        """Return the call in a column (from 9) of a record.

        Raises
        ------
        VariantFileError
            ``genotype`` if it cannot be parsed, ``genotype-without-alt`` if it names an allele beyond ALT.
        """
        form = self.formats.of(row)
        try:
            call = form.calls[form.ids[row[column]]]
        except ValueError as error:
            self.refuse_call(row, column, str(error))
        if call.genotype.top > number_of_alts(row[4]):
            self.refuse_allele(row, column)
        form.forget()
        return call

    def calls(self, row: Row, columns: Iterable[int]) -> list[Call]:
        """Return the calls in some columns of a record; see ``call``."""
        return [self.call(row, column) for column in columns]

    def refuse_allele(self, row: Row, column: int) -> NoReturn:
        """Raise an error for a genotype with an allele beyond ALT."""
        values = dict(zip(self.formats[row[8]].keys, row[column].split(":"), strict=False))
        reason = f"genotype {shown(values.get('GT', ''))!r} names an allele that ALT does not have"
        self.refuse_call(row, column, reason, "genotype-without-alt")

    def refuse_call(self, row: Row, column: int, reason: str, code: str = "genotype") -> NoReturn:
        """Raise an error for the content of a sample's column."""
        place = f"{row[0]}:{row[1]} sample {shown(self.header.samples[column - 9])}"
        raise VariantFileError(reason, file=self.path, place=place, hint=GENOTYPE_CURES.get(code), code=code)

    def watch(self, places: NearPlaces, take: Callable[[list[Row]], None]) -> None:
        """Pass on the records near some positions while they are read: rows with one text per column, in file order.

        Records of one site are not merged in them.
        """
        self._checker.near = NearRecords(places, lambda rows: take(self._whole_rows(rows)))

    def _whole_rows(self, rows: list[Row]) -> list[Row]:
        late = [row for row in rows if isinstance(row, LateRow)]
        return whole_rows(late) if late else [self.whole(row) for row in rows]

    def blocks(self) -> Iterator[list[Row]]:
        """Yield checked rows in file order, the same site in one row."""
        yield from self.check(self._body())

    def check(self, pieces: Iterator[str]) -> Iterator[list[Row]]:
        """Yield checked rows of text blocks (such as those of an index query)."""
        checker = self._checker
        for piece in pieces:
            rows = checker.take(piece, self._line)
            self._line += checker.line_ends
            if rows:
                yield rows
        if rows := checker.rest():
            yield rows
        if checker.unsorted and self._merge:
            stored = self.stored
            _refuse_scattered_twins(self.path, line_pieces(self.path) if stored is None else stored.encoded())

    def heads(self, pieces: Iterator[Bytes] | None = None) -> Iterator[Heads]:
        """Yield checked records like ``blocks``, as packed rows; those of regular text as lines of tables.

        ``pieces`` are blocks of whole lines, of a part of the file.
        """
        for piece in self._body_bytes() if pieces is None else pieces:
            heads = self._heads_of(piece)
            del piece  # the next is made in its place
            if len(heads):
                yield heads
            del heads
        for rows in self.check(iter(())):  # what it still holds
            yield heads_in_order(rows)

    def _heads_of(self, piece: Bytes) -> Heads:
        """Return the records of a block of whole lines."""
        table = TextTable.of(piece, len(self.header.samples))
        if table is not None and table.positions is not None:
            heads = self._heads_of_table(table, table.positions, table.forms.texts)
            if heads is not None:
                return heads
        return self._heads_of_text(_text(piece, self.notes))

    def _heads_of_table(self, table: TextTable | ZarrTable, positions: Places, forms: list[str]) -> Heads | None:
        """Return the records of a table; None for one with findings or errors, which are reported in line order."""
        checked = check_heads(table, positions, forms, self._line, self._checker, silent=True)
        if checked is None:
            return None
        self._line += len(table)
        return heads_in_order(checked.rows, table, checked.lines)

    def _heads_of_text(self, text: str) -> Heads:
        rows = self._checker.take(text, self._line)
        self._line += self._checker.line_ends
        return heads_in_order(rows)

    def stored_heads(self, start: int = 0, stop: int | None = None) -> Iterator[Heads]:
        """Yield checked records of a store like ``heads``; those from ``start`` to before ``stop``, or all."""
        for table in self.stored.tables(start, stop) if self.stored is not None else ():
            heads = self._heads_of_table(table, table.positions, table.forms) if table.regular else None
            if heads is None:
                heads = self._heads_of_text(table.text())
            if len(heads):
                yield heads
        for rows in self.check(iter(())):  # what it still holds
            yield heads_in_order(rows)

    def _body_bytes(self) -> Iterator[Bytes]:
        if self._first:
            yield self._first.encode()
        yield from self._bytes if self.stored is None else (piece.encode() for piece in self._pieces)

    def of_region(self, contig: str, region: Region) -> Iterator[str] | None:
        """Return text of the records of a region by the file's index; None without a fitting index."""
        if self.stored is not None:
            return self.stored.of_region(contig, region, self.notes)
        return index_rows(self.path, self.notes, contig, region)

    def text_from(self, begin: int) -> Iterator[Bytes]:
        """Yield the text of a bgzip file from a line's virtual offset on."""
        return line_buffers_from(self.path, begin, size=_PACKED_PIECE)

    def check_tables(self, tables: Iterator[BcfTable]) -> Iterator[Heads]:
        """Yield checked records of tables of a BCF, whose text is no longer read.

        Raises
        ------
        UnreadCellsError
            If records must be merged, for which their text is needed.
        """
        self._pieces.close()
        for table in tables:
            heads = self._check_table(table)
            self._line += len(table)
            del table  # the next is made in its place
            if len(heads):
                yield heads
            del heads
        if rows := self._checker.rest():
            yield whole_tables(rows)
        if self._checker.unsorted and self._merge:
            _refuse_scattered_twins(self.path, line_pieces(self.path))

    def _check_table(self, table: BcfTable) -> Heads:
        checked = check_heads(table, table.positions, table.formats(), self._line, self._checker)
        if checked is not None:
            return whole_tables(checked.rows, table, checked.lines)
        rows: list[Row] = [table.row(line) for line in range(len(table))]
        return whole_tables(self._checker.take_rows(rows, self._line))

    def pass_over(self, row: Row) -> None:
        """Release a packed row that is not parsed.

        Raises
        ------
        VariantFileError
            ``columns-few`` if the number of columns differs from the header.
        """
        if self._number(row) is None:
            self._checker.check_packed(row)

    def _number(self, row: Row) -> int | None:
        """Return the number of a record whose calls are in a store's arrays."""
        return None if self.stored is None or len(row) != SITE_COLUMNS + 1 else record_number(row[SITE_COLUMNS])

    def whole(self, row: Row) -> Row:
        """Return a row with one text per column.

        Raises
        ------
        VariantFileError
            ``columns-few`` if the number of columns of a packed row differs from the header.
        """
        number = self._number(row)
        if number is not None and self.stored is not None:
            return [*row[: SITE_COLUMNS - 1], *self.stored.whole(number)]
        self._checker.check_packed(row)
        return self._checker.unpacked(row)

    def tables(self) -> Iterator[CheckedLines | list[Row]]:
        """Yield checked records like ``blocks``, regular text as a table; suited to large blocks and few columns."""
        checker, width = self._checker, self.header.width
        for piece in self._body_bytes():
            table = LineBatch.of(piece.replace(b"\r\n", b"\n") if b"\r" in piece else piece, width)
            lines = None if table is None else check_lines(table, self._line, checker)
            yield checker.take(_text(piece, self.notes), self._line) if lines is None else lines
            self._line += checker.line_ends if table is None else len(table)
        yield from self.check(iter(()))  # what it still holds

    def _body(self) -> Iterator[str]:
        if self._first:
            yield self._first
        yield from self._pieces


def _texts(pieces: Iterator[Bytes], notes: Notes) -> Generator[str, None, None]:
    """Decode blocks; accept and report what is unusual but unambiguous."""
    for piece in pieces:
        yield _text(piece, notes)


def _text(piece: Bytes, notes: Notes) -> str:
    if b"\r" in piece:
        piece = piece.replace(b"\r\n", b"\n")
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError as error:
        text = f"bytes that are not UTF-8 ({error.object[error.start]:#04x}) are shown as the replacement character"
        notes.add("text-not-utf8", "warning", text)
        return piece.decode("utf-8", errors="replace")


def _take_header(pieces: Iterator[str], path: Path, notes: Notes) -> tuple[VariantHeader, str, int]:
    """Return the header, the text after it in the last block read, and the number of its first line."""
    lines: list[str] = []
    size = 0
    for piece in pieces:
        start = 0
        size += len(piece)
        limits.check("header_lines", len(lines), file=path, place=len(lines))
        limits.check("header_bytes", size, file=path, place=len(lines))
        while start < len(piece) and (piece[start] == "#" or not lines):
            end = piece.find("\n", start)
            end = len(piece) if end < 0 else end
            lines.append(piece[start:end])
            start = end + 1
            if lines[-1].startswith("#CHROM") or not lines[0].startswith("##"):
                return parse_header(lines, file=path, notes=notes), piece[start:], len(lines) + 1
        if start < len(piece):
            break
    return parse_header(lines, file=path, notes=notes), "", 0  # raises an error: there was no #CHROM line


def _refuse_scattered_twins(path: Path, pieces: Iterable[bytes]) -> None:
    """Reread an unsorted file: duplicate sites must not be missed because they are scattered."""
    seen: set[int] = set()  # of hashes: eight bytes a site, not its text
    for piece in pieces:
        for line in piece.decode("utf-8", errors="replace").split("\n"):
            if not line or line[0] == "#":
                continue
            fields = line.split("\t", 5)
            site = (fields[0], fields[1], fields[3], fields[4])
            number = hash(site)
            if number in seen:
                reason = "the same site appears twice in an unsorted file"
                place = f"{shown(site[0])}:{shown(site[1])}"
                hint = "sort it (bcftools sort), so that the two can be compared"
                raise VariantFileError(reason, file=path, place=place, hint=hint, code="site-twice")
            seen.add(number)
