"""Changes spelled otherwise than the definitions do; what is expected follows from the sequence that a test writes."""

import json

import pytest

from genorx import pgx
from genorx.errors import AssemblyError, InputError

#: chr1:50 is C, then ten T, then G: a T inserted or deleted has one name at chr1:50 and others up to chr1:60.
SEQUENCE = "ACGGATCCAGGACTAGCATGCAACGTCAGGCTAACGGATCCATGCAGGAC" + "T" * 10 + "GACCATGGCAACGGTACCAGCATGCATCG"
SITES = [(50, "C", ["CT"]), (70, "A", ["G"])]
HEAD = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n"


@pytest.fixture
def fasta(tmp_path):
    """Write a FASTA with its index."""

    def write(sequence=SEQUENCE, name="chr1", *, index=True):
        import pysam

        path = tmp_path / "ref.fa"
        path.write_text(f">{name}\n{sequence}\n")
        if index:
            pysam.faidx(str(path))
        return path

    return write


@pytest.fixture
def call(tmp_path):
    """Call a gene of two sites (*2: an inserted T, *3: a single base); one sample a column."""
    definition = {
        "gene": "G",
        "chromosome": "chr1",
        "version": "1",
        "variants": [{"position": p, "ref": r, "alts": a} for p, r, a in SITES],
        "namedAlleles": [
            {"name": "*1", "reference": True, "alleles": ["C", "A"]},
            {"name": "*2", "reference": False, "alleles": ["CT", None]},
            {"name": "*3", "reference": False, "alleles": [None, "G"]},
        ],
    }
    (tmp_path / "g.json").write_text(json.dumps(definition))

    def run(*records, head=HEAD, **options):
        path = tmp_path / "x.vcf"
        samples = [f"S{n}" for n in range(len(records[0].split(" ")) - 9)]
        columns = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples])
        path.write_text(head + columns + "\n" + "".join("\t".join(r.split(" ")) + "\n" for r in records))
        return [r.to_dict() for r in pgx.call(path, definitions=tmp_path / "g.json", **options)]

    return run


SNP = "chr1 70 . A G . PASS . GT 0/0"


def test_a_shifted_indel_is_told_by_the_sequence(call, fasta):
    (found,) = call("chr1 60 . T TT . PASS . GT 0/1", SNP, fasta=fasta())
    assert found["genes"]["G"]["diplotypes"] == ["*1/*2"]
    (found,) = call("chr1 60 . TG TTG . PASS . GT 1/1", SNP, fasta=fasta(SEQUENCE.lower()))
    assert found["genes"]["G"]["diplotypes"] == ["*2/*2"]


@pytest.mark.parametrize("absent", ["missing", "reference"])
def test_without_a_sequence_it_is_no_call_and_says_so(call, absent):
    """The second sample does not carry it, the third is not called there."""
    found = call("chr1 60 . T TT . PASS . GT 0/1 0/0 ./.", f"{SNP} 0/0 0/0", absent=absent)
    open_codes = [["indel-undecided"], None, ["indel-undecided", "no-genotype"]]
    for sample, codes in zip(found, open_codes, strict=True):
        assert sample["vcf_warnings"].get("chr1:50") == codes
        is_missing = "chr1:50" in sample["genes"]["G"]["missing_positions"]
        assert is_missing is (codes is not None or absent == "missing")


def test_an_undecided_indel_goes_against_a_reference_genotype_and_not_against_a_change(call):
    record = "chr1 60 . T TT . PASS . GT 0/1"
    (found,) = call(record, "chr1 50 . C CT . PASS . GT 0/0", SNP)
    assert found["genes"]["G"]["missing_positions"] == ["chr1:50"]
    (found,) = call(record, "chr1 50 . C CT . PASS . GT 1/1", SNP)
    assert found["genes"]["G"]["diplotypes"] == ["*2/*2"]
    (found,) = call(record.replace("0/1", "./."), "chr1 50 . C CT . PASS . GT 0/0", SNP)
    assert found["genes"]["G"]["diplotypes"] == ["*1/*1"]  # no call elsewhere is no change


def test_a_change_in_one_record_is_not_lost_behind_a_no_call_in_another(call):
    own = "chr1 50 . C CT . PASS . GT 0/0"
    first, second = "chr1 58 . T TT . PASS . GT {}", "chr1 60 . T TTT . PASS . GT {}"
    for pair in (("0/1", "./."), ("./.", "0/1")):
        (found,) = call(first.format(pair[0]), second.format(pair[1]), own, SNP)
        assert found["vcf_warnings"]["chr1:50"] == ["indel-undecided"]


def test_an_indel_of_another_unit_or_place_leaves_the_site_alone(call, fasta):
    """An added A is no T; with the sequence, a T that is added further off is none of the run either."""
    far = fasta(SEQUENCE[:63] + "T" + SEQUENCE[64:])
    for record, options in (("chr1 61 . G GA . PASS . GT 0/1", {}), ("chr1 64 . T TT . PASS . GT 0/1", {"fasta": far})):
        (found,) = call(record, SNP, absent="reference", **options)
        assert found["genes"]["G"]["diplotypes"] == ["*1/*1"]


def test_another_length_of_the_same_run_is_not_the_reference(call, fasta):
    """A lost T, or two more: no allele of the gene, and no reference."""
    for record in ("chr1 59 . TT T . PASS . GT 0/1", "chr1 60 . T TTT . PASS . GT 0/1"):
        (found,) = call(record, SNP, absent="reference")
        assert found["vcf_warnings"]["chr1:50"] == ["indel-undecided"]
        (found,) = call(record, SNP, absent="reference", fasta=fasta())
        assert found["vcf_warnings"]["chr1:50"] == ["covered-by-change"]
        assert found["genes"]["G"]["missing_positions"] == ["chr1:50"]


def test_records_of_both_spellings_that_disagree_are_said(call, fasta):
    own = "chr1 50 . C CT . PASS . GT 0/1"
    (found,) = call(own, "chr1 60 . T TT . PASS . GT 1/1", SNP, fasta=fasta())
    assert "duplicate-disagrees" in found["genes"]["G"]["warnings"]
    assert found["genes"]["G"]["diplotypes"] == ["*1/*2"]


@pytest.mark.parametrize(
    "record",
    [
        "chr1 69 . CA GG . PASS . GT 0/1",  # two bases replaced at once
        "chr1 68 . CCA C . PASS . GT 0/1",  # deleted with its neighbour
        "chr1 40 . G <DEL> . PASS SVTYPE=DEL;END=90 GT 0/1",
    ],
)
def test_a_change_that_covers_a_site_leaves_it_without_call(call, record):
    """An absent record there means reference only for those who do not carry the change."""
    insertion = "chr1 50 . C CT . PASS . GT 0/0 0/0"
    carrier, other = call(f"{record} 0/0", insertion, absent="reference")
    assert carrier["vcf_warnings"]["chr1:70"] == ["covered-by-change"]
    assert carrier["genes"]["G"]["missing_positions"] == ["chr1:70"]
    assert other["genes"]["G"]["missing_positions"] == []


def test_a_genotype_of_the_site_itself_stands_beside_a_change_that_covers_it(call):
    (found,) = call(
        "chr1 68 . CCA C . PASS . GT 0/1", "chr1 70 . A G . PASS . GT 0/1", "chr1 50 . C CT . PASS . GT 0/0"
    )
    assert found["genes"]["G"]["diplotypes"] == ["*1/*3"]


@pytest.mark.parametrize(
    ("options", "code", "error"),
    [
        ({"index": False}, "fasta-index", InputError),
        ({"name": "chr2"}, "fasta-contig", AssemblyError),
        ({"sequence": "A" * 90}, "fasta-assembly", AssemblyError),
    ],
)
def test_a_sequence_that_does_not_fit_is_refused_with_a_hint(call, fasta, options, code, error):
    with pytest.raises(error) as raised:
        call(SNP, fasta=fasta(**options))
    assert raised.value.code == code
    assert raised.value.hint


def test_a_sequence_that_is_not_there_or_no_fasta_is_refused(call, tmp_path):
    bad = tmp_path / "bad.fa.gz"
    for name in ("bad.fa.gz", "bad.fa.gz.fai", "bad.fa.gz.gzi"):
        (tmp_path / name).write_bytes(b"\x1f\x8b no fasta")
    for path, code in ((tmp_path / "none.fa", "fasta-absent"), (bad, "fasta-unreadable")):
        with pytest.raises(InputError) as error:
            call(SNP, fasta=path)
        assert error.value.code == code


def test_names_without_chr_are_the_same_sequence(call, fasta):
    (found,) = call("chr1 60 . T TT . PASS . GT 0/1", SNP, fasta=fasta(name="1"))
    assert found["genes"]["G"]["diplotypes"] == ["*1/*2"]


def test_the_cohort_takes_a_sequence_too(call, fasta, tmp_path):
    call("chr1 60 . T TT . PASS . GT 0/1", SNP)
    frame = pgx.call_cohort(tmp_path / "x.vcf", definitions=tmp_path / "g.json", fasta=fasta())
    assert frame.loc["S0", "G_diplotype"] == "*1/*2"
