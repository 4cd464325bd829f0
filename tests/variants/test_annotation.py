"""Consequence annotations, with entries copied in form from VEP, SnpEff and bcftools output."""

import pytest

from genorx.errors import VariantFileError
from genorx.variants.annotation import Annotator, find_layout, masked_entries
from genorx.variants.consequence import Effect, effect_of

VEP = "Consequence annotations from Ensembl VEP. Format: Allele|Consequence|IMPACT|SYMBOL|Gene|ALLELE_NUM"
SNPEFF = "Functional annotations: 'Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID'"


def annotator(**infos):
    return Annotator(find_layout(infos, file="x"))


@pytest.mark.parametrize(
    ("terms", "effect"),
    [
        ("synonymous_variant", Effect.SILENT),
        ("stop_retained_variant", Effect.SILENT),
        ("start_retained_variant&synonymous_variant", Effect.SILENT),
        ("intron_variant&non_coding_transcript_variant", Effect.SILENT),
        ("5_prime_UTR_variant", Effect.SILENT),
        ("upstream_gene_variant", Effect.OUTSIDE),
        ("intergenic_variant", Effect.OUTSIDE),
        ("regulatory_region_variant", Effect.OUTSIDE),
        ("splice_region_variant&intron_variant", Effect.OTHER),
        ("coding_sequence_variant", Effect.OTHER),
        ("feature_elongation", Effect.OTHER),
        ("start_lost", Effect.OTHER),
        ("something_new", Effect.OTHER),
        ("missense_variant&splice_region_variant", Effect.MISSENSE),
        ("inframe_deletion", Effect.INFRAME),
        ("splice_donor_variant&intron_variant", Effect.SPLICE),
        ("frameshift_variant&splice_acceptor_variant", Effect.TRUNCATING),
        ("stop_gained", Effect.TRUNCATING),
        ("missense", Effect.MISSENSE),  # bcftools csq
        ("*frameshift", Effect.TRUNCATING),  # behind a stop
        ("", Effect.OUTSIDE),
    ],
)
def test_terms_have_the_class_of_the_specification(terms, effect):
    """Any consequence but the silent ones counts."""
    assert effect_of(terms) == effect


def test_vep_entries_go_to_their_allele_by_number_or_by_trimmed_name():
    reader = annotator(CSQ=VEP)
    text = "CSQ=-|frameshift_variant|HIGH|TP53|E1|{},AA|synonymous_variant|LOW|TP53|E1|{}"
    for numbers in (("1", "2"), ("", "")):
        found = reader.read("DP=3;" + text.format(*numbers) + ";X=1", "CA", ["C", "CAA"])
        assert found.by_allele == ({"TP53": Effect.TRUNCATING}, {"TP53": Effect.SILENT})
        assert found.genes == {"TP53": Effect.TRUNCATING}
    swapped = reader.read(text.format("2", "1"), "CA", ["C", "CAA"])
    assert swapped.by_allele[1] == {"TP53": Effect.TRUNCATING}


def test_the_most_severe_transcript_of_a_gene_counts_and_genes_stay_apart():
    found = annotator(CSQ=VEP).read(
        "CSQ=T|intron_variant||KRAS|E1|,T|missense_variant||KRAS|E1|,T|upstream_gene_variant||LYRM5|E2|", "C", ["T"]
    )
    assert found.by_allele == ({"KRAS": Effect.MISSENSE, "LYRM5": Effect.OUTSIDE},)


def test_a_symbolic_allele_takes_the_only_entry_and_an_empty_symbol_the_gene_id():
    found = annotator(CSQ=VEP).read("CSQ=deletion|frameshift_variant|HIGH||ENSG7|", "N", ["<DEL>"])
    assert found.by_allele == ({"ENSG7": Effect.TRUNCATING},)


def test_an_entry_that_fits_none_of_several_alleles_is_kept_apart():
    found = annotator(CSQ=VEP).read(
        "CSQ=TTT|missense_variant||KRAS|E1|,G|synonymous_variant||KRAS|E1|", "C", ["T", "G"]
    )
    assert found.unattributed == {"KRAS": Effect.MISSENSE}
    assert found.by_allele == ({}, {"KRAS": Effect.SILENT})


def test_snpeff_entries_are_read_by_position():
    found = annotator(ANN=SNPEFF).read(
        "ANN=T|missense_variant|MODERATE|KRAS|E1,G-C|stop_gained|HIGH|KRAS|E1", "C", ["T", "G"]
    )
    assert found.by_allele == ({"KRAS": Effect.MISSENSE}, {"KRAS": Effect.TRUNCATING})


def test_bcftools_entries_carry_their_allele_and_their_bit():
    text = "BCSQ=missense|BRAF|T1|protein_coding|-|600V>600E|100A>T,@90,synonymous|BRAF|T1|protein_coding|-|600V|100A>G"
    found = annotator(BCSQ="Local consequence annotation").read(text, "A", ["T", "G"])
    assert found.by_allele == ({"BRAF": Effect.MISSENSE}, {"BRAF": Effect.SILENT})
    assert found.entries[0] == ("BRAF", Effect.MISSENSE)
    assert masked_entries("1", 3) == [0]
    assert masked_entries("48", 3) == [2]
    assert masked_entries("0,1", 16) == [15]  # the second integer begins with bit 30, entry 15


def test_a_vep_header_without_field_order_is_refused():
    with pytest.raises(VariantFileError) as caught:
        find_layout({"CSQ": "Consequences"}, file="x")
    assert caught.value.code == "annotation-format"
    assert find_layout({"DP": "depth"}, file="x") is None
