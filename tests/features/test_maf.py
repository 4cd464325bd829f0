"""MAFs as variant files: one column a gene by the rules of a VCF; expected cells by hand."""

import pytest

from genorx.cohort import Study
from genorx.errors import GenorxError, PanelError, UsageError
from genorx.features import features_of_files, variant_features
from genorx.features.maf import is_maf
from genorx.oncology import read_alterations
from genorx.variants.assembly import maf_assembly
from genorx.variants.calls import accepted_filter
from genorx.variants.consequence import Effect, effect_of
from genorx.variants.records import DEFAULT_FILTERS

HEAD = "#version 2.4\nHugo_Symbol\tNCBI_Build\tVariant_Classification\tTumor_Sample_Barcode\tFILTER\tMutation_Status\n"
ROWS = (
    ("TP53", "Missense_Mutation", "S1"),
    ("TP53", "Nonsense_Mutation", "S2"),
    ("KRAS", "Silent", "S1"),
    ("KRAS", "In_Frame_Del", "S2"),
    ("EGFR", "Intron", "S2"),
    ("EGFR", "Splice_Site", "S3"),
    ("Unknown", "IGR", "S4"),
)


@pytest.fixture
def maf(tmp_path):
    def write(*rows, name="data_mutations.txt", build="GRCh37", status="PASS"):
        path = tmp_path / name
        cells = [(gene, build, kind, sample, *(more or (status, "Somatic"))) for gene, kind, sample, *more in rows]
        path.write_text(HEAD + "".join("\t".join(each) + "\n" for each in cells))
        return path

    return write


def _cells(frame):
    return {
        gene: [
            None if each is None else int(each) for each in frame[gene].astype(object).where(frame[gene].notna(), None)
        ]
        for gene in frame
    }


def test_a_non_silent_change_is_1_and_what_no_row_names_is_as_the_caller_says(maf):
    """KRAS of S1 is silent: looked at.  S4 has no gene at all."""
    path = maf(*ROWS)
    known = variant_features(path, "genes", absent="reference")
    assert known.index.tolist() == ["S1", "S2", "S3", "S4"]
    assert _cells(known) == {"EGFR": [0, 0, 1, 0], "KRAS": [0, 1, 0, 0], "TP53": [1, 1, 0, 0]}
    unknown = variant_features(path, "genes")
    assert _cells(unknown) == {"EGFR": [None, 0, 1, None], "KRAS": [0, 1, None, None], "TP53": [1, 1, None, None]}


def test_a_maf_and_the_vcf_that_it_was_made_from_give_the_same_genes(tmp_path, maf):
    """The same three changes, written as a VCF with SnpEff's annotation."""
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=1,length=249250621>"]
    lines += ['##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: \'Allele | Annotation | '
              "Annotation_Impact | Gene_Name | Gene_ID'\">"]  # fmt: skip
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="G">']
    lines += ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "S1", "S2"])]
    for pos, gene, term, calls in (
        (1000, "TP53", "missense_variant", ("0/1", "0/0")),
        (2000, "KRAS", "synonymous_variant", ("0/1", "0/0")),
        (3000, "EGFR", "splice_region_variant", ("0/0", "0/1")),
    ):
        lines.append(
            "\t".join(["1", str(pos), ".", "A", "C", ".", "PASS", f"ANN=C|{term}|LOW|{gene}|{gene}", "GT", *calls])
        )
    vcf = tmp_path / "t.vcf"
    vcf.write_text("\n".join(lines) + "\n")
    path = maf(("TP53", "Missense_Mutation", "S1"), ("KRAS", "Silent", "S1"), ("EGFR", "Splice_Region", "S2"))
    ours = variant_features(path, "genes", absent="reference")
    assert _cells(ours) == _cells(variant_features(vcf, "genes", absent="reference")[list(ours)])


def test_rows_that_do_not_count_are_left_out_and_counted(maf):
    rows = [
        ("TP53", "Missense_Mutation", "S1", "LowQual", "Somatic"),
        ("KRAS", "Missense_Mutation", "S1", "PASS", "Germline"),
    ]
    rows += [("EGFR", "Something_New", "S1", "PASS", ""), *ROWS, *ROWS]
    made = features_of_files([maf(*rows)], absent="reference")
    assert made.frame.loc["S1", "KRAS"] == 0
    said = {finding.message for finding in made.findings}
    assert {
        "1 row that did not pass the filters: none gives a 1 or a 0",
        "1 row of germline changes, left out",
        "1 row of an unknown class, left out",
    } <= said
    assert [each.code for each in made.findings].count("maf-rows-left-out") == 2
    assert made.assembly == "GRCh37"
    assert made.counts.loc[0, "records"] == 17


@pytest.mark.parametrize(("panel", "code"), [("sites", "panel-maf"), ("burden", "panel-maf"), ("pgx", "panel-maf")])
def test_more_than_genes_is_refused(maf, panel, code):
    with pytest.raises(PanelError) as caught:
        variant_features(maf(*ROWS), panel)
    assert caught.value.code == code


def test_faults_of_a_maf_are_named(maf):
    with pytest.raises(GenorxError) as caught:
        variant_features(maf(*ROWS), "genes", assembly="GRCh38")
    assert (caught.value.code, caught.value.place) == ("assembly-wrong", "3")
    with pytest.raises(GenorxError) as caught:
        variant_features(maf(("TP53", "A", "S1"), ("KRAS", "B", "S1")), "genes")
    assert caught.value.code == "maf-class"
    mixed = maf(*ROWS)
    mixed.write_text(mixed.read_text() + "TP53\tGRCh38\tSilent\tS1\tPASS\tSomatic\n")
    with pytest.raises(GenorxError) as caught:
        variant_features(mixed, "genes")
    assert caught.value.code == "assembly-mixed"


def test_a_vcf_is_no_maf_and_takes_no_table_of_samples(tmp_path):
    path = tmp_path / "t.vcf"
    path.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n")
    assert not is_maf(path)
    assert not is_maf(tmp_path / "none.maf")
    with pytest.raises(UsageError, match="for MAFs only"):
        features_of_files([path], people={"S1": "P1"})


STUDY = """
[study]
name = "s"
patient_id = "PATIENT_ID"
[variants]
files = ["data_mutations.txt"]
origin = "somatic"
absent = "reference"
samples = "samples.txt"
[[tables]]
path = "clinical.txt"
role = "clinical"
"""


@pytest.fixture
def study(tmp_path, maf):
    def write(samples):
        maf(*ROWS)
        (tmp_path / "samples.txt").write_text("#a\tb\n#1\t1\nPATIENT_ID\tSAMPLE_ID\n" + samples)
        (tmp_path / "clinical.txt").write_text("PATIENT_ID\tAGE\n" + "".join(f"P{n}\t{50 + n}\n" for n in range(1, 6)))
        (tmp_path / "study.toml").write_text(STUDY)
        return Study.read(tmp_path / "study.toml")

    return write


def test_samples_are_their_patients_and_one_without_a_row_was_looked_at(study):
    """P1 has two samples: S1 with TP53, S2 with KRAS; that of P3 has no row; P4 has none; S4 is of nobody."""
    cohort = study("P1\tS1\nP1\tS2\nP2\tS3\nP3\tS9\n").load(outcomes=False)
    genes = cohort.features[["EGFR", "KRAS", "TP53"]]
    assert _cells(genes.loc[["P1", "P2", "P3", "P4"]]) == {
        "EGFR": [0, 1, 0, None],
        "KRAS": [1, 0, 0, None],
        "TP53": [1, 0, 0, None],
    }
    assert "1 row of samples that are not in the study, left out" in {each.message for each in cohort.findings}


@pytest.mark.parametrize(
    ("samples", "code"), [("P1\tS1\nP2\tS1\n", "sample-of-two"), ("P1\t\n", "missing-id"), ("P1\tS1\n", None)]
)
def test_a_table_of_samples_that_does_not_settle_it_is_refused(study, samples, code):
    if code is None:
        before = study(samples).digest(outcomes=False)
        assert study("P1\tS2\n").digest(outcomes=False) != before  # the table is part of the study
        return
    with pytest.raises(GenorxError) as caught:
        study(samples).load(outcomes=False)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("head", "absent"),
    [
        ("Hugo_Symbol\tVariant_Classification\tHGVSp_Short", "Tumor_Sample_Barcode"),
        ("Hugo_Symbol,Tumor_Sample_Barcode", "Variant_Classification"),
    ],
)
def test_a_maf_without_a_column_is_refused_by_the_name_of_the_column_and_not_as_a_vcf(tmp_path, head, absent):
    path = tmp_path / "a.maf"
    path.write_text(head + "\n")
    with pytest.raises(GenorxError, match=f"missing columns: {absent}") as caught:
        variant_features(path, "genes")
    assert caught.value.code == "table-columns"


def test_a_maf_without_a_row_and_one_with_dates_for_genes_say_so(maf):
    """Spreadsheets make 1-Mar of MARCH1, and Sep-09 of SEPT9 (Ziemann 2016)."""
    assert [each["code"] for each in variant_features(maf(), "genes").attrs["findings"]] == ["file-without-records"]
    frame = variant_features(maf(("1-Mar", "Missense_Mutation", "S1"), ("TP53", "Silent", "S1")), "genes")
    (found,) = [each for each in frame.attrs["findings"] if each["code"] == "gene-date"]
    assert (found["severity"], "1-Mar" in found["message"]) == ("serious", True)


CLASSES = {
    # class and protein change: cell of the gene (None: no column), fact for evidence, term of the same in a VCF
    ("Missense_Mutation", "p.V600E"): (1, "GENE V600E", "missense_variant"),
    ("Nonsense_Mutation", ""): (1, "GENE truncating", "stop_gained"),
    ("Splice_Site", ""): (1, "GENE splice", "splice_donor_variant"),
    # may change the protein, but evidence on changes of the gene does not rest on it (docs/guide/variants.md)
    ("Splice_Region", ""): (1, None, "splice_region_variant"),
    ("Splice_Region", "p.X187_splice"): (1, None, "splice_region_variant"),  # vcf2maf's mark of a place
    ("Splice_Region", "p.V187E"): (1, "GENE V187E", "splice_region_variant"),  # unless another field says so
    ("splice_region_variant", ""): (1, None, "splice_region_variant"),
    ("Silent", "p.V187="): (0, None, "synonymous_variant"),
    ("Silent", "p.V187E"): (0, None, "synonymous_variant"),
    ("synonymous_variant", ""): (0, None, "synonymous_variant"),
    ("Intron", ""): (0, None, "intron_variant"),
    ("3'UTR", ""): (0, None, "3_prime_UTR_variant"),
    ("5'Flank", ""): (None, None, "upstream_gene_variant"),
    ("Start_Codon_SNP", ""): (1, "GENE mutation", "start_lost"),
    ("Stop_Codon_Del", ""): (1, None, "stop_lost"),
}


@pytest.mark.parametrize(("kind", "protein"), CLASSES)
def test_a_class_means_the_same_in_features_in_evidence_and_in_a_vcf(tmp_path, kind, protein):
    cell, fact, term = CLASSES[kind, protein]
    path = tmp_path / "one.maf"
    names = ["Hugo_Symbol", "Variant_Classification", "HGVSp_Short", "Tumor_Sample_Barcode"]
    # a second gene keeps the classes that say little below a tenth of the rows
    rows = [("GENE", kind, protein, "S1"), *[("TP53", "Nonsense_Mutation", "", "S1")] * 10]
    path.write_text("\n".join("\t".join(row) for row in (names, *rows)) + "\n")
    frame = variant_features(path, "genes")
    assert (int(frame.loc["S1", "GENE"]) if "GENE" in frame else None) == cell
    found = [each.label for each in read_alterations(path) if "GENE" in each.genes]
    assert found == ([] if fact is None else [fact])
    effect = effect_of(term)
    assert (1 if effect >= Effect.OTHER else 0 if effect == Effect.SILENT else None) == cell


@pytest.mark.parametrize(
    ("build", "assembly"),
    [("37", "GRCh37"), ("hg19", "GRCh37"), ("GRCh37", "GRCh37"), ("38", "GRCh38"), ("GRCh38.p13", "GRCh38"),
     ("NCBI37", "GRCh37"), ("GRCm38", None), ("", None), ("36", None)],
)  # fmt: skip
def test_a_build_means_the_same_to_every_reader_of_a_maf(maf, build, assembly):
    """The mouse's GRCm38 is no human assembly."""
    path = maf(*ROWS, build=build)
    assert features_of_files([path]).assembly == assembly
    assert read_alterations(path, sample="S1").assembly == assembly
    assert maf_assembly(build) == assembly


@pytest.mark.parametrize(
    ("status", "accepted"),
    [("PASS", True), ("", True), (".", True), ("PASS;", True), ("PASS,common_variant", False), ("LowQual", False),
     ("LowQual;PASS", False)],
)  # fmt: skip
def test_a_filter_means_the_same_in_features_in_evidence_and_in_a_vcf(maf, status, accepted):
    """``PASS;`` has an empty name, which counts for nothing in a VCF either (docs/guide/variants.md)."""
    path = maf(("TP53", "Nonsense_Mutation", "S1"), status=status)
    assert ("TP53" in variant_features(path, "genes")) is accepted
    (fact,) = read_alterations(path)
    assert fact.accepted is accepted
    assert status == "" or accepted_filter(status, DEFAULT_FILTERS) is (accepted)
