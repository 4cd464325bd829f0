"""Exact places of insertions and deletions: the same change in another place, by rules that can be proved."""

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.errors import AssemblyError, InputError
from genorx.oncology import default_evidence
from genorx.oncology.reading.known_alleles import AlleleIndex, allele_key, left_aligned, same_deletion
from genorx.oncology.reading.reference import reference_bases
from genorx.oncology.table import KnownAllele


@pytest.mark.parametrize(
    ("allele", "expected"),
    [
        ((100, "A", "T"), (100, "A", "T")),
        ((100, "CAAG", "CAG"), (101, "A", "")),
        ((100, "C", "CA"), (100, "", "A")),
        ((100, "CA", "C"), (101, "A", "")),
        ((100, "CA", "CAA"), (100, "", "A")),  # suffix first, then prefix
        ((100, "AC", "TT"), (100, "AC", "TT")),
        ((101, "A", "-"), (101, "A", "")),  # MAF
        ((100, "-", "A"), (100, "", "A")),
    ],
)
def test_an_allele_is_looked_up_by_what_differs(allele, expected):
    """By hand; VCF and MAF write the same insertion and deletion in their own ways."""
    assert allele_key("GRCh37", "7", *allele)[2:] == expected


def sequence_without(reference, first, length):
    return reference[: first - 1] + reference[first - 1 + length :]


@given(st.text("AC", min_size=12, max_size=40), st.integers(2, 10), st.integers(1, 6), st.integers(0, 6))
@settings(max_examples=300, deadline=None)
def test_two_deletions_are_the_same_where_the_same_sequence_remains(reference, first, length, shift):
    """Known truth: the sequence itself, with the deletions done."""
    second = first + shift
    if second + length - 1 > len(reference):
        return
    keys = [allele_key("GRCh37", "1", at, reference[at - 1 : at - 1 + length], "-") for at in (first, second)]
    truth = sequence_without(reference, first, length) == sequence_without(reference, second, length)
    assert same_deletion(*keys) is (truth and shift <= length)  # further apart the bases between are not known
    moved = [left_aligned(key, lambda _, low, high: reference[low - 1 : high]) for key in keys]
    assert (moved[0] == moved[1]) is truth


@given(st.text("AC", min_size=12, max_size=40), st.integers(2, 10), st.text("AC", min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_an_insertion_aligned_to_the_left_inserts_the_same_sequence(reference, place, bases):
    _, _, pos, _, moved = left_aligned(
        ("GRCh37", "1", place, "", bases), lambda _, low, high: reference[low - 1 : high]
    )
    assert pos <= place
    assert reference[:place] + bases + reference[place:] == reference[:pos] + moved + reference[pos:]


def test_exon_19_deletion_and_npm1_type_a_are_known_on_both_assemblies():
    """EGFR c.2235_2249del and NPM1 c.860_863dup as callers write them (the second: AML knowledge bank and COSMIC)."""
    index = AlleleIndex(default_evidence().alleles)
    for allele in (
        ("GRCh37", "7", 55242464, "AGGAATTAAGAGAAGC", "A"),
        ("GRCh38", "7", 55174771, "AGGAATTAAGAGAAGC", "A"),
    ):
        assert index.names(index.find(*allele)) == {("EGFR", "E746_A750del")}
    for allele in (("GRCh37", "5", 170837543, "C", "CTCTG"), ("GRCh38", "5", 171410539, "C", "CTCTG")):
        assert index.names(index.find(*allele)) == {("NPM1", "W288fs")}
    assert index.find("GRCh38", "5", 170837543, "C", "CTCTG") is None


def test_the_same_changes_are_known_on_both_assemblies():
    """The same tumour gets the same answer."""
    known = default_evidence().alleles
    one, two = (
        sorted((a.gene, a.change, a.ref, a.alt) for a in known if a.assembly == name) for name in ("GRCh37", "GRCh38")
    )
    assert one == two
    index = AlleleIndex(known)
    assert index.names(index.find("GRCh38", "9", 130872896, "C", "T")) == {("ABL1", "T315I")}


def fasta(path, **contigs):
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in contigs.items()), encoding="utf-8")
    pysam.faidx(str(path))
    return path


def test_with_a_reference_an_insertion_is_found_wherever_its_repeat_is_written(tmp_path):
    """GATTTTC: one more T behind any of the four is one change."""
    place = fasta(tmp_path / "r.fa", chr99="GATTTTC")
    known = [KnownAllele(gene="G", change="F2fs", assembly="GRCh37", chrom="99", pos=6, ref="", alt="T")]
    index = AlleleIndex(known, reference_bases(place, None), assembly="GRCh37")
    for pos, base in ((2, "A"), (3, "T"), (5, "T")):
        assert index.find("GRCh37", "99", pos, base, base + "T") is not None
    assert index.find("GRCh37", "99", 1, "G", "GT") is None
    assert AlleleIndex(known).find("GRCh37", "99", 2, "A", "AT") is None  # without it only the same place


def test_a_reference_of_another_assembly_and_one_that_is_none_are_refused(tmp_path):
    with pytest.raises(AssemblyError) as caught:
        reference_bases(fasta(tmp_path / "r.fa", chr7="ACGT"), "GRCh37")
    assert caught.value.code == "assembly-wrong"
    (tmp_path / "no.fa").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        reference_bases(tmp_path / "absent.fa", None)
    assert caught.value.code == "reference-file"
