"""The embedded study as files: what is read back is what was made, faults included."""

import filecmp

import numpy as np
import pandas as pd
import pytest

from genorx import pgx
from genorx.cohort import Study
from genorx.datasets import _loci as loci
from genorx.datasets import load_demo_truth, write_demo
from genorx.errors import shown
from genorx.features import variant_features
from genorx.variants import read_genotypes


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("demo"), seed=0)


@pytest.fixture(scope="module")
def cohort(demo):
    return Study.read(demo.study).load()


def test_same_seed_writes_the_same_bytes(demo, tmp_path):
    """Determinism, index and compressed file included; another seed gives other patients."""
    write_demo(tmp_path / "again", seed=0)
    names = [path.relative_to(demo.study.parent) for path in demo.study.parent.rglob("*") if path.is_file()]
    assert len(names) == 19
    same, different, errors = filecmp.cmpfiles(demo.study.parent, tmp_path / "again", map(str, names), shallow=False)
    assert (len(same), different, errors) == (19, [], [])
    other = write_demo(tmp_path / "other", seed=1)
    assert other.truth.read_bytes() != demo.truth.read_bytes()


def test_cohort_has_the_patients_options_and_outcomes_that_were_written(cohort):
    """800 patients; three options; survival and a toxicity, of which about 4 % are not known."""
    assert len(cohort.patients) == 800
    assert cohort.design.options == ("chemotherapy", "combination", "targeted")
    assert cohort.design.reference == "chemotherapy"
    assert len(cohort.outcomes["os"].frame) == 800
    assert 0.02 < 1.0 - len(cohort.outcomes["severe_toxicity"].frame) / 800 < 0.06
    assert (cohort.primary, cohort.horizon) == ("os", 36.0)


def test_nobody_above_75_had_the_combination(cohort):
    """The documented hole in the support."""
    age = cohort.features.loc[cohort.design.treatment.index, "age_years"].astype(float)
    assert age[cohort.design.treatment == "combination"].max() <= 75.0
    assert (age > 76.0).sum() > 50


def test_genes_read_from_the_vcf_are_right_or_missing_never_wrong(demo):
    """By hand from the file: a gene is 1 where an accepted non-silent call carries its change."""
    table = variant_features(demo.study.parent / "variants.vcf.gz", demo.study.parent / "panel.toml")
    silent = {each.pos for each in loci.SILENT_LOCI}
    matrix = read_genotypes(demo.study.parent / "variants.vcf.gz")
    genes = {each.pos: each.gene for each in (*loci.TUMOUR_LOCI, loci.GENE_DELETION)}
    expected = pd.DataFrame(0, index=table.index, columns=[g for g in table.columns if g in loci.GENE_SHARES])
    calls = pd.DataFrame(matrix.dosage, columns=matrix.samples).set_index(matrix.variants["pos"].to_numpy())
    for pos, row in calls.iterrows():
        if pos in genes and pos not in silent and pos != loci.FILTERED_LOCUS.pos:
            expected.loc[row.index[row > 0], genes[pos]] = 1
    found = table[expected.columns]
    known = found.notna()
    assert (found.fillna(-1)[known].to_numpy(float) == expected[known].to_numpy(float))[known.to_numpy()].all()
    assert (expected[~known].fillna(0) == 0).all().all()
    assert 0 < (~known).to_numpy().mean() < 0.1
    assert found.mean()["TP53"] == pytest.approx(0.45, abs=0.06)


def test_filtered_and_silent_records_make_no_mutation(demo):
    """43 calls of KRAS Q61H stand in a record that did not pass: among them are patients whose KRAS is 0."""
    import pysam

    table = variant_features(demo.study.parent / "variants.vcf.gz", "genes")
    with pysam.VariantFile(str(demo.study.parent / "variants.vcf.gz")) as file:
        record = next(each for each in file if each.pos == loci.FILTERED_LOCUS.pos)
        carriers = [name for name, call in record.samples.items() if 1 in call["GT"]]
    assert list(record.filter) == ["weak_evidence"]
    assert (table.loc[carriers, "KRAS"] == 0).sum() > 10


def test_imperfections_are_found_by_the_audit(demo):
    """The contradiction planted in the lifestyle table, the no-calls and the filtered record."""
    audit = Study.read(demo.study).audit()
    codes = {finding.code for finding in audit.findings}
    assert audit.ok
    assert {"smoking-contradiction", "no-calls", "records-filtered"} <= codes
    alcohol = audit.columns.set_index("column").loc["alcohol_g_per_day"]
    assert alcohol["lower"] == 0  # the code -9 is missing, not a number
    assert alcohol["missing"] >= 20


def test_three_patients_are_apart_from_the_study_and_have_a_truth(demo, cohort):
    """Ids differ; truth has one row a patient and option for all 803."""
    patients = Study.read(demo.patients).load(outcomes=False, schema=cohort.specs)
    assert len(patients.patients) == 3
    assert not set(patients.patients) & set(cohort.patients)
    truth = load_demo_truth(demo.truth)
    assert len(truth) == 3 * 803
    assert set(patients.patients) <= set(truth["patient_id"])
    reference = truth[truth["option"] == "chemotherapy"]
    assert np.allclose(reference[["delta_rmst", "delta_survival", "delta_severe_toxicity"]], 0.0)


def test_germline_file_and_panel_tell_the_same_people(demo):
    """By hand from the panel's file: a copy of rs3918290, rs4148323, rs4244285 or rs4149056 is *2A, *6, *2, *5."""
    reports = {report.sample: report for report in pgx.call(demo.germline)}
    matrix = read_genotypes(demo.study.parent / "patients" / "variants.vcf.gz")
    assert list(reports) == list(matrix.samples)
    carried = pd.DataFrame(matrix.dosage, columns=matrix.samples).set_index(matrix.variants["pos"].to_numpy())
    alleles = {"DPYD": "c.1905+1G>A (*2A)", "UGT1A1": "*6", "CYP2C19": "*2", "SLCO1B1": "*5"}
    seen = 0
    for site in loci.GERMLINE_SITES:
        for sample, report in reports.items():
            called = report.genes[site.gene].call.diplotypes[0]
            assert called.count(alleles[site.gene]) == carried.loc[site.pos, sample], (site.gene, sample)
            seen += int(carried.loc[site.pos, sample])
    assert seen >= 3


def test_tumour_file_holds_the_panel_without_its_germline_sites(demo):
    panel = read_genotypes(demo.study.parent / "patients" / "variants.vcf.gz")
    tumours = read_genotypes(demo.tumours)
    sites = {each.pos for each in loci.GERMLINE_SITES}
    kept = ~panel.variants["pos"].isin(sites).to_numpy()
    assert (~kept).sum() == 4
    assert tumours.samples == panel.samples
    assert (tumours.dosage == panel.dosage[kept]).all()


def test_truth_is_not_a_feature(cohort):
    """Nothing of truth.csv is read by the study."""
    assert not [name for name in cohort.features.columns if "rmst" in name or "truth" in shown(name)]


@pytest.mark.parametrize("locus", [*loci.TUMOUR_LOCI, *loci.GERMLINE_SITES, *loci.SILENT_LOCI], ids=lambda e: e.change)
def test_loci_lie_on_their_chromosome_and_change_something(locus):
    """Lengths of GRCh38 chromosomes; alleles are bases."""
    assert 1 <= locus.pos <= loci.CONTIGS[locus.chrom]
    assert set(locus.ref + locus.alt) <= set("ACGT")
    assert locus.ref != locus.alt


def test_pharmacogene_sites_are_those_of_pharmcat(shared):
    """PharmCAT's positions file: chromosome, position, alleles by rs number."""
    table = {}
    for line in (shared / "data/pharmcat/positions/pharmcat_positions.vcf").read_text().splitlines():
        if not line.startswith("#"):
            chrom, pos, rs, ref, alt = line.split("\t")[:5]
            table[rs] = (chrom, int(pos), ref, alt.split(",")[0])
    for site in loci.GERMLINE_SITES:
        assert table[site.change] == (site.chrom, site.pos, site.ref, site.alt)


def test_hotspots_agree_with_the_leukaemia_file_where_it_has_them(aml):
    """The AML knowledge bank is on GRCh37: positions differ by the shift of the assembly, alleles must not."""
    import pysam

    grch37 = {
        "Q61K": ("1", 115256530),
        "R132H": ("2", 209113112),
        "R132C": ("2", 209113113),
        "V600E": ("7", 140453136),
        "R175H": ("17", 7578406),
        "R248Q": ("17", 7577538),
        "R140Q": ("15", 90631934),
        "D816V": ("4", 55599321),
    }
    with pysam.VariantFile(str(aml / "cohort.vcf.gz")) as file:
        for change, (chrom, pos) in grch37.items():
            locus = next(each for each in loci.TUMOUR_LOCI if each.change == change)
            alleles = {
                (each.ref, alt) for each in file.fetch(chrom, pos - 1, pos) for alt in each.alts if each.pos == pos
            }
            assert (locus.ref, locus.alt) in alleles, change
