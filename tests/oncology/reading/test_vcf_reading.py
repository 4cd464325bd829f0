"""Variant files: five annotators, tumour columns, unannotated files on both assemblies, with files written here."""

import pytest

import genorx as gx
from genorx.errors import AssemblyError, VariantFileError
from genorx.oncology import match, match_cohort, read_alterations
from tests.oncology.reading.vcf_text import VEP, csq, write_vcf

CALLS = ("GT:AD:DP", "0/0:30,0:30", "0/1:20,10:30")
V600E = {"allele": "T", "terms": "missense_variant", "symbol": "BRAF", "feature": "ENST00000288602", "exon": "15/18",
         "cdna": "ENST00000288602.6:c.1799T>A", "protein": "ENSP00000288602.6:p.Val600Glu",
         "canonical": "YES"}  # fmt: skip


def labels(found):
    return [fact.label for fact in found]


def test_vep_entries_give_the_change_reads_and_place(tmp_path):
    path = write_vcf(tmp_path / "a.vcf", [("7", 140453136, "A", "T", csq(V600E), *CALLS)], infos=[VEP])
    found = read_alterations(path)
    assert (found.kind, found.sample, found.normal, found.assembly, found.annotation) == (
        "vcf",
        "TUMOR",
        "NORMAL",
        "GRCh37",
        "CSQ",
    )
    (fact,) = found
    assert fact.label == "BRAF V600E"
    assert (fact.details["t_ref_count"], fact.details["t_alt_count"], fact.details["t_depth"]) == (20, 10, 30)
    assert fact.details["n_alt_count"] == 0
    assert fact.known_alleles == frozenset({("BRAF", "V600E")})
    assert {hit.strength for hit in match(found, "MEL") if hit.record.profile_label == "BRAF V600E"} == {6}


SNPEFF = "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | Annotation'\">"
EFF = '##INFO=<ID=EFF,Number=.,Type=String,Description="Predicted effects">'
BCSQ = '##INFO=<ID=BCSQ,Number=.,Type=String,Description="Haplotype-aware consequence from BCFtools/csq">'
FUNCOTATION = (
    '##INFO=<ID=FUNCOTATION,Number=A,Type=String,Description="From the Funcotator tool. Funcotation '
    "fields are: Gencode_34_hugoSymbol|Gencode_34_variantClassification|Gencode_34_proteinChange|Gencode_34_cDnaChange|"
    'Gencode_34_transcriptExon|Gencode_34_annotationTranscript|Gencode_34_otherTranscripts">'
)
ANNOTATED = {
    "ANN": (
        SNPEFF,
        "ANN=T|missense_variant|MODERATE|BRAF|ENSG1|transcript|ENST1|protein_coding|15/18|c.1799T>A|p.Val600Glu|1860/2480|1799/2301|600/766||",
    ),
    "EFF": (
        EFF,
        "EFF=NON_SYNONYMOUS_CODING(MODERATE|MISSENSE|gTg/gAg|p.Val600Glu/c.1799T>A|766|BRAF|protein_coding|CODING|ENST1|15|1)",
    ),
    "BCSQ": (BCSQ, "BCSQ=missense|BRAF|ENST1|protein_coding|-|600V>600E|140453136A>T"),
    "FUNCOTATION": (FUNCOTATION, "FUNCOTATION=[BRAF|MISSENSE|p.V600E|c.1799T>A|15|ENST1|BRAF_ENST2_MISSENSE_p.V640E]"),
}


@pytest.mark.parametrize("kind", ANNOTATED)
def test_every_annotator_gives_the_same_change(tmp_path, kind):
    header, info = ANNOTATED[kind]
    found = read_alterations(write_vcf(tmp_path / "a.vcf", [("7", 140453136, "A", "T", info, *CALLS)], infos=[header]))
    assert found.annotation == kind
    assert labels(found) == ["BRAF V600E"]
    assert match(found, "MEL")[0].tier == "I-A"


def test_entries_of_each_allele_go_by_number_or_name(tmp_path):
    entries = [V600E | {"allele": "T", "number": 1}, V600E | {"allele": "C", "number": 2, "protein": "p.Val600Gly"}]
    rows = [("7", 140453136, "A", "T,C", csq(*entries), "GT", "0/0", "0/2")]
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[VEP]))
    assert labels(found) == ["BRAF V600G"]
    assert found.left_out == {"alleles that the tumour does not carry": 1}


def test_mane_select_speaks_and_other_transcripts_are_kept(tmp_path):
    longer = V600E | {"feature": "ENST2", "protein": "p.Val640Glu", "mane": "NM_1", "canonical": ""}
    found = read_alterations(
        write_vcf(tmp_path / "a.vcf", [("7", 140453136, "A", "T", csq(V600E, longer), *CALLS)], infos=[VEP])
    )
    assert labels(found) == ["BRAF V640E"]
    assert found[0].other_changes == ("V600E",)
    exact = [hit for hit in match(found, "MEL") if hit.record.profile_label == "BRAF V600E"]
    assert all(hit.exact for hit in exact)  # the genomic allele agrees


def test_mane_plus_clinical_speaks_where_evidence_names_its_change(tmp_path):
    plus = V600E | {"feature": "ENST3", "plus": "NM_2"}
    select = V600E | {"feature": "ENST2", "protein": "p.Val640Glu", "mane": "NM_1"}
    found = read_alterations(
        write_vcf(tmp_path / "a.vcf", [("7", 140453136, "A", "T", csq(select, plus), *CALLS)], infos=[VEP])
    )
    assert labels(found) == ["BRAF V600E"]


def test_a_change_on_another_transcript_without_allele_agreement_is_not_exact(tmp_path):
    longer = V600E | {"feature": "ENST2", "protein": "p.Val640Glu", "mane": "NM_1"}
    found = read_alterations(
        write_vcf(tmp_path / "a.vcf", [("7", 140000000, "A", "T", csq(V600E, longer), *CALLS)], infos=[VEP])
    )
    rows = [hit for hit in match(found, "MEL") if hit.record.profile_label == "BRAF V600E"]
    assert rows
    assert not any(hit.exact for hit in rows)


def test_silent_and_non_coding_changes_are_counted_not_kept(tmp_path):
    silent = V600E | {"terms": "synonymous_variant", "protein": "p.Val600%3D"}
    outside = {"allele": "T", "terms": "intergenic_variant"}
    rows = [
        ("7", 1, "A", "T", csq(silent), *CALLS),
        ("7", 2, "A", "T", csq(outside), *CALLS),
        ("7", 3, "A", "<DEL>", ".", *CALLS),
    ]
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[VEP]))
    assert len(found) == 0
    assert found.left_out == {"silent or non-coding changes": 2, "alleles of structural variants": 1}
    assert found.records == 3


def test_no_term_that_makes_an_alteration_is_passed_over():
    from genorx.oncology.alteration import CONSEQUENCE_CLASSES
    from genorx.oncology.gene_facts import PROMOTER_CDNA
    from genorx.oncology.reading.consequence_entry import TELLING

    needed = {*CONSEQUENCE_CLASSES, *(change for changes in PROMOTER_CDNA.values() for change in changes)}
    assert [term for term in needed if not any(word in term for word in TELLING)] == []


def test_a_splice_donor_without_protein_change_is_a_splice_change_of_the_gene(tmp_path):
    donor = V600E | {"terms": "splice_donor_variant", "protein": "", "symbol": "BRCA1", "cdna": "c.5152+1G>T"}
    (fact,) = read_alterations(write_vcf(tmp_path / "a.vcf", [("7", 5, "G", "T", csq(donor), *CALLS)], infos=[VEP]))
    assert (fact.label, fact.loss_of_function) == ("BRCA1 splice", True)


def test_a_truncation_at_the_very_end_is_no_loss_of_function(tmp_path):
    """PCGR's rule: the last 2.5 % of the protein."""
    stop = V600E | {"terms": "stop_gained", "symbol": "NF2", "protein": "p.Arg590Ter"}
    rows = [
        ("7", 5, "G", "T", csq(stop | {"position": "590/595"}), *CALLS),
        ("7", 9, "G", "T", csq(stop | {"position": "57/595"}), *CALLS),
    ]
    late, early = read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[VEP]))
    assert "late_truncation" in late.classes
    assert "not counted as loss of function" in " ".join(late.notes)
    assert "loss_of_function" in early.classes
    assert (late.loss_of_function, early.loss_of_function) == (False, True)
    assert not any(
        m["atom"].get("class") in ("loss_of_function", "loss") for h in match([late], "MESO") for m in h.atoms
    )


def test_records_that_a_filter_marks_are_kept_and_not_matched(tmp_path):
    path = write_vcf(
        tmp_path / "a.vcf", [("7", 140453136, "A", "T", csq(V600E), *CALLS, {"filter": "germline"})], infos=[VEP]
    )
    found = read_alterations(path)
    assert not found[0].accepted
    assert len(match(found, "MEL")) == 0
    assert match(found, "MEL").findings[0].code == "alterations-filtered"
    assert read_alterations(path, filters=None)[0].accepted


def test_a_common_change_of_an_unpaired_tumour_is_presumed_germline_and_kept(tmp_path):
    common = V600E | {"protein": "p.Ala9Thr", "frequency": "0.02"}
    (fact,) = read_alterations(
        write_vcf(tmp_path / "a.vcf", [("7", 5, "A", "T", csq(common), "GT", "0/1")], infos=[VEP], samples=("P1",))
    )
    assert "presumed germline" in " ".join(fact.notes)


def test_an_allele_fraction_of_a_half_without_a_normal_adds_suspicion_but_not_at_a_hotspot(tmp_path):
    """0.45 to 0.55, or above 0.95; labelled, not deleted."""
    other = V600E | {"protein": "p.Ala9Thr"}
    rows = [
        ("7", 5, "A", "T", csq(other), "GT:AD", "0/1:20,20"),
        ("7", 140453136, "A", "T", csq(V600E), "GT:AD", "0/1:20,20"),
        ("7", 140453200, "A", "T", csq(other | {"protein": "p.Ala11Thr"}), "GT:AD", "0/1:30,10"),
    ]
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[VEP], samples=("P1",)))
    assert ["germline?" in " ".join(fact.notes) for fact in found] == [True, False, False]
    assert all(fact.accepted for fact in found)


def test_a_sample_filter_marks_the_call_of_its_sample_alone(tmp_path):
    rows = [("7", 140453136, "A", "T", csq(V600E), "GT:FT", "0/1:PASS", "0/1:CallReview")]
    path = write_vcf(tmp_path / "a.vcf", rows, infos=[VEP], samples=("P1", "P2"))
    assert read_alterations(path, sample="P1")[0].accepted
    assert not read_alterations(path, sample="P2")[0].accepted


@pytest.mark.parametrize(
    ("info", "keys", "tumour", "origin"),
    [
        ("SS=1;", "GT", "0/1", "germline"),  # VarScan
        ("SS=2;", "GT", "0/1", "somatic"),
        ("SS=3;", "GT", "0/1", "somatic"),
        ("", "GT:SS", "0/1:1", "germline"),  # SomaticSniper
        ("", "GT:SS", "0/1:2", "somatic"),
    ],
)
def test_a_change_that_the_caller_calls_germline_is_kept_apart(tmp_path, info, keys, tumour, origin):
    row = ("7", 140453136, "A", "T", info + csq(V600E), keys, "0/0" + tumour[3:].replace("1", "0"), tumour)
    (fact,) = read_alterations(write_vcf(tmp_path / "a.vcf", [row], infos=[VEP]))
    assert fact.origin == origin
    assert bool([hit for hit in match([fact], "MEL") if hit.record.origin == "somatic"]) is (origin == "somatic")


def test_cgppindel_writes_no_genotype_and_counts_reads(tmp_path):
    keys = "GT:PP:NP:PB:NB:PD:ND:PR:NR"
    rows = [("7", 55242464, "AGGAATTAAGAGAAGC", "A", ".", keys, "./.:0:0:0:0:9:9:9:9", "./.:7:5:7:5:22:20:22:20"),
            ("7", 55242490, "AC", "A", ".", keys, "./.:7:5:7:5:9:9:9:9", "./.:0:0:0:0:22:20:22:20")]  # fmt: skip
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows, samples=("NORMAL", "TUMOUR")))
    assert labels(found) == ["EGFR E746_A750del"]
    assert (found[0].details["t_alt_count"], found[0].details["t_ref_count"]) == (12, 30)
    assert found.left_out == {"alleles without a call in the tumour": 1}


def test_what_is_no_allele_of_its_own_is_counted(tmp_path):
    rows = [("7", 1, "A", ".", ".", *CALLS), ("7", 2, "A", "T,*", csq(V600E), "GT", "0/0", "1/2"),
            ("7", 3, "A", "<NON_REF>", ".", *CALLS)]  # fmt: skip
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[VEP]))
    assert found.left_out == {"no alleles of their own (., * or any)": 3}
    assert labels(found) == ["BRAF V600E"]


def test_mane_plus_clinical_speaks_where_a_row_names_its_change(tmp_path):
    """BRAF L597R is named by rows of CIViC."""
    select = V600E | {"protein": "p.Leu637Arg", "mane": "NM_1.1", "feature": "ENST1"}
    plus = V600E | {"protein": "p.Leu597Arg", "plus": "NM_2.1", "feature": "ENST2", "canonical": ""}
    row = ("7", 5, "A", "T", csq(select, plus), *CALLS)
    assert labels(read_alterations(write_vcf(tmp_path / "a.vcf", [row], infos=[VEP]))) == ["BRAF L597R"]
    row = ("7", 5, "A", "T", csq(select, plus | {"protein": "p.Leu9Arg"}), *CALLS)
    assert labels(read_alterations(write_vcf(tmp_path / "b.vcf", [row], infos=[VEP]))) == ["BRAF L637R"]


def test_a_subclonal_change_is_said_against_the_purity(tmp_path):
    rows = [("7", 140453136, "A", "T", csq(V600E), "GT:AD:DP", "0/0:90,0:90", "0/1:190,10:200")]
    path = write_vcf(tmp_path / "a.vcf", rows, infos=[VEP])
    assert "subclonal?" in " ".join(read_alterations(path, purity=0.8)[0].notes)
    assert not read_alterations(path, purity=0.1)[0].notes


def test_two_substitutions_in_one_codon_are_said_to_be_perhaps_one(tmp_path):
    first = V600E | {"symbol": "KRAS", "protein": "p.Gly12Cys"}
    second = V600E | {"symbol": "KRAS", "protein": "p.Gly12Asp"}
    rows = [
        ("12", 25398284, "C", "A", csq(first | {"allele": "A"}), *CALLS),
        ("12", 25398285, "A", "G", csq(second | {"allele": "G"}), *CALLS),
    ]
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[VEP]))
    assert "possible-mnv" in [finding.code for finding in found.findings]


def test_a_neighbour_that_means_nothing_alone_is_said_too(tmp_path):
    """BRAF V600E by its place, and a substitution beside it: together they are another change of the codon."""
    rows = [("7", 140453136, "A", "T", ".", *CALLS), ("7", 140453137, "C", "G", ".", *CALLS)]
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows))
    assert labels(found) == ["BRAF V600E"]
    assert "possible-mnv" in [finding.code for finding in found.findings]
    apart = [rows[0], ("7", 140453140, "C", "G", ".", *CALLS)]
    found = read_alterations(write_vcf(tmp_path / "b.vcf", apart))
    assert "possible-mnv" not in [finding.code for finding in found.findings]


def test_many_neighbours_are_counted_after_the_first_fifty(tmp_path):
    rows = [("7", 3 * n + k, "A", "T", csq(V600E), *CALLS) for n in range(60) for k in (1, 2)]
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[VEP]))
    said = [finding for finding in found.findings if finding.code == "possible-mnv"]
    assert len(said) == 51
    assert said[-1].message.startswith("69 more")  # 60 pairs of 1 and 2 bases apart, 59 of 2 and 4


UNANNOTATED = {
    "GRCh37": [
        ("1", 97915614, "C", "T"),
        ("5", 1295228, "G", "A"),
        ("7", 140453136, "A", "T"),
        ("7", 140453137, "C", "G"),
    ],
    "GRCh38": [
        ("1", 97450058, "C", "T"),
        ("5", 1295113, "G", "A"),
        ("7", 140753336, "A", "T"),
        ("7", 140753337, "C", "G"),
    ],
}


@pytest.mark.parametrize("assembly", UNANNOTATED)
def test_an_unannotated_file_gives_equal_findings_on_both_assemblies_and_says_what_it_cannot(tmp_path, assembly):
    """Places of BRAF V600E, TERT c.-124C>T and DPYD*2A: dbSNP rs113488022, rs1242535815, rs3918290."""
    rows = [(*row, ".", "GT", "0/1") for row in UNANNOTATED[assembly]]
    found = read_alterations(write_vcf(tmp_path / "a.vcf", rows, samples=("T1",), assembly=assembly))
    assert labels(found) == ["DPYD DPYD*2A", "TERT Promoter", "BRAF V600E"]
    assert {"annotation-none", "allele-unknown"} <= {finding.code for finding in found.findings}
    hits = match(found, "COAD")
    assert "DPYD" not in " ".join(hit.record.profile_label for hit in hits)  # heterozygous: not the homozygotes' rows
    assert found[0].origin == "germline"
    assert any(hit.evidence_id == "civic:EID9851" for hit in hits)


def test_an_unannotated_file_of_unknown_assembly_is_refused(tmp_path):
    path = write_vcf(tmp_path / "a.vcf", [("7", 140453136, "A", "T", ".", "GT", "0/1")], samples=("T1",), assembly=None)
    with pytest.raises(AssemblyError) as caught:
        read_alterations(path)
    assert caught.value.code == "assembly-needed"
    assert labels(read_alterations(path, assembly="GRCh37")) == ["BRAF V600E"]


def test_the_wrong_assembly_is_refused(tmp_path):
    path = write_vcf(tmp_path / "a.vcf", [("7", 140453136, "A", "T", ".", "GT", "0/1")], samples=("T1",))
    with pytest.raises(AssemblyError) as caught:
        read_alterations(path, assembly="GRCh38")
    assert caught.value.code == "assembly-wrong"


def test_a_multi_base_change_of_neighbouring_bases_is_one_allele(tmp_path):
    """CIViC's BRAF V600K: GRCh37 7:140453136-140453137 AC>TT (rs121913227)."""
    path = write_vcf(tmp_path / "a.vcf", [("7", 140453136, "AC", "TT", ".", "GT", "0/1")], samples=("T1",))
    assert labels(read_alterations(path)) == ["BRAF V600K"]


@pytest.mark.parametrize(
    ("samples", "lines", "tumour"),
    [
        (("TUMOR", "NORMAL"), (), "TUMOR"),
        (("NORMAL", "TUMOR"), (), "TUMOR"),
        (("PRIMARY", "NORMAL"), (), "PRIMARY"),
        (("S1", "S2"), ("##tumor_sample=S2", "##normal_sample=S1"), "S2"),
        (("S1", "S2"), ("##tumor_sample=S1",), "S1"),
        (("S1", "S2"), ("##SAMPLE=<ID=NORMAL,SampleName=S1>", "##SAMPLE=<ID=TUMOR,SampleName=S2>"), "S2"),
        (("TCGA-A1-A0SB-10A", "TCGA-A1-A0SB-01A"), (), "TCGA-A1-A0SB-01A"),
        (("P9",), (), "P9"),
        (("S2", "S1"), ('##MuTect="analysis_type=MuTect tumor_sample_name=S1 normal_sample_name=S2 cosmic=[]"',), "S1"),
        (("DNA_NORMAL", "DNA_TUMOR", "RNA_TUMOR"), (), "DNA_TUMOR"),
        (
            ("S1", "S2"),
            ('##SAMPLE=<ID=S1,Description="Germline blood">', '##SAMPLE=<ID=S2,Description="Tumor, FFPE">'),
            "S2",
        ),
        (("A", "B"), ("##PEDIGREE=<Derived=B,Original=A>",), "B"),
        (("normal_1", "TCGA-A1-A0SB-06A"), (), "TCGA-A1-A0SB-06A"),
    ],
)
def test_the_tumour_is_told_by_header_or_name_never_by_place(tmp_path, samples, lines, tumour):
    row = ("7", 140453136, "A", "T", csq(V600E), "GT", *(["0/1"] * len(samples)))
    found = read_alterations(write_vcf(tmp_path / "a.vcf", [row], infos=[VEP], samples=samples, lines=lines))
    assert found.sample == tumour


def test_two_columns_that_nothing_tells_apart_are_refused(tmp_path):
    path = write_vcf(
        tmp_path / "a.vcf", [("7", 1, "A", "T", csq(V600E), "GT", "0/1", "0/1")], infos=[VEP], samples=("A", "B")
    )
    with pytest.raises(VariantFileError) as caught:
        read_alterations(path)
    assert caught.value.code == "tumour-column"
    assert read_alterations(path, sample="B").sample == "B"
    with pytest.raises(VariantFileError):
        read_alterations(path, sample="C")


def test_the_normal_asked_for_as_tumour_is_refused(tmp_path):
    path = write_vcf(tmp_path / "a.vcf", [("7", 1, "A", "T", csq(V600E), *CALLS)], infos=[VEP])
    with pytest.raises(VariantFileError) as caught:
        read_alterations(path, sample="NORMAL")
    assert caught.value.code == "tumour-normal-swapped"


def test_columns_whose_reads_are_swapped_are_refused(tmp_path):
    rows = [("7", 100 * n, "A", "T", csq(V600E), "AD:DP", "20,10:30", "30,0:30") for n in range(1, 15)]
    with pytest.raises(VariantFileError) as caught:
        read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[VEP]))
    assert caught.value.code == "tumour-normal-swapped"


def test_a_compound_change_behind_another_record_is_counted_once(tmp_path):
    rows = [
        ("7", 100, "A", "T", "BCSQ=missense|BRAF|E1|protein_coding|-|600V>600E|100A>T+101C>T", *CALLS),
        ("7", 101, "C", "T", "BCSQ=@100", *CALLS),
        ("7", 110, "C", "T", "BCSQ=*missense|BRAF|E1|protein_coding|-|603V>603E|110C>T", *CALLS),
    ]
    assert labels(read_alterations(write_vcf(tmp_path / "a.vcf", rows, infos=[BCSQ]))) == ["BRAF V600E"]


def test_a_header_that_does_not_say_where_things_stand_is_refused(tmp_path):
    bad = '##INFO=<ID=CSQ,Number=.,Type=String,Description="no format">'
    path = write_vcf(tmp_path / "a.vcf", [("7", 1, "A", "T", "CSQ=x", *CALLS)], infos=[bad])
    with pytest.raises(VariantFileError) as caught:
        read_alterations(path)
    assert caught.value.code == "annotation-format"


def test_a_line_without_end_is_refused(tmp_path):
    from genorx.variants.files import line_pieces

    path = tmp_path / "long.vcf"
    path.write_bytes(b"##fileformat=VCFv4.2\n" + b"x" * 3_000_000)
    with gx.limits(line_bytes=1_000_000), pytest.raises(VariantFileError) as caught:
        list(line_pieces(path))
    assert caught.value.code == "line-too-long"


def test_every_allele_can_be_asked_for_with_its_reads(tmp_path):
    rows = [("7", 100, "A", "T", ".", *CALLS)]
    path = write_vcf(tmp_path / "a.vcf", rows)
    assert len(read_alterations(path)) == 0
    (fact,) = read_alterations(path, every=True)
    assert (fact.details["t_alt_count"], fact.details["n_ref_count"]) == (10, 30)
    assert len(match([fact], "MEL")) == 0


ITD = {"allele": "duplication", "terms": "inframe_insertion", "symbol": "FLT3", "feature": "ENST00000241453"}


@pytest.mark.parametrize(
    ("assembly", "pos", "alt", "label"),
    [
        ("GRCh37", 28608262, "<DUP:TANDEM>", "FLT3 ITD"),
        ("GRCh38", 28034125, "<DUP:TANDEM>", "FLT3 ITD"),  # the same place, 574,137 bases lower
        ("GRCh37", 28608262, "TGATGATGAT", "FLT3 ITD"),
        ("GRCh37", 28608262, "TGAT", "FLT3 mutation"),  # one residue is no internal tandem duplication
        ("GRCh37", 28592639, "<DUP:TANDEM>", "FLT3 mutation"),  # exon 20
        ("GRCh38", 28608262, "<DUP:TANDEM>", "FLT3 mutation"),  # the place of the other assembly
    ],
)
def test_an_internal_tandem_duplication_without_protein_change_is_told_by_its_place(
    tmp_path, assembly, pos, alt, label
):
    """FLT3 exons 14 and 15 (Ensembl, ENST00000241453); callers write them as symbolic alleles."""
    row = ("13", pos, "T", alt, csq(ITD | {"allele": alt[1:] if alt[0] == "T" else "duplication"}), *CALLS)
    path = write_vcf(tmp_path / "a.vcf", [row], infos=[VEP], assembly=assembly, lines=["##contig=<ID=13>"])
    assert labels(read_alterations(path)) == [label]


@pytest.mark.slow
def test_itd_of_the_leukaemia_cohort_agrees_with_its_laboratory_table(aml):
    """The table's column flt3_itd of all 1,068 patients with a genotype; 37 more calls are marked as unconfirmed."""
    import pandas as pd

    table = pd.read_csv(aml / "molecular_lab.csv", index_col="pdid")["flt3_itd"]
    hits = match_cohort(aml / "cohort.vcf.gz", "AML", assembly="GRCh37")
    calls = {n: [f.accepted for f in each.alterations if f.label == "FLT3 ITD"] for n, each in hits.items()}
    assert {name for name, found in calls.items() if any(found)} == {name for name in calls if table[name] == 1}
    assert sum(bool(found) and not any(found) for found in calls.values()) == 37


def test_a_cohort_is_read_once_and_says_of_each_tumour_what_reading_it_alone_says(tmp_path, monkeypatch):
    from genorx.oncology.reading import vcf_reading

    names = tuple(f"P{n}" for n in range(8))
    rows = [
        ("7", 100 * n + 5, "A", "T", csq(V600E | {"protein": f"p.Val{n + 600}Glu"}), "GT:AD",
         *(f"0/{int((n + k) % 3 == 0)}:20,{10 * int((n + k) % 3 == 0)}" for k in range(8)))
        for n in range(12)
    ]  # fmt: skip
    path = write_vcf(tmp_path / "a.vcf", rows, infos=[VEP], samples=names)
    alone = {name: read_alterations(path, sample=name) for name in names}
    opened = []
    reader = vcf_reading.VariantReader
    monkeypatch.setattr(vcf_reading, "VariantReader", lambda *a, **k: opened.append(1) or reader(*a, **k))
    cohort = match_cohort(path, "MEL")
    assert opened == [1]
    for name in names:
        assert cohort[name].alterations == alone[name].alterations
        assert cohort[name].findings[: len(alone[name].findings)] == alone[name].findings
        assert [hit.evidence_id for hit in cohort[name]] == [hit.evidence_id for hit in match(alone[name], "MEL")]


def test_a_cohort_reads_each_column_as_a_tumour_and_refuses_a_normal_one(tmp_path):
    rows = [("7", 140453136, "A", "T", csq(V600E), "GT:AD:DP", "0/0:30,0:30", "0/1:20,10:30")]
    path = write_vcf(tmp_path / "a.vcf", rows, infos=[VEP], samples=("P1", "P2"))
    found = match_cohort(path, "MEL")
    assert {name: len(each) > 0 for name, each in found.items()} == {"P1": False, "P2": True}
    left = next(each for each in found["P1"].findings if each.code == "alterations-left-out")
    assert left.place == "a.vcf"  # no folder: results are compared between machines
    nobody = write_vcf(tmp_path / "c.vcf", [rows[0][:5]], infos=[VEP], samples=())
    with pytest.raises(VariantFileError) as caught:
        match_cohort(nobody, "MEL")
    assert caught.value.code == "tumour-column"
    pair = write_vcf(tmp_path / "b.vcf", rows, infos=[VEP])
    with pytest.raises(VariantFileError) as caught:
        match_cohort(pair, "MEL")
    assert caught.value.code == "tumour-normal-swapped"


def test_a_file_without_a_record_says_so(tmp_path):
    """An empty answer from it says nothing of the tumour."""
    found = read_alterations(write_vcf(tmp_path / "a.vcf", [], infos=[VEP]))
    assert [each.code for each in found.findings] == ["file-without-records"]
