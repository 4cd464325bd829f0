"""Gene, site and burden features, by hand from the rows; the AML matrix of the source as published truth."""

import random

import numpy as np
import pandas as pd
import pytest

import genorx as gx
from genorx.errors import FINDINGS, AssemblyError, PanelError, UsageError, VariantFileError
from genorx.features import Burden, Panel, Site, features_of_files

from ..vcf_files import HEAD

pytestmark = pytest.mark.usefixtures("both_ways")

ALIASES = {"SRSF2": "SFRS2", "KMT2A": "MLL", "KMT2D": "MLL2", "KMT2C": "MLL3", "KMT2E": "MLL5"}
AML = Panel(name="aml", genes=(), aliases=ALIASES)


def csq(allele, terms, gene):
    return f"CSQ={allele}|{terms}|x|{gene}|E|"


def values(frame):
    return {name: [None if pd.isna(v) else v for v in frame[name]] for name in frame}


def codes(frame):
    return {finding["code"] for finding in frame.attrs["findings"]}


@pytest.mark.parametrize("absent", ["missing", "reference"])
def test_the_cohort_file_gives_the_gene_matrix_without_one_different_cell(aml, absent):
    """gene_matrix.csv of Gerstung et al. 2017, 1,068 x 54."""
    truth = pd.read_csv(aml / "gene_matrix.csv", index_col=0)
    frame = gx.variant_features(aml / "cohort.vcf.gz", AML, absent=absent)
    assert frame.shape == (1068, 54)
    assert set(frame.dtypes.astype(str)) == {"Int8"}
    assert frame.notna().all(axis=None)
    pd.testing.assert_frame_equal(frame.astype("int64"), truth, check_names=False, check_index_type=False)


def test_the_single_files_give_the_rows_of_the_gene_matrix(aml):
    """A gene that no file names is all 0 in the matrix; two patients have no record and still make a row."""
    truth = pd.read_csv(aml / "gene_matrix.csv", index_col=0)
    files = sorted((aml / "vcf").glob("*.vcf.gz"))
    made = features_of_files(files, AML, absent="reference", assembly="GRCh37", expected=truth.columns)
    assert made.frame.shape == (24, 54)
    assert (made.frame[truth.columns].astype("int64") == truth.loc[made.frame.index]).all(axis=None)
    assert made.assembly == "GRCh37"
    assert made.counts["records"].sum() == sum(made.counts["records"])
    unknown = features_of_files(files, AML)
    assert unknown.frame.notna().sum().sum() == truth.loc[made.frame.index].to_numpy().sum()


def test_a_gene_cell_follows_the_rules_of_unknown(write_vcf):
    """One column a case: changed, half call, looked at, no-call beside a look, depth 0, silent change, filtered."""
    rows = [
        f"chr1 100 . C T . PASS {csq('T', 'missense_variant', 'A')} GT:DP:FT 0/1:9 ./1 0/0 ./. 0/1:0 0/0 0/1:9:q10",
        f"chr1 200 . C T . PASS {csq('T', 'synonymous_variant', 'A')} GT 0/0 ./. 0/1 0/0 ./. 1/1 ./.",
        f"chr1 300 . C T . q10 {csq('T', 'stop_gained', 'A')} GT 1/1 1/1 1/1 1/1 1/1 1/1 1/1",
        f"chr1 400 . C T . q10 {csq('T', 'stop_gained', 'B')} GT 1/1 0/0 0/0 0/0 0/0 0/0 0/0",
        f"chr1 500 . C T . PASS {csq('T', 'upstream_gene_variant', 'FAR')} GT 1/1 0/0 0/0 0/0 0/0 0/0 0/0",
    ]
    path = write_vcf(rows, samples=list("abcdefg"))
    frame = gx.variant_features(path, "genes")
    assert values(frame) == {"A": [1, 1, 0, None, None, 0, None], "B": [None] * 7}
    assert frame.index.name == "patient_id"
    assumed = gx.variant_features(path, "genes", absent="reference")
    assert values(assumed) == {"A": [1, 1, 0, None, None, 0, 0], "B": [0] * 7}
    taken = gx.variant_features(path, "genes", filters=None)
    assert values(taken)["B"] == [1] + [0] * 6
    assert codes(frame) == {"records-filtered", "no-calls"}


def test_each_allele_of_a_record_counts_for_itself(write_vcf):
    both = csq("T", "missense_variant", "A") + "," + csq("G", "synonymous_variant", "A")[4:]
    rows = [f"chr1 100 . C T,G,*,<NON_REF> . PASS {both} GT 0/1 0/2 1|2 0/3 0/4 0/0"]
    assert values(gx.variant_features(write_vcf(rows, samples=list("abcdef")), "genes")) == {"A": [1, 0, 1, 0, None, 0]}
    open_ = csq("TTT", "missense_variant", "A") + "," + csq("G", "synonymous_variant", "A")[4:]
    rows = [f"chr1 100 . C T,G . PASS {open_} GT 0/1 0/2 0/0"]
    frame = gx.variant_features(write_vcf(rows, samples=list("abc")), "genes")
    assert values(frame) == {"A": [None, 0, 0]}
    assert codes(frame) == {"annotation-unattributed"}


def test_bit_masks_of_bcftools_say_who_carries_the_consequence(write_vcf):
    head = [line for line in HEAD if "CSQ" not in line] + [
        '##INFO=<ID=BCSQ,Number=.,Type=String,Description="Local consequence annotation from BCFtools/csq">',
        '##FORMAT=<ID=BCSQ,Number=.,Type=Integer,Description="Bitmask">',
    ]
    said = "BCSQ=missense|A|t|protein_coding|+|1A>1V|100C>T,synonymous|B|t|protein_coding|+|9L|100C>T"
    row = f"chr1 100 . C T . PASS {said} GT:BCSQ 0|1:2 0|1:8 0|0:0"
    frame = gx.variant_features(write_vcf([row], samples=list("abc"), head=head), "genes")
    assert values(frame) == {"A": [1, 0, 0], "B": [0, 0, 0]}


def test_one_sample_alone_gets_what_it_gets_among_others(write_vcf):
    """The short way for one sample against the long way for many, on random records of all kinds."""
    rng = random.Random(7)
    terms = [
        "missense_variant",
        "synonymous_variant",
        "upstream_gene_variant",
        "frameshift_variant",
        "intron_variant&splice_region_variant",
    ]
    calls = [
        "0/0",
        "0/1",
        "1|1",
        "./.",
        "./1",
        "1",
        ".",
        "0/1:0",
        "0/0:0",
        "0/1:12",
        "0/0:3:q10",
        "1/1:7:PASS",
        "2/1",
        "0/2:5",
    ]
    rows = []
    for position in range(100, 700):
        ref, alts, names = rng.choice(
            [
                ("C", "T", "T-"),
                ("CA", "C", "-T"),
                ("C", "CAT", ["AT", "AT"]),
                ("C", "T,G", "TG"),
                ("N", "<DEL>", ["deletion"] * 2),
            ]
        )
        info = "CSQ=" + ",".join(
            f"{rng.choice(names)}|{rng.choice(terms)}|x|{rng.choice(['', *'ABCDEFGHIJ'])}|ENS{rng.randint(1, 3)}|"
            for _ in range(rng.randint(1, 3))
        )
        info = rng.choice([info, f"XCSQ=T|stop_gained|x|Z|E|;{info};DP=3", f"DP=3;{info}", "DP=4"])
        texts = [rng.choice([c for c in calls if "," in alts or "2" not in c.partition(":")[0]]) for _ in range(3)]
        rows.append(
            f"chr1 {position} . {ref} {alts} . {rng.choice(['PASS', '.', 'q10'])} {info} GT:DP:FT {' '.join(texts)}"
        )
    panel = Panel(genes=(), by_class=frozenset("ABC"), burden=Burden(max_no_call=1.0))
    path = write_vcf(rows, samples=list("abc"))
    together = gx.variant_features(path, panel)
    assert together.notna().sum().sum() > 30
    for sample in "abc":
        alone = gx.variant_features(path, panel, samples=[sample])
        pd.testing.assert_frame_equal(alone, together.loc[[sample]])


def test_classes_split_a_gene_where_asked(write_vcf):
    rows = [
        f"chr1 100 . C T . PASS {csq('T', 'missense_variant', 'A')} GT 0/1 0/0",
        f"chr1 101 . C T . PASS {csq('T', 'stop_gained', 'A')} GT 0/1 0/0",
        f"chr1 102 . C T . PASS {csq('T', 'stop_gained', 'B')} GT 0/1 ./.",
    ]
    made = features_of_files(
        [write_vcf(rows, samples=["a", "b"])], Panel(genes=("A", "B", "C"), by_class=frozenset("A"))
    )
    assert values(made.frame) == {
        "A_truncating": [1, 0],
        "A_missense": [1, 0],
        "A_inframe": [0, 0],
        "A_splice": [0, 0],
        "A_other": [0, 0],
        "B": [1, None],
        "C": [None, None],
    }
    assert [spec.group for spec in made.specs] == ["gene class"] * 5 + ["gene"] * 2
    assert {spec.kind for spec in made.specs} == {"boolean"}


def test_burden_counts_changes_and_is_missing_where_too_little_was_called(write_vcf):
    rows = [
        f"chr1 {n} . C T . PASS {csq('T', 'missense_variant', 'A')} GT 0/1 0/0 {'./.' if n < 103 else '1/1'} 0/1"
        for n in range(100, 110)
    ]
    rows.append(f"chr1 200 . C T . PASS {csq('T', 'synonymous_variant', 'A')} GT 1/1 0/0 0/0 0/1")
    made = features_of_files([write_vcf(rows, samples=list("abcd"))], Panel(burden=Burden(name="tmb", callable_mb=2.0)))
    assert values(made.frame) == {"tmb": [10, 0, None, 10], "tmb_per_mb": [5.0, 0.0, None, 5.0]}
    assert made.frame.dtypes.astype(str).tolist() == ["Int64", "Float64"]
    assert [(spec.kind, spec.upper) for spec in made.specs] == [("integer", 10.0), ("number", 5.0)]


SITES = Panel(
    sites=(
        Site(id="rs1", chrom="1", positions={"GRCh38": 100, "GRCh37": 90}, ref="A", alt="C"),
        Site(id="del", chrom="chr1", positions={"": 200}, ref="CAG", alt="C"),
        Site(id="seen", chrom="1", positions={"": 300}, ref="G", alt="T"),
        Site(id="none", chrom="7", positions={"": 1}, ref="G", alt="T"),
    )
)


def test_site_dosages_come_from_the_allele_the_place_or_the_block(write_vcf):
    rows = [
        "chr1 100 . A G,C . PASS . GT 0/2 2/2 0/1 ./2 0/0",
        "chr1 200 . CAGAG CAG . PASS . GT 0/1 1/1 0/0 . 0/1",  # the same deletion, written longer
        "chr1 250 . A <NON_REF> . PASS END=350 GT 0/0 0/0 ./. 0/0 0/1",
    ]
    made = features_of_files([write_vcf(rows, samples=list("abcde"))], SITES, origin="germline")
    assert values(made.frame) == {
        "rs1": [1, 2, 0, None, 0],
        "del": [1, 2, 0, None, 1],
        "seen": [0, 0, None, 0, None],
        "none": [None] * 5,
    }
    assert {(spec.kind, spec.group) for spec in made.specs} == {("integer", "site")}
    assumed = features_of_files([write_vcf(rows, samples=list("abcde"))], SITES, absent="reference")
    assert values(assumed.frame)["none"] == [0] * 5


def test_a_base_that_the_panel_knows_otherwise_is_refused(write_vcf):
    path = write_vcf(["chr1 100 . T C . PASS . GT 0/1"])
    with pytest.raises(VariantFileError) as caught:
        gx.variant_features(path, SITES)
    assert (caught.value.code, caught.value.place) == ("ref-mismatch", "chr1:100")
    unknown = write_vcf(["chr1 100 . N C . PASS . GT 0/1"])
    assert values(gx.variant_features(unknown, SITES))["rs1"] == [1]


def test_a_site_without_a_position_on_the_assembly_is_refused(write_vcf):
    path = write_vcf([], head=["##fileformat=VCFv4.2"])
    with pytest.raises(PanelError) as caught:
        gx.variant_features(path, SITES)
    assert caught.value.code == "site-position"


def test_all_sites_of_germline_files_become_dosages(write_vcf):
    one = write_vcf(
        ["chr1 100 rs1 A C . PASS . GT 0/1", "chr1 200 . A C,T . PASS . GT 1/2"], samples=["a"], name="1.vcf"
    )
    two = write_vcf(
        ["1 200 . A T . q10 . GT 1/1"], samples=["b"], name="2.vcf", head=[h.replace("ID=chr", "ID=") for h in HEAD]
    )
    made = features_of_files([one, two], origin="germline")
    assert values(made.frame) == {"rs1": [1, None], "1:200:A:C": [1, None], "1:200:A:T": [1, None]}
    many = write_vcf([f"chr1 {n} . A C . PASS . GT 0/1" for n in range(1, 5003)])
    with pytest.raises(PanelError) as caught:
        gx.variant_features(many, "sites")
    assert caught.value.code == "sites-too-many"


def test_a_variant_in_two_records_with_different_dosages_is_missing(write_vcf):
    path = write_vcf(["chr1 100 . A C . PASS . GT 0/1 0/1", "chr1 100 . A C,G . PASS . GT 0/0 0/1"], samples=["a", "b"])
    frame = gx.variant_features(path, "sites")
    assert values(frame)["1:100:A:C"] == [None, 1]
    assert "site-contradiction" in codes(frame)


@pytest.fixture
def genes(tmp_path):
    path = tmp_path / "genes.tsv"
    path.write_text("#chrom\tstart\tend\tgene\n1\t99\t200\tA\nchr1\t150\t300\tB\n")
    return path


def test_a_gene_table_stands_in_for_annotations_and_knows_blocks(write_vcf, genes):
    head = [line for line in HEAD if "CSQ" not in line]
    rows = [
        "chr1 99 . A C . PASS . GT 1/1",
        "chr1 100 . A C . PASS . GT 0/1",
        "chr1 201 . A <NON_REF> . PASS END=250 GT 0/0",
    ]
    path = write_vcf(rows, head=head)
    frame = gx.variant_features(path, "genes", genes=genes)
    assert values(frame) == {"A": [1], "B": [0]}
    assert codes(frame) == {"annotation-absent", "consequence-unknown"}
    with pytest.raises(VariantFileError) as caught:
        gx.variant_features(path, "genes")
    assert caught.value.code == "annotation-absent"
    both = gx.variant_features(path, Panel(genes=(), sites=SITES.sites[:1]))
    assert {f["severity"] for f in both.attrs["findings"] if f["code"] == "annotation-absent"} == {"serious"}


def test_a_record_without_annotation_among_annotated_ones_is_named(write_vcf, genes):
    rows = [f"chr1 100 . A C . PASS {csq('C', 'synonymous_variant', 'A')} GT 0/1", "chr1 160 . A C . PASS . GT 0/1"]
    plain = gx.variant_features(write_vcf(rows), "genes")
    assert values(plain) == {"A": [0]}
    assert codes(plain) == {"annotation-absent"}
    assert values(gx.variant_features(write_vcf(rows), "genes", genes=genes)) == {"A": [1], "B": [1]}


@pytest.mark.parametrize("line", ["1\t5\tA", "1\t9\t5\tA", "1\t-1\t5\tA", "", "1 5 9 A"])
def test_a_wrong_gene_table_is_refused(write_vcf, tmp_path, line):
    (tmp_path / "bad.tsv").write_text(line + "\n")
    with pytest.raises(PanelError) as caught:
        gx.variant_features(write_vcf([]), "genes", genes=tmp_path / "bad.tsv")
    assert caught.value.code == "gene-table"


def test_patients_and_assemblies_of_several_files_must_fit(write_vcf):
    row = [f"chr1 100 . C T . PASS {csq('T', 'missense_variant', 'A')} GT 0/1"]
    one, two = write_vcf(row, samples=["a"], name="1.vcf"), write_vcf(row, samples=["a"], name="2.vcf")
    with pytest.raises(VariantFileError) as caught:
        features_of_files([one, two])
    assert caught.value.code == "patient-twice"
    old = [
        line.replace("248956422", "249250621").replace("159345973", "159138663").replace("133275309", "133851895")
        for line in HEAD
    ]
    other = write_vcf(row, samples=["b"], name="3.vcf", head=old)
    with pytest.raises(AssemblyError) as mixed:
        features_of_files([one, other])
    assert mixed.value.code == "assembly-mixed"
    with pytest.raises(AssemblyError) as wrong:
        features_of_files([one], assembly="GRCh37")
    assert wrong.value.code == "assembly-wrong"


def test_patients_who_are_not_wanted_are_left_out(write_vcf):
    row = [f"chr1 100 . C T . PASS {csq('T', 'missense_variant', 'A')} GT 0/1 0/0 1/1"]
    made = features_of_files([write_vcf(row, samples=list("abc"))], patients={"c", "a", "z"})
    assert made.frame.index.tolist() == ["a", "c"]
    assert made.counts["samples"].tolist() == [2]


def test_wrong_calls_are_usage_errors(write_vcf):
    path = write_vcf([])
    for options in ({"absent": "zero"}, {"filters": "PASS"}):
        with pytest.raises(UsageError):
            gx.variant_features(path, "genes", **options)
    with pytest.raises(UsageError):
        features_of_files([])
    with pytest.raises(VariantFileError) as caught:
        gx.variant_features(write_vcf([], samples=[]), "genes")
    assert caught.value.code in {"samples-none", "header-columns"}


def test_an_empty_file_makes_a_row_and_a_finding(write_vcf):
    frame = gx.variant_features(write_vcf([], samples=["a"]), Panel(genes=("A",)))
    assert values(frame) == {"A": [None]}
    assert codes(frame) == {"file-without-records"}


def test_findings_of_many_files_are_said_once(write_vcf):
    paths = [write_vcf([], samples=[f"p{n}"], name=f"{n}.vcf") for n in range(6)]
    made = features_of_files(paths, Panel(genes=("A",)))
    assert len(made.findings) == 1
    assert "6 files" in made.findings[0].message
    assert made.findings[0].code in FINDINGS


def test_the_same_input_gives_the_same_frame(aml):
    first, second = (gx.variant_features(aml / "cohort.vcf.gz", AML) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert first.to_csv() == second.to_csv()
    assert np.array_equal(first.columns, sorted(first.columns))


def test_the_old_annotation_of_snpeff_is_named(write_vcf):
    """EFF of SnpEff before 4.0 has other columns than ANN (SnpEff manual, "EFF field (VCF output files)")."""
    head = [line for line in HEAD if "CSQ" not in line] + [
        '##INFO=<ID=EFF,Number=.,Type=String,Description="Predicted effects. Format: Effect ( Impact | Class )">'
    ]
    path = write_vcf(["chr1 100 . C T . PASS EFF=STOP_GAINED(HIGH||||A|) GT 0/1"], head=head)
    with pytest.raises(VariantFileError) as caught:
        gx.variant_features(path, "genes")
    assert caught.value.code == "annotation-absent"
    assert "EFF" in caught.value.reason
    table = path.with_name("genes.tsv")
    table.write_text("chr1\t90\t110\tA\n")
    frame = gx.variant_features(path, "genes", genes=table)
    named = [finding for finding in frame.attrs["findings"] if finding["code"] == "annotation-absent"]
    assert "EFF" in named[0]["message"]
    assert named[0]["place"] == "a.vcf:header"


def test_half_a_call_and_several_transcripts_count_alike_alone_and_among_others(write_vcf):
    """Of a gene's transcripts the most severe class counts; half a call leaves the other classes open."""
    said = csq("T", "missense_variant", "A") + "," + csq("T", "splice_region_variant", "A")[4:]
    rows = [
        f"chr1 100 . C T . PASS {said} GT ./1 0/1",
        f"chr1 200 . C * . PASS {csq('*', 'stop_gained', 'A')} GT 0/1 0/1",
    ]
    together = gx.variant_features(write_vcf(rows, samples=["a", "b"]), Panel(genes=(), by_class=True))
    assert values(together) == {
        "A_truncating": [None, 0],
        "A_missense": [1, 1],
        "A_inframe": [None, 0],
        "A_splice": [None, 0],
        "A_other": [None, 0],
    }
    alone = write_vcf([row.rpartition(" ")[0] for row in rows], samples=["a"], name="alone.vcf")
    pd.testing.assert_frame_equal(gx.variant_features(alone, Panel(genes=(), by_class=True)), together.loc[["a"]])
