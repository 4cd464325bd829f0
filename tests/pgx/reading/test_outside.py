"""Outside calls; expected values are PharmCAT's documented rules and the tables of CPIC."""

import pytest

from genorx import pgx
from genorx.errors import OutsideCallError
from genorx.pgx.reading.outside import normal_phenotype


@pytest.fixture
def outside(write_vcf, tmp_path):
    """Report of a CYP2C19 reference sample with outside calls."""

    def report(text, genes=("CYP2C19",), calls=None):
        table = tmp_path / "outside.tsv"
        table.write_text(text, encoding="utf-8")
        (found,) = pgx.call(write_vcf(genes, calls or {}), outside=table)
        return found

    return report


def test_an_outside_diplotype_gives_score_and_guidance_of_two_genes(outside):
    """CYP2C19 *38/*38 and CYP2D6 *1/*3: amitriptyline, Moderate, 25 % less (CPIC 2016)."""
    found = outside("# made elsewhere\n\nCYP2D6\t*1/*3\n").to_dict()
    assert found["genes"]["CYP2D6"]["lookup_keys"] == ["1.0"]
    assert found["genes"]["CYP2D6"]["source"] == "outside"
    rows = [row for row in found["drugs"]["amitriptyline"] if row["source"] == "CPIC"]
    assert [(r["classification"], r["action"], r["dose_change_pct"], r["dosing"]) for r in rows] == [
        ("Moderate", "reduce", -25.0, True)
    ]
    assert rows[0]["lookup_keys"] == {"CYP2C19": "Normal Metabolizer", "CYP2D6": "1.0"}


def test_a_phenotype_of_an_activity_gene_has_every_score_of_it_as_key(outside):
    gene = outside("CYP2D6\t\tIM\n").to_dict()["genes"]["CYP2D6"]
    assert gene["phenotypes"] == ["Intermediate Metabolizer"]
    assert (gene["called"], gene["diplotypes"], gene["printed"]) == (True, [], ["Intermediate Metabolizer"])
    assert gene["lookup_keys"] == ["0.25", "0.5", "0.75", "1.0"]


def test_a_score_goes_before_phenotype_and_diplotype(outside):
    found = outside("CYP2D6\t*1/*1\t\t0.5\n").to_dict()["genes"]["CYP2D6"]
    assert found["activity_scores"] == ["0.5"]
    assert found["phenotypes"] == ["Intermediate Metabolizer"]
    assert "outside-contradiction" in found["warnings"]


def test_a_phenotype_that_agrees_with_the_diplotype_leaves_it_its_score(outside):
    """*1/*4 is 1.0; beside another phenotype than the table's, that phenotype's scores are the keys."""
    found = outside("CYP2D6\t*1/*4\tIM\n").to_dict()["genes"]["CYP2D6"]
    assert (found["activity_scores"], found["lookup_keys"]) == (["1.0"], ["1.0"])
    found = outside("CYP2D6\t*1/*4\tPM\n").to_dict()["genes"]["CYP2D6"]
    assert (found["phenotypes"], found["lookup_keys"]) == (["Poor Metabolizer"], ["0.0"])
    assert "outside-contradiction" in found["warnings"]


def test_three_copies_are_folded_for_lookup_and_shown_as_written(outside):
    """*1x4 is *1x≥3 (≥3.0) by the table; with *1 that is ≥4.0, ultrarapid."""
    found = outside("CYP2D6\t*1x4/*1\n").to_dict()["genes"]["CYP2D6"]
    assert found["labels"] == ["*1x4/*1"]
    assert sorted(found["lookup_pairs"][0]) == ["*1", "*1x≥3"]
    assert found["activity_scores"] == ["≥4.0"]
    assert found["phenotypes"] == ["Ultrarapid Metabolizer"]


def test_hla_alleles_become_statuses_and_rows(outside):
    found = outside("HLA-B\tB*57:01:01/HLA-B*15:02\n").to_dict()
    gene = found["genes"]["HLA-B"]
    assert gene["lookup_pairs"] == [["*57:01", "*15:02"]]
    assert gene["phenotypes"] == ["*15:02 positive", "*57:01 positive", "*58:01 negative"]
    assert [row["action"] for row in found["drugs"]["abacavir"] if row["source"] == "CPIC"] == ["avoid"]


def test_carbamazepine_with_hla_b_alone_has_three_populations(outside):
    rows = outside("HLA-B\t*15:02/*07:02:01:127\n").to_dict()["drugs"]["carbamazepine"]
    assert len([row for row in rows if row["source"] == "CPIC"]) == 3


def test_mt_rnr1_names_may_lack_their_prefix(outside):
    found = outside("MT-RNR1\t1555A>G\n").to_dict()["genes"]["MT-RNR1"]
    assert found["phenotypes"] == ["increased risk of aminoglycoside-induced hearing loss"]


def test_an_outside_call_stands_in_place_of_the_file_and_says_so(outside):
    found = outside("CYP2C19\t*2/*2\n")
    gene = found.to_dict()["genes"]["CYP2C19"]
    assert gene["printed"] == ["*2/*2"]
    assert {"outside-call", "prefer-sample-data"} <= set(gene["warnings"])
    assert [f.code for f in found.findings] == ["pgx-outside-replaces"]
    assert "*38/*38" in found.findings[0].message


def test_voriconazole_for_poor_metabolisers_has_rows_for_adults_and_children(outside):
    rows = outside("CYP2C19\t*2/*2\n").to_dict()["drugs"]["voriconazole"]
    assert sorted(r["population"] for r in rows if r["source"] == "CPIC") == ["adults", "pediatrics"]


def test_an_outside_dpyd_combination_goes_by_the_lowest_function(outside):
    found = outside("DPYD\t[c.1627A>G (*5) + c.1905+1G>A (*2A)]/Reference\n").to_dict()["genes"]["DPYD"]
    assert sorted(found["lookup_pairs"][0]) == ["Reference", "c.1905+1G>A (*2A)"]


def test_unknown_genes_are_left_out_and_unknown_alleles_kept_both_with_a_finding(outside):
    found = outside("ABCB1\t*1/*1\nCYP2D6\t*1/*999\nCYP2D6\t*1/*1\n")
    assert sorted({f.code for f in found.findings}) == [
        "outside-several",
        "outside-unknown-allele",
        "outside-unknown-gene",
    ]
    gene = found.to_dict()["genes"]["CYP2D6"]
    assert gene["diplotypes"] == ["*1/*999", "*1/*1"]
    assert "ABCB1" not in found.to_dict()["genes"]


def test_an_hla_status_is_read_in_either_case(outside):
    found = outside("HLA-B\t\tHLA-B*57:01 Positive\n").to_dict()
    assert [row["action"] for row in found["drugs"]["abacavir"] if row["source"] == "CPIC"] == ["avoid"]


def test_an_activity_score_that_no_table_has_is_kept_with_a_finding(outside):
    """A decimal comma, and a score above all of the tables, read as Indeterminate without a word."""
    found = outside("CYP2D6\t\t\t1,25\nCYP2C9\t\t\t17\nDPYD\t\t\t1.5\nTPMT\t*1/*1\n")
    about = {f.place: f.message for f in found.findings if f.code == "outside-unknown-phenotype"}
    assert list(about) == ["outside.tsv:1", "outside.tsv:2"]
    assert about["outside.tsv:1"].startswith("activity score 1,25 of CYP2D6 is in no table")
    fine = outside("CYP2D6\t\t\t1.25\nCYP2C9\t\t\t1.5\n")
    assert "outside-unknown-phenotype" not in {f.code for f in fine.findings}


def test_a_phenotype_that_no_table_has_is_kept_with_a_finding(outside):
    """It finds no row: without the finding that would look as if there was no guidance."""
    found = outside("CYP2D6\t\tsomething else\nHLA-B\t\t*57:01 maybe\nTPMT\t\tPM\nVKORC1\t\t-1639 AA\n")
    assert [f.place for f in found.findings if f.code == "outside-unknown-phenotype"] == [
        "outside.tsv:1",
        "outside.tsv:2",
    ]
    assert found.genes["CYP2D6"].phenotypes == ["something else"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CYP2D6\n", "outside-columns"),
        ("CYP2D6\t/\t\n", "outside-empty"),
        ("CYP2D6\t*1\n", "outside-alleles"),
        ("CYP2D6\t*1/*2/*3\n", "outside-alleles"),
        ("MT-RNR1\tm.1555A>G/Reference\n", "outside-alleles"),
        ("HLA-B\tQ57:01\n", "outside-hla"),
        ("HLA-B\t*57:01 negative\n", "outside-hla"),  # read as an allele it would be positive
    ],
)
def test_a_line_that_breaks_the_format_is_refused_with_its_number(outside, text, code):
    with pytest.raises(OutsideCallError) as error:
        outside(f"# comment\n{text}")
    assert error.value.code == code
    assert error.value.place == "2"


def test_a_table_that_is_absent_or_no_text_is_refused(write_vcf, tmp_path):
    bad = tmp_path / "bad.tsv"
    bad.write_bytes(b"\xff\xfe\x00")
    for path in (bad, tmp_path / "none.tsv"):
        with pytest.raises(OutsideCallError) as error:
            pgx.call(write_vcf(["VKORC1"]), outside=path)
        assert error.value.code == "outside-unreadable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CYP2D6 PM", "Poor Metabolizer"),
        ("Extensive   metaboliser", "Normal Metabolizer"),
        ("possible Intermediate metabolizer (AS 1.0)", "Possible Intermediate Metabolizer"),
        ("UM", "Ultrarapid Metabolizer"),
        ("indeterminate result", "Indeterminate"),
        ("something else", "something else"),
    ],
)
def test_phenotypes_are_brought_into_the_words_of_the_tables(text, expected):
    assert normal_phenotype("CYP2D6", text) == expected


def test_an_outside_no_call_is_no_call(outside):
    gene = outside("CYP2D6\t./.\n").to_dict()["genes"]["CYP2D6"]
    assert (gene["called"], gene["phenotypes"], gene["printed"]) == (False, ["No Result"], ["Unknown/Unknown"])


@pytest.fixture
def several(tmp_path):
    """Reports of two samples, A and B, with tables of outside calls by file name."""
    from genorx.pgx import call

    def report(**texts):
        path = tmp_path / "two.vcf"
        head = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n"
        columns = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT A B"
        path.write_text(
            head + "\n".join([columns, "chr16 31096368 . C T . PASS . GT 0/0 0/1"]).replace(" ", "\t") + "\n"
        )
        files = []
        for name, text in texts.items():
            files.append(tmp_path / name.replace("_", "."))
            files[-1].write_text(text)
        return {found.sample: found for found in call(path, outside=files)}

    return report


def test_a_column_of_samples_says_whose_calls_they_are(several):
    lines = ["gene sample phenotype diplotype", "CYP2D6 B  *4/*4", "CYP2D6 A UM ", "HLA-B B  *57:01", "CYP2D6 C  *1/*1"]
    table = "\n".join(lines).replace(" ", "\t") + "\n"
    found = several(calls_tsv=table)
    assert found["A"].genes["CYP2D6"].phenotypes == ["Ultrarapid Metabolizer"]
    assert found["B"].genes["CYP2D6"].call.diplotypes == ("*4/*4",)
    assert (found["A"].genes["HLA-B"].call.source, found["B"].genes["HLA-B"].call.source) == ("none", "outside")
    strangers = [f for f in found["A"].findings if f.code == "outside-unknown-sample"]
    assert ["C," in f.message for f in strangers] == [True]


def test_a_file_may_be_named_by_its_sample(several):
    found = several(A_outside_tsv="CYP2D6\t*4/*4\n", B_outside_tsv="CYP2D6\t*1/*1\nCYP2D6\t*1/*2\n")
    assert found["A"].genes["CYP2D6"].call.diplotypes == ("*4/*4",)
    assert found["B"].genes["CYP2D6"].call.diplotypes == ("*1/*1", "*1/*2")
    more = several(A_outside_tsv="CYP2D6\t*4/*4\n", C_outside_tsv="CYP2D6\t*1/*1\n")
    assert more["B"].genes["CYP2D6"].call.source == "none"
    assert "outside-unknown-sample" in {f.code for f in more["A"].findings}
    codes = {name: {f.code for f in report.findings} for name, report in found.items()}
    assert codes["B"] - codes["A"] == {"outside-several"}


def test_files_of_others_are_not_taken_for_a_single_sample(write_vcf, tmp_path):
    """All files of a folder are given, and the variant file holds one of the people."""
    for name, diplotype in (("S1", "*1/*1"), ("S2", "*4/*4")):
        (tmp_path / f"{name}.outside.tsv").write_text(f"CYP2D6\t{diplotype}\n")
    files = [tmp_path / "S1.outside.tsv", tmp_path / "S2.outside.tsv"]
    (found,) = pgx.call(write_vcf(["VKORC1"]), outside=files)
    assert found.genes["CYP2D6"].call.diplotypes == ("*1/*1",)
    assert [f.code for f in found.findings] == ["outside-unknown-sample"]
    (found,) = pgx.call(write_vcf(["VKORC1"]), outside=files[1])  # one person, one table: it is theirs
    assert found.genes["CYP2D6"].call.diplotypes == ("*4/*4",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CYP2D6\t*4/*4\n", "outside-sample"),  # of one person, and there are two
        ("sample\tgene\nA\tCYP2D6\n", "outside-columns"),
        ("sample\tgene\tdiplotype\n\tCYP2D6\t*1/*1\n", "outside-columns"),
        ("sample\tgene\tdiplotype\nA\tCYP2D6\n", "outside-empty"),
    ],
)
def test_calls_of_nobody_are_refused(several, text, code):
    with pytest.raises(OutsideCallError) as error:
        several(calls_tsv=text)
    assert error.value.code == code


def test_one_call_table_is_not_spread_over_several_files(write_vcf, tmp_path):
    """Two files of one sample each are two people."""
    table = tmp_path / "outside.tsv"
    table.write_text("CYP2D6\t*4/*4\n")
    one = write_vcf(["VKORC1"])
    other = tmp_path / "other.vcf"
    other.write_text(one.read_text().replace("S1", "S2"))
    with pytest.raises(OutsideCallError) as error:
        pgx.call_files([one, other], table)
    assert error.value.code == "outside-sample"
    assert [r.sample for r in pgx.call_files([one, other])] == ["S1", "S2"]
