"""Damaged and hostile variant files: each is refused with code and place, or kept and named by a finding."""

import gzip
import os
import re
import subprocess
import sys
import zlib

import pysam
import pytest

import genorx as gx
from genorx.errors import AssemblyError, LimitError, VariantFileError
from genorx.variants import VariantReader

from ..vcf_files import HEAD, vcf_text

pytestmark = pytest.mark.usefixtures("both_ways")

ROWS = [f"chr1 {n} . A C . PASS . GT 0/1" for n in range(100, 140)]


def refused(path, **options):
    with pytest.raises(VariantFileError) as caught:
        gx.read_genotypes(path, **options)
    assert caught.value.file == str(path)
    return caught.value


def found(path, **options):
    return {finding.code: finding for finding in gx.read_genotypes(path, **options).findings}


@pytest.fixture
def many(write_vcf):
    """Many blocks, so that the file can be cut between two."""
    return write_vcf([f"chr1 {n} . A C . PASS . GT 0/1" for n in range(100, 9000)], name="m.vcf.gz")


def test_bgzip_cut_inside_a_block_or_between_two_is_refused(many, tmp_path):
    data = many.read_bytes()
    second = int.from_bytes(data[16:18], "little") + 1
    for name, size in {"end": len(data) - 28, "block": second, "inside": second + 99, "header": second + 5}.items():
        path = tmp_path / f"{name}.vcf.gz"
        path.write_bytes(data[:size])
        assert refused(path).code == "file-cut"


def test_each_flipped_byte_is_refused_or_harmless(write_vcf, tmp_path):
    """The checksum of the text decides: what is read is what was written, or nothing is."""
    path = write_vcf(ROWS, name="f.vcf.gz")
    whole = gx.read_genotypes(path).dosage.tolist()
    data = path.read_bytes()
    broken = tmp_path / "g.vcf.gz"
    refusals, codes = 0, set()
    for place in range(0, len(data), 3):
        broken.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        try:
            read = gx.read_genotypes(broken).dosage.tolist()
        except VariantFileError as error:
            read, refusals = whole, refusals + 1
            codes.add(error.code)
        assert read == whole
    assert codes <= {"file-damaged", "file-cut", "not-vcf"}
    assert refusals > 0.9 * len(data) / 3


def test_gzip_is_read_and_a_cut_or_changed_one_refused(tmp_path):
    text = vcf_text(ROWS).encode()
    path = tmp_path / "g.vcf.gz"
    path.write_bytes(gzip.compress(text[:300]) + gzip.compress(text[300:]))  # two members
    assert gx.read_genotypes(path).dosage.shape == (40, 1)
    data = path.read_bytes()
    path.write_bytes(data + b"\0" * 512)  # padding of tapes: allowed by gzip
    assert gx.read_genotypes(path).dosage.shape == (40, 1)
    path.write_bytes(data[:-5])
    assert refused(path).code == "file-cut"
    path.write_bytes(data + b"garbage")
    assert refused(path).code == "file-damaged"


def test_files_that_are_no_files_are_refused(tmp_path):
    assert refused(tmp_path / "absent.vcf").code == "file-absent"
    assert refused(tmp_path).code == "file-folder"
    empty = tmp_path / "empty.vcf"
    empty.touch()
    assert refused(empty).code == "file-empty"
    for name, data in {
        "text": b"hello\n",
        "png": b"\x89PNG\r\n\x1a\n" + bytes(99),
        "gz": gzip.compress(b"x"),
        "nul": bytes(999),
    }.items():
        path = tmp_path / name
        path.write_bytes(data)
        assert refused(path).code == "not-vcf"


@pytest.mark.parametrize(
    ("dress", "code", "cure"),
    [
        (lambda text: text.encode("utf-8-sig"), "not-vcf", "byte order mark"),
        (lambda text: text.encode("utf-16"), "not-vcf", "UTF-16"),
        (lambda text: text.replace("\n", "\r").encode(), "header-absent", "line feeds"),
    ],
)
def test_a_vcf_in_another_dress_of_text_is_refused_with_its_cure(tmp_path, dress, code, cure):
    """What editors and spreadsheets make of a VCF: its first line still begins with ##fileformat to the eye."""
    path = tmp_path / "a.vcf"
    path.write_bytes(dress(vcf_text(ROWS)))
    error = refused(path)
    assert error.code == code
    assert cure in error.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_refused(write_vcf):
    path = write_vcf(ROWS)
    path.chmod(0)
    assert refused(path).code == "file-unreadable"


def test_damaged_bcf_is_refused(write_vcf, tmp_path):
    data = write_vcf(ROWS, name="b.bcf").read_bytes()
    path = tmp_path / "c.bcf"
    path.write_bytes(data[:-28])
    assert refused(path).code == "file-cut"
    path.write_bytes(data[: len(data) // 2])
    assert refused(path).code == "file-cut"
    path.write_bytes(b"BCF\2\2" + bytes(40))
    assert refused(path).code == "file-damaged"


@pytest.mark.parametrize("raw", [False, True])
def test_a_bcf_with_any_flipped_byte_ends_in_an_error_or_a_matrix(write_vcf, tmp_path, raw):
    """A process of its own: htslib must not take it down.  Raw BCF has no checksum, so that some damage is not seen."""
    data = write_vcf(ROWS, name="b.bcf").read_bytes()
    data = gzip.decompress(data) if raw else data
    path = tmp_path / "whole.bcf"
    path.write_bytes(data)
    script = tmp_path / "read.py"
    script.write_text(
        "import pathlib, sys\nimport genorx as gx\n"
        "whole = pathlib.Path(sys.argv[1]); data = whole.read_bytes(); path = whole.with_name('c.bcf'); told = 0\n"
        "for place in range(0, len(data), 7):\n"
        "    for changed in (data[:place] + bytes([data[place] ^ 0x91]) + data[place + 1 :], data[:place]):\n"
        "        path.write_bytes(changed)\n"
        "        try:\n"
        "            gx.read_genotypes(path)\n"
        "        except gx.errors.VariantFileError:\n"
        "            told += 1\n"
        "print(told)\n"
    )
    done = subprocess.run([sys.executable, str(script), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > len(data) // 7


def test_header_faults_are_refused_with_their_line(write_vcf, tmp_path):
    path = tmp_path / "h.vcf"
    text = vcf_text(ROWS)
    columns = next(line for line in text.splitlines() if line.startswith("#CHROM"))
    path.write_text(text.replace(columns + "\n", ""))
    assert (refused(path).code, refused(path).place) == ("header-absent", str(len(HEAD) + 1))
    path.write_text("\n".join(HEAD) + "\n")
    assert refused(path).code == "header-absent"
    path.write_text(text.replace("\tFORMAT", " FORMAT"))
    assert refused(path).code == "header-columns"
    assert refused(write_vcf([], samples=["a", "b", "a"])).code == "sample-twice"
    assert refused(write_vcf([], head=[*HEAD, "##contig=<ID=chr1,length=5>"])).code == "contig-line"
    assert refused(write_vcf([], head=[*HEAD, "##contig=<ID=chr2,length=x>"])).code == "contig-line"
    path.write_bytes(text.encode().replace(b"\tS1", b"\tS\xe9"))
    assert refused(path).code == "sample-name"


@pytest.mark.parametrize(
    ("row", "code", "place"),
    [
        ("chr1 200 . A C . PASS . GT", "columns-few", "line"),
        ("chr1 200 . A C . PASS . GT 0/1 0/1", "columns-many", "line"),
        ("chr1 x . A C . PASS . GT 0/1", "position", "line"),
        ("chr1 -5 . A C . PASS . GT 0/1", "position", "line"),
        ("chr1 1_0 . A C . PASS . GT 0/1", "position", "line"),
        ("chr1 " + "9" * 5000 + " . A C . PASS . GT 0/1", "position", "line"),
        ("chr1 ٣٠٠ . A C . PASS . GT 0/1", "position", "line"),
        ("chr1 248956424 . A C . PASS . GT 0/1", "position-beyond-contig", "line"),
        ("chr1 200 . A! C . PASS . GT 0/1", "ref-allele", "line"),
        ("chr1 200 . A C,,G . PASS . GT 0/1", "alt-allele", "line"),
        ("chr1 200 . A C . PASS . GT 0/2", "genotype-without-alt", "chr1:200 sample S1"),
        ("chr1 200 . A . . PASS . GT 0/1", "genotype-without-alt", "chr1:200 sample S1"),
        ("chr1 200 . A C . PASS . GT 0/x", "genotype", "chr1:200 sample S1"),
        ("chr1 200 . A C . PASS . GT 0/", "genotype", "chr1:200 sample S1"),
        ("chr1 200 . A C . PASS . GT 0/1:9", "genotype", "chr1:200 sample S1"),
    ],
)
def test_a_record_that_is_wrong_is_refused_with_its_place(write_vcf, row, code, place):
    fault = refused(write_vcf([*ROWS, row]))
    assert fault.code == code
    assert fault.place == (str(len(HEAD) + 2 + len(ROWS)) if place == "line" else place)


def test_an_empty_line_between_records_is_refused(tmp_path):
    path = tmp_path / "e.vcf"
    lines = vcf_text(ROWS).splitlines()
    path.write_text("\n".join([*lines[:-1], "", lines[-1], ""]))
    assert refused(path).code == "line-empty"


def test_a_cut_last_line_is_refused_or_named(tmp_path):
    text = vcf_text(ROWS)
    path = tmp_path / "c.vcf"
    path.write_text(text[:-12])
    assert refused(path).code == "columns-few"
    path.write_text(text[:-2])  # 0/1 without its last allele
    assert refused(path).code == "genotype"
    path.write_text(text[:-1])
    assert found(path)["last-line-open"].severity == "serious"


def test_a_line_of_a_gibibyte_in_a_small_file_is_refused_in_little_memory(tmp_path):
    """1 GiB of one letter deflates to about 1 MB; the process must not hold it."""
    path = tmp_path / "bomb.vcf.gz"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with open(path, "wb") as out:
        out.write(packer.compress(vcf_text(ROWS).encode() + b"chr1\t500\t.\tA\tC\t.\tPASS\t"))
        for _ in range(160):  # 160 MiB: beyond the limit of 64, fast enough for a test
            out.write(packer.compress(b"A" * (1 << 20)))
        out.write(packer.flush())
    assert path.stat().st_size < 1_000_000
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refused(path).code == "line-too-long"
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 150


def test_bytes_that_are_not_utf8_are_named(tmp_path):
    path = tmp_path / "l.vcf"
    path.write_bytes(vcf_text(ROWS).encode().replace(b"\t.\tA\tC", b"\tn\xe9\tA\tC", 1))
    findings = found(path)
    assert findings["text-not-utf8"].severity == "warning"
    assert gx.read_genotypes(path).dosage.sum() == 40


def test_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "w.vcf"
    path.write_bytes(vcf_text(ROWS).replace("\n", "\r\n").encode())
    assert gx.read_genotypes(path).dosage.sum() == 40


def test_the_same_site_with_different_genotypes_is_a_no_call(write_vcf):
    rows = ["chr1 9 . A C . PASS . GT 0/1 0/0", "chr1 9 . A G . PASS . GT 0/1 0/1", "chr1 9 . A C . PASS . GT 1|0 1/1"]
    path = write_vcf(rows, samples=["a", "b"])
    matrix = gx.read_genotypes(path)
    assert matrix.variants["alt"].tolist() == ["C", "G"]
    assert matrix.dosage.tolist() == [[1, -1], [1, 1]]
    assert [(f.code, f.severity) for f in matrix.findings] == [("site-contradiction", "serious")]


def test_the_same_site_twice_alike_is_one_record(write_vcf):
    matrix = gx.read_genotypes(write_vcf([ROWS[0], ROWS[0], "chr1 100 . A C . q10 . GT 1/1"]))
    assert matrix.dosage.tolist() == [[1]]
    assert {(f.code, f.severity) for f in matrix.findings} == {("site-twice", "info")}


def test_twins_across_pieces_of_a_large_file_are_found(write_vcf):
    """Pieces end at 64 KiB: somewhere in this file a site and its twin lie in two."""
    rows = [
        row for n in range(1, 6000) for row in (f"chr1 {n} . A C . PASS . GT 0/1", f"chr1 {n} . A C . PASS . GT 1/1")
    ]
    matrix = gx.read_genotypes(write_vcf(rows, name="t.vcf.gz"))
    assert matrix.dosage.shape == (5999, 1)
    assert (matrix.dosage == -1).all()


def test_unsorted_records_are_named_and_scattered_twins_refused(write_vcf):
    rows = ["chr1 500 . A C . PASS . GT 0/1", "chr1 100 . A C . PASS . GT 0/1"]
    assert set(found(write_vcf(rows))) == {"records-unsorted"}
    assert set(found(write_vcf([ROWS[0], "chr7 1 . A C . PASS . GT 0/0", "chr1 900 . A C . PASS . GT 0/0"]))) == {
        "records-unsorted"
    }
    assert refused(write_vcf([*rows, "chr1 500 . A C . PASS . GT 0/0"])).code == "site-twice"


def test_more_records_at_one_position_than_can_be_compared_are_refused(write_vcf):
    rows = [f"chr1 5 . A <DEL> . PASS END={n + 9} GT 0/0" for n in range(12000)]
    assert refused(write_vcf(rows)).code == "site-too-often"


def test_undeclared_and_twice_declared_contigs_are_named(write_vcf):
    path = write_vcf(["chrUn 5 . A C . PASS . GT 0/1"], head=[*HEAD, HEAD[1]])
    assert set(found(path)) == {"contig-undeclared", "contig-twice"}


def contigs(**lengths):
    return ["##fileformat=VCFv4.3", *(f"##contig=<ID={name},length={length}>" for name, length in lengths.items())]


def test_assembly_comes_from_lengths_then_text_and_is_checked(write_vcf):
    """Lengths of chromosome 1: 249,250,621 in GRCh37 and 248,956,422 in GRCh38 (NCBI assembly reports)."""
    row = ["1 5 . A C . PASS . GT 0/1"]
    b37 = write_vcf(row, head=contigs(**{"1": 249250621}))
    assert gx.read_genotypes(b37, assembly="hg19").assembly == "GRCh37"
    with pytest.raises(AssemblyError) as caught:
        gx.read_genotypes(b37, assembly="GRCh38")
    assert caught.value.code == "assembly-wrong"
    text = write_vcf(row, head=["##fileformat=VCFv4.3", "##reference=file:///data/GRCh38.fa"])
    assert gx.read_genotypes(text).assembly == "GRCh38"
    assert (
        refused(
            write_vcf(["chr1 248956500 . A C . PASS . GT 0/1"], head=["##fileformat=VCFv4.3", "##reference=hg38"])
        ).code
        == "position-beyond-contig"
    )


def test_mixed_strange_and_contradictory_assemblies_are_refused_or_named(write_vcf):
    mixed = write_vcf([], head=contigs(chr1=249250621, chr2=242193529))
    assert refused(mixed).code == "assembly-mixed"
    strange = write_vcf([], head=contigs(chr1=195471971))  # mouse, GRCm38
    assert found(strange)["assembly-unknown"].severity == "serious"
    assert refused(strange, assembly="GRCh38").code == "assembly-wrong"
    two = write_vcf([], head=[*contigs(chr1=249250621), "##reference=GRCh38"])
    assert found(two)["assembly-contradiction"].severity == "serious"
    assert gx.read_genotypes(two).assembly == "GRCh37"
    assert found(write_vcf([], head=["##fileformat=VCFv4.3"]))["assembly-unknown"].severity == "warning"
    mito = found(write_vcf([], head=contigs(chr1=249250621, chrM=16571)))
    assert "mitochondrion-hg19" in mito
    with pytest.raises(gx.GenorxError) as caught:
        gx.read_genotypes(two, assembly="T2T")
    assert caught.value.exit_code == 2


def test_htslib_stays_quiet_and_its_verbosity_is_restored(write_vcf, capfd):
    level = pysam.get_verbosity()
    path = write_vcf(ROWS, name="q.bcf")
    gx.read_genotypes(path)
    assert pysam.get_verbosity() == level
    assert capfd.readouterr().err == ""


def packed(path, *texts):
    """Write texts (text, times) as one gzip member."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    with open(path, "wb") as out:
        for text, times in texts:
            for _ in range(times):
                out.write(packer.compress(text))
        out.write(packer.flush())
    return path


@pytest.mark.parametrize("reader", [gx.read_genotypes, gx.pgx.call, lambda path: gx.variant_features(path, "genes")])
def test_a_header_without_end_is_refused_in_little_memory(tmp_path, reader):
    """33 million header lines pack into 5.8 MB; here 2 million, of which the millionth is the last that is taken."""
    path = packed(tmp_path / "h.vcf.gz", (b"##fileformat=VCFv4.2\n", 1), (b"##x\n" * 100_000, 20))
    with pytest.raises(LimitError) as error:
        reader(path)
    assert "1,000,000 header lines" in error.value.reason
    assert "--max-header-lines" in error.value.hint


def test_a_header_of_many_bytes_is_refused_and_the_limit_can_be_set(tmp_path):
    path = tmp_path / "h.vcf"
    path.write_text("##fileformat=VCFv4.2\n##x=" + "y" * 200_000 + "\n" + vcf_text(ROWS).split("\n", 1)[1])
    assert gx.read_genotypes(path).dosage.shape == (40, 1)
    with gx.limits(header_bytes=100_000), pytest.raises(LimitError, match="header_bytes"):
        gx.read_genotypes(path)


def test_a_contig_length_of_thousands_of_digits_is_refused(tmp_path):
    path = tmp_path / "c.vcf"
    path.write_text(vcf_text(ROWS).replace("length=248956422", f"length={'9' * 5000}"))
    assert refused(path).code == "contig-line"


def test_a_contig_that_is_declared_with_and_without_length_has_that_length(tmp_path):
    """In either order; two lengths contradict each other."""
    whole = vcf_text(ROWS)
    line = "##contig=<ID=chr1,length=248956422>\n"
    for lines in (f"##contig=<ID=chr1>\n{line}", f"{line}##contig=<ID=chr1>\n"):
        path = tmp_path / "c.vcf"
        path.write_text(whole.replace(line, lines).replace("chr1\t139\t", "chr1\t248956424\t"))
        assert refused(path).code == "position-beyond-contig"
    path.write_text(whole.replace(line, line + "##contig=<ID=chr1,length=7>\n"))
    assert refused(path).code == "contig-line"


@pytest.mark.parametrize("piece", [64, 1 << 15])
def test_empty_lines_are_right_at_the_end_alone(tmp_path, piece):
    """Wherever the pieces of text end."""
    path = tmp_path / "e.vcf"
    path.write_text(vcf_text(ROWS) + "\n\n")
    reader = VariantReader(path, piece=piece)
    assert sum(len(rows) for rows in reader.blocks()) == len(ROWS)
    assert "line-empty" in {finding.code for finding in reader.notes.findings("e")}
    path.write_text(vcf_text(ROWS) + "\n\n" + "chr1 900 . A C . PASS . GT 0/1\n".replace(" ", "\t"))
    reader = VariantReader(path, piece=piece)
    with pytest.raises(VariantFileError) as error:
        list(reader.blocks())
    assert error.value.code == "line-empty"


def test_two_alts_by_varscan_make_one_record_a_no_call(write_vcf):
    """Which allele a genotype then means is not known; the others of the file are read."""
    path = write_vcf(["chr1 100 . G A/T . PASS . GT:DP 0/1:9", "chr1 200 . G A . PASS . GT:DP 0/1:9"])
    matrix = gx.read_genotypes(path)
    assert matrix.dosage.tolist() == [[-1], [1]]
    assert {f.code: f.severity for f in matrix.findings}["alt-unreadable"] == "serious"


def test_an_end_beyond_its_contig_does_not_make_features_walk_for_ever(write_vcf, tmp_path):
    """A gene table is searched by bins of positions; an END of 20 digits has more than any memory."""
    table, panel = tmp_path / "genes.tsv", tmp_path / "panel.toml"
    table.write_text("chr1\t50\t500\tA\n")
    panel.write_text('[genes]\ntable = "genes.tsv"\n')
    path = write_vcf(["chr1 100 . G <NON_REF> . PASS END=99999999999999999999 GT 0/0"])
    with pytest.raises(VariantFileError) as error:
        gx.variant_features(path, panel)
    assert error.value.code == "end-position"


@pytest.mark.parametrize("packed_too", [True, False])
def test_a_bcf_that_states_a_header_of_gibibytes_is_refused_before_htslib_makes_room(write_vcf, tmp_path, packed_too):
    path = tmp_path / "h.bcf"
    data = b"BCF\x02\x02" + (3 << 30).to_bytes(4, "little") + b"##fileformat=VCFv4.2\n"
    if packed_too:
        with pysam.BGZFile(str(path), "wb") as handle:
            handle.write(data)
    else:
        path.write_bytes(data)
    with pytest.raises(LimitError, match="header_bytes"):
        gx.read_genotypes(path)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("chr1 100 . A NOTE=Mustermann . PASS . GT 0/1", "alt-allele"),  # a tab was lost: INFO stands in ALT
        ("chr1 100 . NOTE=Mustermann A . PASS . GT 0/1", "ref-allele"),
        ("chr1 100 . A C . PASS . GT Mustermann", "genotype"),
        ("chr1 100 . A C . PASS . GT Mustermann/1", "genotype"),
    ],
)
def test_an_error_repeats_no_text_that_a_lost_tab_has_moved_to_another_column(write_vcf, record, code):
    """An error never repeats the text of a cell (``docs/guide/files.md``); found by mutated files."""
    with pytest.raises(VariantFileError) as error:
        gx.read_genotypes(write_vcf([record]))
    assert error.value.code == code
    assert "Mustermann" not in str(error.value)


def test_alleles_and_genotypes_that_are_none_are_shown_where_they_have_no_other_signs(write_vcf):
    for record, shown in (
        ("chr1 100 . A C,, . PASS . GT 0/1", "ALT 'C,,'"),
        ("chr1 100 . A? C . PASS . GT 0/1", "REF 'A?'"),
        ("chr1 100 . A C . PASS . GT 0//1", "genotype '0//1'"),
    ):
        with pytest.raises(VariantFileError, match=re.escape(shown)):
            gx.read_genotypes(write_vcf([record]))


def test_a_filter_that_holds_info_is_named_by_its_length(write_vcf):
    path = write_vcf(["chr1 100 . A C . NOTE=Mustermann,; . GT 0/1"])
    (finding,) = (each for each in gx.read_genotypes(path).findings if each.code == "filter-spelling")
    assert "text of 17 characters" in finding.message
    assert "Mustermann" not in finding.message


@pytest.mark.parametrize("alt", ["T", "T,G", "<DEL>", "."])
def test_a_header_that_goes_on_with_a_record_is_refused_and_no_sample_has_its_fields_for_a_name(write_vcf, alt):
    """Found by mutated files: with its line end the header lost its sample's name, and the note became one."""
    path = write_vcf([f"chr1 100 . A {alt} . PASS NOTE=Mustermann GT 0/1", "chr1 200 . A C . PASS . GT 0/1"])
    path.write_text(path.read_text().replace("S1\nchr1", "S1chr1"))
    for read in (gx.read_genotypes, gx.oncology.read_alterations, gx.pgx.call):
        with pytest.raises(VariantFileError) as error:
            read(path)
        assert error.value.code == "header-columns"
        assert "Mustermann" not in str(error.value)


def test_samples_whose_names_are_numbers_and_bases_are_samples(write_vcf):
    names = ("A", "1", "B", "C", "G", "T", "7")
    path = write_vcf(["chr1 100 . A C . PASS . GT 0/1 0/1 0/1 0/1 0/1 0/1 0/1"], samples=names)
    assert gx.read_genotypes(path).samples == names
