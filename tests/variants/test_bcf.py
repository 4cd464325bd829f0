"""BCF taken apart by our own decoder, against the text that htslib makes of the same file, and against the VCF."""

import gzip
import re
import struct
import zlib

import numpy as np
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genorx as gx
from genorx.errors import GenorxError
from genorx.variants import bcf_cells, files, genotypes
from genorx.variants.bcf_records import BcfRecords
from genorx.variants.bcf_values import float_text
from genorx.variants.call_table import FIXED_CALLS
from genorx.variants.cells import UnreadCellsError
from genorx.variants.pairs import OTHER, numbers_of_pairs

from ..vcf_files import CONTIGS, vcf_text

NAMES = ["a", "b", "c"]
HEAD = [
    "##fileformat=VCFv4.3",
    *(f"##contig=<ID={name},length={length}>" for name, length in CONTIGS.items()),
    '##FILTER=<ID=q10,Description="low, IDX=7">',
    '##FILTER=<ID=s50,Description="half">',
    '##INFO=<ID=END,Number=1,Type=Integer,Description="end">',
    '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="type">',
    '##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="length">',
    '##INFO=<ID=IMPRECISE,Number=0,Type=Flag,Description="imprecise">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="frequency">',
    '##INFO=<ID=NOTE,Number=.,Type=String,Description="text">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="depths">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="depth">',
    '##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description="least depth">',
    '##FORMAT=<ID=GQ,Number=1,Type=Float,Description="quality">',
    '##FORMAT=<ID=FT,Number=1,Type=String,Description="filter">',
    '##FORMAT=<ID=PS,Number=1,Type=Integer,Description="phase set">',
]
#: Ploidy of each kind, missing alleles, allele numbers that need 8 and 16 bits, and some that ALT does not have.
CALLS = ["0/0", "0/1", "1|0", "./.", ".|.", "./1", "0/.", "1", "0", ".", "0/0/1", "1|1|0", "2/1", "1/2/3/4", "3|3"]
VALUES = {
    "AD": ["3,4", ".", "0,0", "300,70000"],
    "DP": ["9", "0", ".", "300", "70000"],
    "MIN_DP": ["3", "0", "."],
    "GQ": ["40", ".", "0.5"],
    "FT": ["PASS", ".", "q10", "q10;s50"],
    "PS": ["100", ".", "7", "100000"],
}
FORMS = ["GT", "GT", "GT:DP", "GT:AD:DP:GQ", "GT:MIN_DP:DP", "GT:FT", "GT:PS:DP", "DP", "GT:FT:PS:MIN_DP", "AD"]
MANY = ",".join(f"A{'C' * number}" for number in range(1, 140))  # alleles beyond 62 need 16 bits
ALTS = ["C", "C", "G", "C,G", "<DEL>", ".", "C,<NON_REF>", "C,G,T", MANY, "A" + "CG" * 20]


@st.composite
def record(draw, samples):
    form, alt = draw(st.sampled_from(FORMS)), draw(st.sampled_from(ALTS))
    usual = ["0/0", "0/1", "1/1", "./.", "0|1"]
    calls = st.sampled_from(draw(st.sampled_from([usual, [*usual, "0"], CALLS, [*CALLS, "100/139", "139"]])))
    cells = [
        ":".join(draw(calls if key == "GT" else st.sampled_from(VALUES[key])) for key in form.split(":"))
        for _ in range(samples)
    ]
    return [
        draw(st.sampled_from(["chr1"] * 12 + ["chr7"])),
        str(draw(st.integers(100, 118))),
        draw(st.sampled_from([".", "rs1", "rs1;rs2", "name-of-more-than-14"])),
        draw(st.sampled_from(["A", "A", "AT", "N" * 20])),
        alt,
        draw(st.sampled_from([".", "30", "0.5", "123457"])),
        draw(st.sampled_from(["PASS"] * 8 + [".", "q10", "q10;s50"])),
        draw(
            st.sampled_from([".", "END=150", "AF=0.015625", "END=150;SVTYPE=DEL;SVLEN=-9;IMPRECISE", "NOTE=a,b;END=13"])
        ),
        form,
        *cells,
    ]


def write_bcf(path, records, names=NAMES, head=HEAD):
    """A VCF and the BCF that htslib makes of it."""
    plain = path.with_suffix(".vcf")
    plain.write_text(vcf_text(["\t".join(row) if isinstance(row, list) else row for row in records], names, head))
    level = pysam.set_verbosity(0)
    with pysam.VariantFile(str(plain)) as source, pysam.VariantFile(str(path), "wb", header=source.header) as out:
        for each in source:
            out.write(each)
    pysam.set_verbosity(level)
    return path


def raw(path):
    """The bytes of a BCF without compression, which are a BCF as well."""
    return gzip.decompress(path.read_bytes())


def outcome(read, *, bare=False):
    """What reading gives, as plain values; an error as its class, code and text, of a bare one without the file."""
    try:
        return [plain(matrix, bare=bare) for matrix in read()]
    except GenorxError as error:
        return type(error).__name__, error.code, "" if bare else str(error)


def plain(matrix, *, bare):
    sets = None if matrix.phase_sets is None else matrix.phase_sets.tolist()
    arrays = [matrix.dosage, matrix.alleles, matrix.phased]
    assert [array.dtype for array in arrays] == [np.int8, np.int16, np.bool_]
    findings = [(f.code, f.severity, f.message) for f in matrix.findings] if bare else matrix.findings
    frame = [list(map(str, row)) for row in matrix.variants.itertuples()]
    return [array.tolist() for array in arrays], sets, frame, matrix.samples, matrix.assembly, findings


def by_text(path, *, region=None, samples=None, filters=("PASS", "."), block_size=10_000):
    """Blocks of the text that htslib makes, each record read by itself."""
    wanted = None if region is None else genotypes.parse_region(region)
    asked = genotypes._Request(path, wanted, samples, filters, None, block_size, frozenset(genotypes.FIELDS))
    return asked.matrices(packed=False)


def by_arrays(path, *, region=None, samples=None, filters=("PASS", "."), block_size=10_000):
    """Blocks of our own decoder, which must not fall back to the text."""
    wanted = None if region is None else genotypes.parse_region(region)
    asked = genotypes._Request(path, wanted, samples, filters, None, block_size, frozenset(genotypes.FIELDS))
    return asked.matrices(packed=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_bcf_gives_the_cells_and_findings_of_its_text_and_of_the_vcf(tmp_path, data):
    """The same records as VCF and as BCF; htslib 1.21 and later makes the BCF, and its text is the judge."""
    names = NAMES[: data.draw(st.integers(1, 3))]
    records = data.draw(st.lists(record(len(names)), max_size=10))
    if data.draw(st.integers(0, 5)):
        records.sort(key=lambda row: (row[0], int(row[1])))
    version = data.draw(st.sampled_from(["VCFv4.2", "VCFv4.3", "VCFv4.4", "VCFv4.5"]))
    path = write_bcf(tmp_path / "x.bcf", records, names, [f"##fileformat={version}", *HEAD[1:]])
    if data.draw(st.booleans()):
        path.write_bytes(raw(path))
    how = {
        "region": data.draw(st.sampled_from([None, None, "chr1:105-110"])),
        "samples": data.draw(st.none() | st.permutations(names).map(lambda order: order[: len(order) // 2 + 1])),
        "filters": data.draw(st.sampled_from([None, ("PASS", ".")])),
        "block_size": data.draw(st.sampled_from([1, 2, 5, 10_000])),
    }
    expected = outcome(lambda: by_text(path, **how))
    assert outcome(lambda: gx.iter_genotypes(path, **how)) == expected
    found = outcome(lambda: gx.iter_genotypes(path, **how), bare=True)
    assert found == outcome(lambda: gx.iter_genotypes(path.with_suffix(".vcf"), **how), bare=True)


def test_an_unsorted_bcf_has_the_cells_of_its_text(tmp_path):
    """A record that waits for others of its place waits while later ones are given away: its samples must stay."""
    records = [
        "chr1 100 name-of-more-than-14 A C . PASS . GT 0/0 0/1 1/1",
        "chr1 101 . A C . PASS . GT 1/1 1/1 0/0",
        "chr1 100 . A G . PASS . GT:DP 0/1:9 0/0:9 0/1:9",
        "chr1 90 . A C . PASS . GT ./. 0/1 0/1",
    ]
    for number, some in enumerate((records, records[:3], records[1:], records[::-1])):
        path = write_bcf(tmp_path / f"{number}.bcf", some)
        for block_size in (1, 2, 10_000):
            expected = outcome(lambda p=path, n=block_size: by_text(p, block_size=n))
            assert outcome(lambda p=path, n=block_size: gx.iter_genotypes(p, block_size=n)) == expected


USUAL = [
    "chr1 100 . A C . PASS . GT 0/0 0|1 ./.",
    "chr1 200 rs7 A C,G 7.5 PASS AF=0.1,0.2 GT 1/2 ./1 1",
    "chr1 200 . A G . PASS . GT 1/1 0/1 0/0/1",
    "chr1 300 . AT A . q10 . GT:AD:DP 0/1:3,4:7 0/0:0,0:0 ./.",
    "chr1 400 . A C . PASS . GT:FT:PS 0/1:PASS:9 0/1:q10:. 0|1:.:7",
    "chr1 500 . A <DEL> . . END=700;SVTYPE=DEL;SVLEN=-200 GT 1 0/1 .",
    "chr1 600 . A . . PASS . DP 3 0 .",
    f"chr1 700 . A {MANY} . PASS . GT 0/139 70|1 .",
]


def test_usual_records_need_no_text_of_htslib(tmp_path, monkeypatch):
    """Half calls, haploid ones, ploidies mixed, several ALTs, depths, filters: what ``by_text`` says of them."""
    path = write_bcf(tmp_path / "x.bcf", USUAL)
    expected = outcome(lambda: by_text(path))

    def again(*args):
        raise AssertionError("the text was read")

    monkeypatch.setattr(genotypes._Request, "_by_rows", again)
    assert outcome(lambda: by_arrays(path)) == expected
    matrix = gx.read_genotypes(path)
    assert matrix.dosage.tolist()[:4] == [[0, 1, -1], [2, -1, 1], [2, 1, -1], [-1, -1, -1]]  # as written above
    assert matrix.alleles[1].tolist() == [
        [
            1,
            2,
            -2,
        ],
        [-1, 1, -2],
        [1, -2, -2],
    ]
    assert matrix.variants["end"].tolist()[4:6] == [400, 700]


@pytest.mark.parametrize("version", ["VCFv4.2", "VCFv4.4"])
def test_a_first_phase_counts_from_vcf_4_4_on(tmp_path, version):
    """``|0|1`` and ``0|1`` differ in bytes; before VCF 4.4 the first allele's phase bit means nothing."""
    head = [f"##fileformat={version}", *HEAD[1:]]
    path = write_bcf(tmp_path / "x.bcf", ["chr1 100 . A C . PASS . GT 0|1 0/1 1|1"], head=head)
    assert outcome(lambda: gx.iter_genotypes(path)) == outcome(lambda: by_text(path))
    assert gx.read_genotypes(path).phased.tolist() == [[True, False, True]]


def test_numbers_of_the_dictionary_may_have_gaps(tmp_path):
    """IDX of the header is what counts (VCF 4.5, 6.2.1): of an edited header no number follows from the order."""
    path = write_bcf(tmp_path / "x.bcf", USUAL)
    expected = outcome(lambda: gx.iter_genotypes(path))
    data = raw(path)
    length = int.from_bytes(data[5:9], "little")
    text, body = data[9 : 9 + length].decode(), data[9 + length :]
    lines = [line for line in text.split("\n") if "ID=s50" not in line and "chr7" not in line and "ID=NOTE" not in line]
    assert len(lines) < text.count("\n") - 1
    text = "\n".join(lines).encode()
    path.write_bytes(data[:5] + struct.pack("<I", len(text)) + text + body)
    assert outcome(lambda: by_arrays(path)) == outcome(lambda: by_text(path)) == expected


def test_a_dictionary_without_numbers_is_left_to_htslib(tmp_path):
    path = write_bcf(tmp_path / "x.bcf", USUAL)
    expected = outcome(lambda: gx.iter_genotypes(path))
    data = raw(path)
    length = int.from_bytes(data[5:9], "little")
    text = re.sub(rb",IDX=\d+", b"", data[9 : 9 + length])
    path.write_bytes(data[:5] + struct.pack("<I", len(text)) + text + data[9 + length :])
    with pytest.raises(UnreadCellsError):
        list(BcfRecords(path, 3).tables())
    assert outcome(lambda: gx.iter_genotypes(path)) == outcome(lambda: by_text(path)) == expected


@pytest.mark.parametrize("packed", [True, False])
def test_a_bcf_cut_anywhere_is_named_and_gives_nothing(tmp_path, packed):
    """Cut in half, in a record, in a block, and before the end marker; a whole record less is seen in blocks alone."""
    path = write_bcf(tmp_path / "x.bcf", [f"chr1 {n} . A C . PASS . GT 0/1 0/0 ./." for n in range(100, 600)])
    data = path.read_bytes() if packed else raw(path)
    whole = gx.read_genotypes(path).dosage
    starts = {len(data) // 2, len(data) - 1, len(data) - 7, len(data) - 30}
    for cut in starts:
        path.write_bytes(data[:cut])
        with pytest.raises(gx.errors.VariantFileError) as error:
            gx.read_genotypes(path)
        assert error.value.code in {"file-cut", "file-damaged"}
        assert path.name in str(error.value)
    path.write_bytes(data)
    assert np.array_equal(gx.read_genotypes(path).dosage, whole)


def test_a_damaged_block_is_named_with_its_byte(tmp_path):
    path = write_bcf(tmp_path / "x.bcf", [f"chr1 {n} . A C . PASS . GT 0/1 0/0 ./." for n in range(100, 9000)])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(gx.errors.VariantFileError) as error:
        gx.read_genotypes(path)
    assert error.value.code == "file-damaged"
    assert error.value.place.startswith("byte ")


def test_a_text_with_a_tab_is_left_to_the_reader_of_text(tmp_path):
    """A tab in INFO takes columns apart in the text; the decoder must not let it pass where the text is refused."""
    path = write_bcf(tmp_path / "x.bcf", ["chr1 100 . A C . PASS NOTE=abcXdef GT 0/1 0/0 ./."])
    path.write_bytes(raw(path).replace(b"abcXdef", b"abc\tdef"))
    with pytest.raises(UnreadCellsError):
        list(BcfRecords(path, 3).tables())
    assert outcome(lambda: gx.iter_genotypes(path)) == outcome(lambda: by_text(path))


class AsLibdeflate:
    """What is asked of libdeflate, by zlib; or a library that fails at everything."""

    DeflateError = zlib.error
    crc32 = staticmethod(zlib.crc32)

    def __init__(self, works):
        self.calls, self._works = 0, works

    def deflate_decompress(self, data, _length):
        self.calls += 1
        if not self._works:
            raise zlib.error("no")
        return bytearray(zlib.decompress(data, -15))


@pytest.mark.parametrize("works", [True, False])
def test_another_inflater_gives_the_same_and_zlib_names_the_damage(tmp_path, monkeypatch, works):
    path = write_bcf(tmp_path / "x.bcf", USUAL)
    monkeypatch.setattr("genorx.variants.files.load_libdeflate", lambda: None)
    expected = outcome(lambda: gx.iter_genotypes(path))
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    told = outcome(lambda: gx.iter_genotypes(path))
    other = AsLibdeflate(works)
    monkeypatch.setattr("genorx.variants.files.load_libdeflate", lambda: other)
    assert outcome(lambda: gx.iter_genotypes(path)) == told
    assert told[1] == "file-damaged"
    path.write_bytes(whole)
    assert outcome(lambda: gx.iter_genotypes(path)) == expected
    assert other.calls > 0


def blocks_of(path):
    """Blocks of letters, of one sign, of noise, and an empty one."""
    for text in (b"GATTACA" * 9_000, b"." * 65_536, np.random.default_rng(1).bytes(60_000), b""):
        with pysam.BGZFile(str(path), "wb") as out:
            out.write(text)
        packed = path.read_bytes()
        yield packed[: int.from_bytes(packed[16:18], "little") + 1], text


def test_libdeflate_gives_the_bytes_of_zlib(tmp_path):
    library = pytest.importorskip("deflate", reason="deflate is optional")
    for block, text in blocks_of(tmp_path / "x.gz"):
        expected = files._text_of(memoryview(block))
        assert expected == text[: len(expected)]
        if expected:
            assert files._text_at_once(memoryview(block), library) == expected
        assert files._inflate(memoryview(block), "x.gz", 0) == expected


@pytest.mark.parametrize("change", ["length", "more than a block", "sum", "packed text", "cut"])
def test_a_block_that_libdeflate_does_not_take_is_left_to_zlib_and_refused(tmp_path, change):
    library = pytest.importorskip("deflate", reason="deflate is optional")
    block = bytearray(next(blocks_of(tmp_path / "x.gz"))[0])
    if change == "length":
        block[-4:] = (int.from_bytes(block[-4:], "little") + 1).to_bytes(4, "little")
    elif change == "more than a block":
        block[-4:] = (1 << 31).to_bytes(4, "little")
    elif change == "sum":
        block[-8] ^= 1
    elif change == "packed text":
        block[30] ^= 0x55
    else:
        del block[40:60]
    with pytest.raises((ValueError, library.DeflateError)):
        files._text_at_once(memoryview(block), library)
    with pytest.raises(gx.errors.VariantFileError) as error:
        files._inflate(memoryview(block), "x.gz", 7)
    assert (error.value.code, error.value.place) == ("file-damaged", "byte 7")


def test_an_allele_that_alt_does_not_have_is_refused_with_its_place(tmp_path):
    path = write_bcf(tmp_path / "x.bcf", ["chr1 100 . A C . PASS . GT 0/1 0/3 ./."])
    with pytest.raises(gx.errors.VariantFileError) as error:
        gx.read_genotypes(path)
    assert (error.value.code, error.value.place) == ("genotype-without-alt", "chr1:100 sample b")


def test_numbers_are_written_as_htslib_writes_them():
    """Twenty thousand single-precision numbers of all sizes, in INFO of records that htslib writes."""
    header = pysam.VariantHeader()
    header.add_line("##contig=<ID=1>")
    header.add_line('##INFO=<ID=X,Number=.,Type=Float,Description="x">')
    rng = np.random.default_rng(19)
    numbers = np.concatenate([10 ** rng.uniform(-6, 8, 10_000), -rng.random(5_000), rng.integers(0, 2**14, 5_000) / 64])
    for some in numbers.astype(np.float32).reshape(-1, 1_000):
        each = header.new_record(contig="1", start=1, alleles=("A", "C"), info={"X": some.tolist()})
        assert [float_text(bits) for bits in some.view(np.uint32).tolist()] == each_values(each)


def each_values(record):
    return str(record).rstrip("\n").split("\t")[7].removeprefix("X=").split(",")


def test_gene_tables_of_a_bcf_are_those_of_the_vcf(tmp_path):
    """Consequences stand in INFO, which the decoder makes text when it is asked for."""
    form = "Allele|Consequence|IMPACT|SYMBOL|Gene|ALLELE_NUM"
    csq = f'##INFO=<ID=CSQ,Number=.,Type=String,Description="VEP. Format: {form}">'
    rows = [
        "chr1 100 . A C . PASS CSQ=C|missense_variant|M|ABC1|E1|1 GT 0/1 0/0 ./.",
        "chr1 200 . A C,G . PASS AF=0.1,0.2;CSQ=C|stop_gained|H|ABC2|E2|1,G|intron_variant|H|ABC1|E2|2 GT 1/2 0/2 0/1",
        "chr7 100 . A C . q10 CSQ=C|missense_variant|M|ABC1|E1|1 GT 0/1 0/0 ./.",
    ]
    path = write_bcf(tmp_path / "x.bcf", rows, head=[*HEAD, csq])
    found, expected = (gx.variant_features(each, "genes") for each in (path, path.with_suffix(".vcf")))
    assert found.equals(expected)
    assert found.loc["a", "ABC2"] == 1  # its first allele stops the protein


@pytest.mark.parametrize("prefixed", [False, True])
def test_every_pair_of_bytes_has_the_number_of_its_call_or_none(prefixed):
    """Section 6.3.3 of VCF 4.5, pair by pair: ``(allele + 1) << 1 | phased``; alleles above 3 have no fixed number."""
    pairs = np.arange(1 << 16, dtype="<u2")
    numbers = numbers_of_pairs(pairs, bcf_cells._pair_numbers(prefixed))
    for pair, number in zip(pairs.tolist(), numbers.tolist(), strict=True):
        first, second = pair & 255, pair >> 8
        if max(first, second) > 9 or (prefixed and (first ^ second) & 1):
            assert number == OTHER
            continue
        genotype = FIXED_CALLS[number].genotype
        assert genotype.alleles == ((first >> 1) - 1, (second >> 1) - 1)
        assert genotype.phased == bool(second & 1)
