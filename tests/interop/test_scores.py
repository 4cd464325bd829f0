"""Polygenic scores: kinds of rows, matching, imputation, coverage, and a cohort with known truth."""

import numpy as np
import pytest

from genorx.cli.app import run
from genorx.errors import InputError, NotAnswerableError, UsageError, VariantFileError
from genorx.interop import read_score, score

HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID=1,length=248956422>\n##contig=<ID=X,length=156040895>\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
)
ROWS = "1\t100\tA\tG\t0.2\n1\t200\tT\tC\t-0.1\n1\t300\tC\tT\t0.3\n"


def vcf(folder, *records, samples=("S1",)):
    path = folder / "f.vcf"
    lines = ["\t".join((*each[:2], each[2], *each[3:5], ".", "PASS", ".", "GT", *each[5:])) for each in records]
    path.write_text(HEAD + "\t".join(samples) + "\n" + "\n".join(lines) + "\n")
    return path


def scoring(folder, rows=ROWS, header="#pgs_id=PGS9\n#genome_build=GRCh38\n", columns=None, name="s.txt"):
    path = folder / name
    columns = columns or "chr_name\tchr_position\teffect_allele\tother_allele\teffect_weight"
    path.write_text(f"{header}{columns}\n{rows}")
    return path


WORKED = [("1", "100", ".", "G", "A", "0/1"), ("1", "200", ".", "A", "G", "1/1"), ("1", "300", ".", "C", "T", "0/1")]


def test_shared_files_have_the_kinds_and_numbers_of_rows_that_stand_in_them(exchange):
    """Counted in the files: variants_number, and the rows of the two complex ones by their flags."""
    folder = exchange / "pgs_catalog"
    kinds = {path.name: dict(read_score(path).rows["kind"].value_counts()) for path in sorted(folder.iterdir())}
    assert kinds["PGS000001_hmPOS_GRCh37.txt"] == kinds["PGS000001.txt.gz"] == {"additive": 77}
    assert kinds["OPGS002493.txt.gz"] == {"additive": 23}
    assert kinds["complex_variants_PGS000021.txt"] == {"additive": 25, "diplotype": 5, "haplotype": 3}
    assert kinds["complex_variants_PGS004239.txt"] == {"additive": 5, "hla": 6, "haplotype": 3}
    harmonised = read_score(folder / "PGS000001_hmPOS_GRCh38.txt")
    assert (harmonised.id, harmonised.build, harmonised.trait) == ("PGS000001", "GRCh38", "Breast cancer")
    assert harmonised.rows.pos.iloc[0] == 69516650
    assert read_score(folder / "PGS000001.txt.gz").build is None


def test_the_worked_example(tmp_path):
    """0.2 x 1 - 0.1 x 0 (the other strand) + 0.3 x 1 = 0.5; without the third record 2 of 3 rows are matched."""
    found = score(vcf(tmp_path, *WORKED), scoring(tmp_path))
    row = found.scores.iloc[0]
    assert (row.patient_id, row.score_id, row["rows"], row.matched, row.coverage) == ("S1", "PGS9", 3, 3, 1.0)
    assert row.score == pytest.approx(0.5, abs=1e-12)
    assert row.score_avg == pytest.approx(0.5 / 6, abs=1e-12)
    assert found.matches.status.tolist() == ["matched", "flipped", "matched"]
    with pytest.raises(NotAnswerableError, match="2 of 3") as caught:
        score(vcf(tmp_path, *WORKED[:2]), scoring(tmp_path))
    assert caught.value.code == "score-overlap"
    assert score(vcf(tmp_path, *WORKED[:2]), scoring(tmp_path), min_overlap=0.5).scores.score.iloc[0] == pytest.approx(
        0.2
    )


def test_complementary_alleles_are_dropped_unless_kept(tmp_path):
    record, rows = ("1", "100", ".", "A", "T", "0/1"), "1\t100\tT\tA\t1\n"
    found = score(vcf(tmp_path, record), scoring(tmp_path, rows), min_overlap=0)
    assert found.matches.status.tolist() == ["ambiguous"]
    assert score(vcf(tmp_path, record), scoring(tmp_path, rows), ambiguous="keep").scores.score.iloc[0] == 1
    alone = scoring(tmp_path, "1\t100\tT\t\t1\n")
    assert score(vcf(tmp_path, record), alone, min_overlap=0).matches.status.tolist() == ["ambiguous"]


def test_alleles_that_fit_neither_strand_are_a_mismatch_and_a_second_record_may_match(tmp_path):
    rows = "1\t100\tA\tG\t1\n"
    other = ("1", "100", ".", "G", "GT", "1/1")
    assert score(vcf(tmp_path, other), scoring(tmp_path, rows), min_overlap=0).matches.status.tolist() == ["mismatch"]
    found = score(vcf(tmp_path, other, ("1", "100", ".", "G", "A,T", "1/2")), scoring(tmp_path, rows))
    assert (found.matches.status.tolist(), found.scores.score.tolist()) == (["matched"], [1])


def test_dominant_recessive_and_dosage_weights(tmp_path):
    columns = ("chr_name\tchr_position\teffect_allele\tother_allele\teffect_weight\tis_dominant\tis_recessive\t"
               "dosage_0_weight\tdosage_1_weight\tdosage_2_weight")  # fmt: skip
    rows = "1\t100\tA\tG\t1\tTRUE\tFalse\t\t\t\n1\t200\tA\tG\t10\t0\tyes\t\t\t\n1\t300\tA\tG\t\t\t\t100\t200\t400\n"
    path = scoring(tmp_path, rows, columns=columns)
    assert read_score(path).rows.kind.tolist() == ["dominant", "recessive", "dosage"]
    calls = [("0/0", "0/1", "1/1")] * 3
    records = [("1", pos, ".", "G", "A", *each) for pos, each in zip(("100", "200", "300"), calls, strict=True)]
    found = score(vcf(tmp_path, *records, samples=("a", "b", "c")), path)
    assert found.scores.score.tolist() == [100, 201, 411]


@pytest.mark.parametrize(
    ("impute", "expected", "imputed"), [("cohort", 2 / 3, 1), ("file", 0.5, 1), ("none", 0.0, 0), ("auto", 0.5, 1)]
)
def test_a_missing_call_is_the_mean_of_whom_is_asked_for(tmp_path, impute, expected, imputed):
    """p = 1/3 among three called samples (2 of 6 alleles), 0.25 in the file; twice that is the mean dosage."""
    columns = "chr_name\tchr_position\teffect_allele\tother_allele\teffect_weight\tallelefrequency_effect"
    path = scoring(tmp_path, "1\t100\tA\tG\t1\t0.25\n", columns=columns)
    calls = ("./.", "0/1", "0/1", "0/0")
    found = score(vcf(tmp_path, ("1", "100", ".", "G", "A", *calls), samples=("a", "b", "c", "d")), path, impute=impute)
    row = found.scores.iloc[0]
    assert row.score == pytest.approx(expected)
    assert (row.imputed, row.missing) == (imputed, 1 - imputed)


def test_haploid_calls_count_once_and_half_calls_are_missing(tmp_path):
    rows = "X\t100\tA\tG\t1\n"
    found = score(
        vcf(tmp_path, ("X", "100", ".", "G", "A", "1", "./1"), samples=("a", "b")),
        scoring(tmp_path, rows),
        impute="none",
    )
    assert found.scores.score.tolist() == [1, 0]
    assert found.scores.missing.tolist() == [0, 1]


def test_rows_without_place_are_found_by_rsid(tmp_path):
    path = scoring(tmp_path, "rs5\tA\tG\t1\n", columns="rsID\teffect_allele\tother_allele\teffect_weight")
    assert score(vcf(tmp_path, ("1", "100", "rs5", "G", "A", "1/1")), path).scores.score.tolist() == [2]


def test_unusual_rows_are_refused_or_named(tmp_path):
    path = scoring(tmp_path, ROWS + "6\t\tHLA-A*24\t\t0.4\n")
    with pytest.raises(InputError, match="hla 1") as caught:
        score(vcf(tmp_path, *WORKED), path)
    assert (caught.value.code, caught.value.exit_code) == ("score-unusual", 3)
    found = score(vcf(tmp_path, *WORKED), path, unusual="skip")
    assert found.scores.coverage.tolist() == [0.75]
    assert [each.code for each in found.findings] == ["score-rows-skipped"]


def test_a_score_on_another_assembly_is_refused_and_an_unknown_one_named(tmp_path):
    with pytest.raises(InputError) as caught:
        score(vcf(tmp_path, *WORKED), scoring(tmp_path, header="#genome_build=hg19\n"))
    assert caught.value.code == "assembly"
    found = score(vcf(tmp_path, *WORKED), scoring(tmp_path, header="#genome_build=NR\n"))
    assert [each.code for each in found.findings] == ["assembly-unknown"]


def test_ratios_and_ancestry_are_named(tmp_path):
    stated = read_score(scoring(tmp_path, header="#weight_type=OR\n#ancestry_gwas=European\t\t\n")).findings
    assert {(each.code, each.severity) for each in stated} == {("weight-type", "serious"), ("score-ancestry", "info")}
    assert read_score(scoring(tmp_path, header="#weight_type=log(OR)\n")).findings == []


@pytest.mark.parametrize(
    ("rows", "columns", "code"),
    [
        ("1\t100\tA\n", "chr_name\tchr_position\teffect_weight", "score-column"),
        ("1\t100\tA\n", "chr_name\tchr_position\teffect_allele", "score-column"),
        ("1\t100\tA\tG\tx\n", None, "score-weight"),
        ("1\t100\tA\tG\tinf\n", None, "score-weight"),
        ("1\t100\tA\tG\t\n", None, "score-weight"),
        ("1\t100\tA\tG\t1\n1\t100\tA\tT\t2\n", None, "score-row-twice"),
        ("1\t-5\tA\tG\t1\n", None, "score-file"),
        ("1\t5\tA\tG\t1\t7\n", None, "score-file"),
        ("", None, "score-file"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, rows, columns, code):
    with pytest.raises(InputError) as caught:
        read_score(scoring(tmp_path, rows, columns=columns))
    assert caught.value.code == code


def test_a_row_without_record_is_reference_where_the_sequence_says_so(tmp_path):
    import pysam

    fasta = tmp_path / "r.fa"
    fasta.write_text(">1\n" + "A" * 99 + "G" + "C" * 99 + "T" + "A" * 200 + "\n")
    pysam.faidx(str(fasta))
    rows = (
        "1\t100\tG\tA\t1\n1\t200\tC\tT\t10\n1\t300\tG\tC\t100\n1\t301\tT\tC\t1000\n"  # last: A is T on the other strand
    )
    path = vcf(tmp_path, ("1", "5", ".", "A", "C", "0/0"))
    found = score(path, scoring(tmp_path, rows), absent="reference", fasta=fasta, min_overlap=0)
    assert found.matches.status.tolist() == ["matched", "matched", "ambiguous", "flipped"]
    assert found.scores.score.tolist() == [2002]
    with pytest.raises(UsageError):
        score(path, scoring(tmp_path, rows), absent="reference")


@pytest.mark.parametrize(("cell", "called"), [("0/0:30", 2.0), ("0/0:5", None), ("./.:0", None), ("0/1:30", None)])
def test_a_block_of_low_quality_is_no_reference(tmp_path, cell, called):
    """As for features: the sequence fills a row only where no block says that the site was not called."""
    import pysam

    fasta = tmp_path / "r.fa"
    fasta.write_text(">1\n" + "A" * 99 + "G" + "C" * 99 + "T" + "A" * 200 + "\n")
    pysam.faidx(str(fasta))
    path = vcf(tmp_path, ("1", "90", ".", "A", "<NON_REF>", cell))
    text = path.read_text().replace("\tGT\t", "\tGT:GQ\t").replace("PASS\t.", "PASS\tEND=120")
    path.write_text(text)
    (row,) = score(
        path, scoring(tmp_path, "1\t100\tG\tA\t1\n"), absent="reference", fasta=fasta, min_overlap=0
    ).scores.itertuples()
    assert (row.score if not row.missing else None) == called


def test_a_file_of_sites_has_nobody_to_score(tmp_path):
    path = tmp_path / "f.vcf"
    path.write_text(HEAD.replace("\tFORMAT\t", "") + "\n1\t100\t.\tG\tA\t.\tPASS\t.\n")
    with pytest.raises(VariantFileError):
        score(path, scoring(tmp_path))


def test_the_index_gives_the_same_score(tmp_path):
    import pysam

    plain = score(vcf(tmp_path, *WORKED), scoring(tmp_path))
    packed = pysam.tabix_index(str(vcf(tmp_path, *WORKED)), preset="vcf", force=True, keep_original=True)
    indexed = score(packed, scoring(tmp_path))
    assert indexed.scores.equals(plain.scores)
    assert indexed.matches.equals(plain.matches)


def test_a_made_cohort_has_its_true_scores(tmp_path):
    """400 sites of 60 people, a fifth on the other strand; the truth is the sum of weights x copies, made before."""
    rng = np.random.default_rng(8)
    n, people = 400, 60
    pairs = [("A", "G"), ("C", "T"), ("A", "C"), ("G", "T")]
    flip = str.maketrans("ACGT", "TGCA")
    records, rows, truth = [], [], np.zeros(people)
    for site in range(n):
        effect, other = pairs[rng.integers(4)] if rng.random() < 0.5 else pairs[rng.integers(4)][::-1]
        copies, weight = rng.binomial(2, rng.uniform(0.05, 0.95), people), round(float(rng.normal()), 6)
        truth += weight * copies
        is_alt = rng.random() < 0.5
        ref, alt = (other, effect) if is_alt else (effect, other)
        if rng.random() < 0.2:
            ref, alt = ref.translate(flip), alt.translate(flip)
        calls = [("0/0", "0/1", "1/1")[each if is_alt else 2 - each] for each in copies]
        records.append(("1", str(1000 + site), ".", ref, alt, *calls))
        rows.append(f"1\t{1000 + site}\t{effect}\t{other}\t{weight}\n")
    path = vcf(tmp_path, *records, samples=[f"S{i}" for i in range(people)])
    found = score(path, scoring(tmp_path, "".join(rows)))
    np.testing.assert_allclose(found.scores.score, truth, atol=1e-9, rtol=0)
    assert (found.matches.status == "flipped").mean() == pytest.approx(0.2, abs=0.06)


def test_a_score_shows_itself_with_one_patient_marked(tmp_path):
    samples = [f"S{i}" for i in range(30)]
    calls = ["0/0", "0/1", "1/1"] * 10
    found = score(
        vcf(tmp_path, ("1", "100", ".", "G", "A", *calls), samples=samples), scoring(tmp_path, "1\t100\tA\tG\t1\n")
    )
    axes = found.plot("S2")
    assert "S2: 2, above 67% of 30 samples" in axes.get_title()
    with pytest.raises(UsageError):
        found.plot("nobody")


def test_the_command_writes_scores_and_matches(tmp_path):
    out, matches = tmp_path / "o.csv", tmp_path / "m.csv"
    words = ["interop", "score", str(vcf(tmp_path, *WORKED)), "--score", str(scoring(tmp_path)), "--quiet"]
    assert run([*words, "--out", str(out), "--matches", str(matches)]) == 0
    assert out.read_text().splitlines()[0] == (
        "patient_id,score_id,score,score_avg,rows,matched,imputed,missing,coverage,weight_coverage"
    )
    assert matches.read_text().splitlines()[0] == (
        "score_id,row,rsid,chrom,pos,effect_allele,other_allele,weight,kind,status,frequency,called"
    )
    assert run([*words, "--out", str(tmp_path / "one.csv"), "--matches", str(tmp_path / "one.csv")]) == 2
    assert not (tmp_path / "one.csv").exists()
    words[2] = str(vcf(tmp_path, *WORKED[:2]))
    assert run([*words, "--out", str(tmp_path / "no.csv")]) == 4
    assert not (tmp_path / "no.csv").exists()


def test_a_score_is_a_feature_of_a_panel(tmp_path):
    import genorx as gx

    scoring(tmp_path)
    panel = tmp_path / "panel.toml"
    panel.write_text('[[scores]]\nfile = "s.txt"\nimpute = "none"\n')
    calls = [("0/1", "./."), ("1/1", "./."), ("0/1", "0/1")]
    path = vcf(tmp_path, *[(*each[:5], *call) for each, call in zip(WORKED, calls, strict=True)], samples=("a", "b"))
    frame = gx.variant_features(path, panel)
    assert frame.columns.tolist() == ["pgs9"]
    assert frame.pgs9["a"] == pytest.approx(0.5)
    assert frame.isna().pgs9.tolist() == [False, True]  # of b two of three matched rows are missing
    panel.write_text('[[scores]]\nfile = "s.txt"\nimputed = "none"\n')
    with pytest.raises(InputError):
        gx.variant_features(path, panel)


@pytest.mark.parametrize(("change", "code"), [("0/0", "columns-few"), ("0/0\t0/1\t0/1", "columns-many")])
def test_a_record_at_no_row_of_the_score_with_other_columns_is_refused_with_its_line(tmp_path, change, code):
    """Its samples are not taken apart; lines 1 to 5 are the header."""
    path = vcf(tmp_path, *[(*each, "0/1") for each in WORKED], ("1", "900", ".", "C", "T", "0/0", "0/1"), samples="ab")
    path.write_text(path.read_text().replace("0/0\t0/1", change))
    with pytest.raises(VariantFileError) as error:
        score(path, scoring(tmp_path))
    assert (error.value.code, str(error.value.place)) == (code, "9")


def test_samples_of_a_file_whose_lines_end_in_a_tab_are_scored(tmp_path):
    """Without a change: 0.2 x 0 - 0.1 x 2 (the other strand) + 0.3 x 2 = 0.4."""
    path = vcf(tmp_path, *[(*each, "0/0") for each in WORKED], samples="ab")
    path.write_text(path.read_text().replace("0/0\n", "0/0\t\n"))
    found = score(path, scoring(tmp_path))
    assert found.scores.score.tolist() == pytest.approx([0.5, 0.4])
    assert "trailing-tab" in {each.code for each in found.findings}


def test_a_site_within_a_changed_stretch_is_not_reference(tmp_path):
    """The record at 99 writes the substitution at 100 with a base before it: no copy of G in the first person, two in
    the other.  A carried deletion, or a no-call, over the site leaves it unknown: 2 x 0.5 copies by the file.
    """
    import pysam

    fasta = tmp_path / "r.fa"
    fasta.write_text(">1\n" + "A" * 99 + "G" + "C" * 300 + "\n")
    pysam.faidx(str(fasta))
    columns = "chr_name\tchr_position\teffect_allele\tother_allele\teffect_weight\tallelefrequency_effect"
    rows = "1\t100\tG\tA\t1\t0.5\n"
    how = {"absent": "reference", "fasta": fasta, "min_overlap": 0}
    padded = ("1", "99", ".", "AG", "AA", "1/1", "0/0")
    found = score(vcf(tmp_path, padded, samples=("a", "b")), scoring(tmp_path, rows, columns=columns), **how)
    assert found.scores.score.tolist() == [0, 2]
    packed = str(tmp_path / "i.vcf.gz")
    pysam.tabix_compress(str(vcf(tmp_path, padded, samples=("a", "b"))), packed)
    pysam.tabix_index(packed, preset="vcf")
    assert score(packed, scoring(tmp_path, rows, columns=columns), **how).scores.score.tolist() == [0, 2]
    deleted = ("1", "90", ".", "A" * 12, "A", "./.", "0/1")
    found = score(vcf(tmp_path, deleted, samples=("a", "b")), scoring(tmp_path, rows, columns=columns), **how)
    assert found.scores.imputed.tolist() == [1, 1]
    before = ("1", "90", ".", "A" * 10, "A", "1/1", "0/1")  # ends at 99
    found = score(vcf(tmp_path, before, samples=("a", "b")), scoring(tmp_path, rows, columns=columns), **how)
    assert found.scores.score.tolist() == [2, 2]


def test_a_person_without_calls_is_named_and_has_no_feature(tmp_path):
    """Both rows of the second person are the mean of the first, which says nothing about the second."""
    import genorx as gx

    path = vcf(tmp_path, *[(*each[:5], "0/1", "./.") for each in WORKED], samples=("a", "b"))
    found = score(path, scoring(tmp_path), impute="cohort")
    assert [each.patient_id for each in found.findings if each.code == "score-calls-few"] == ["b"]
    assert found.scores.imputed.tolist() == [0, 3]
    panel = tmp_path / "panel.toml"
    panel.write_text('[[scores]]\nfile = "s.txt"\nimpute = "cohort"\n')
    assert gx.variant_features(path, panel).pgs9.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("weights", "stated", "ratios"),
    [
        ((0.8, 0.9, 1.1, 1.2, 1.4), "", True), ((1.02, 1.05, 1.1, 1.2, 1.3), "", True),
        ((0.8, 0.9, 1.1, 1.2, 1.4), "#weight_type=beta\n", False), ((0.02, 0.05, 0.1, 0.3, 0.9), "", False),
        ((-0.1, 0.9, 1.1, 1.2, 1.4), "", False), ((1, 1, 1, 1, 1), "", False), ((0.8, 0.9), "", False),
    ],
)  # fmt: skip
def test_weights_spread_around_one_look_like_ratios(tmp_path, weights, stated, ratios):
    rows = "".join(f"1\t{100 + place}\tG\tA\t{weight}\n" for place, weight in enumerate(weights))
    found = read_score(scoring(tmp_path, rows, header=f"#genome_build=GRCh38\n{stated}"))
    assert ("weight-type" in {each.code for each in found.findings}) == ratios


@pytest.mark.parametrize(
    ("rows", "code"),
    [("1\t9\tA\tG\t1\n1\t9\tG\tA\t-1\n", "score-row-twice"), ("1\t9\tA\tA\t1\n", "score-file"),
     ("1\t9\tA\tG\t1\n1\t9\tC\tG\t1\n", None)],
)  # fmt: skip
def test_a_variant_counts_once_whichever_allele_has_the_effect(tmp_path, rows, code):
    if code is None:
        assert len(read_score(scoring(tmp_path, rows)).rows) == 2
        return
    with pytest.raises(InputError) as caught:
        read_score(scoring(tmp_path, rows))
    assert caught.value.code == code
