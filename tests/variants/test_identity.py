"""Sex chromosomes and alike samples of germline files; genotypes simulated, so the truth is known."""

import numpy as np
import pytest

from genorx.features import features_of_files
from genorx.features.files import tally_file
from genorx.features.panel import Panel
from genorx.variants.alike import samples_alike
from genorx.variants.assembly import LENGTHS
from genorx.variants.sex_chromosomes import SexCalls

X_SITES = [3_000_000 + 1_000_000 * place for place in range(80)]  # before the X-transposed region, GRCh38
Y_SITES = [3_000_000 + 200_000 * place for place in range(20)]
WOMAN = ["0/1", "0/1", "1/1", "0/0"]


def head(assembly="GRCh38"):
    contigs = [f"##contig=<ID=chr{name},length={length}>" for name, length in LENGTHS[assembly].items()]
    gt = '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">'
    csq = '##INFO=<ID=CSQ,Number=.,Type=String,Description="VEP. Format: Allele|Consequence|IMPACT|SYMBOL">'
    return ["##fileformat=VCFv4.3", *contigs, '##FILTER=<ID=q10,Description="low">', gt, csq]


def record(contig, position, *calls, filter_="PASS", ref="A", alt="G"):
    return f"chr{contig} {position} . {ref} {alt} 50 {filter_} . GT {' '.join(calls)}"


def sexes(write_vcf, rows, samples=("S1",), **more):
    path = write_vcf(rows, samples, head=head(more.pop("assembly", "GRCh38")))
    return features_of_files([path], "sites", origin=more.pop("origin", "germline")).sexes


def test_a_sample_with_two_heterozygous_x_in_four_has_two(write_vcf):
    """Of 80 sites of X, 40 are heterozygous and 20 homozygous by hand; Y is looked at and not called."""
    rows = [record("X", position, WOMAN[number % 4]) for number, position in enumerate(X_SITES)]
    calls = sexes(write_vcf, [*rows, *(record("Y", position, "./.") for position in Y_SITES)])["S1"]
    assert (calls.heterozygous, calls.carried, calls.known) == (40, 60, 80)
    assert (calls.x_copies, calls.y) == ("two", "not called")


@pytest.mark.parametrize("call", ["1", "1/1"])
def test_a_man_has_one_x_however_his_calls_are_written(write_vcf, call):
    rows = [
        record("X", position, call if number % 3 else call.replace("1", "0")) for number, position in enumerate(X_SITES)
    ]
    calls = sexes(write_vcf, [*rows, *(record("Y", position, call) for position in Y_SITES)])["S1"]
    assert (calls.x_copies, calls.y) == ("one", "called")


@pytest.mark.parametrize(
    ("assembly", "chrom", "position", "counts"),
    [
        ("GRCh37", "X", 2_699_520, False),
        ("GRCh37", "X", 2_699_521, True),
        ("GRCh37", "X", 88_395_845, False),
        ("GRCh37", "X", 154_931_043, True),
        ("GRCh37", "X", 154_931_044, False),
        ("GRCh38", "X", 2_781_479, False),
        ("GRCh38", "X", 2_781_480, True),
        ("GRCh38", "X", 93_328_068, False),
        ("GRCh38", "X", 93_328_069, True),
        ("GRCh38", "X", 155_701_383, False),
        ("GRCh38", "Y", 2_781_479, False),
        ("GRCh37", "Y", 2_649_520, False),
        ("GRCh37", "Y", 2_649_521, True),
        ("GRCh38", "Y", 56_887_903, False),
    ],
)
def test_what_both_chromosomes_share_tells_nothing(write_vcf, assembly, chrom, position, counts):
    """Ends of the pseudoautosomal regions by the Genome Reference Consortium, of the X-transposed by DXS1217, DXS3."""
    calls = sexes(write_vcf, [record(chrom, position, "0/1")], assembly=assembly)["S1"]
    assert (calls.heterozygous if chrom == "X" else calls.y_heterozygous) == counts


def test_filtered_records_unknown_calls_and_triploid_ones_are_not_counted(write_vcf):
    rows = [
        record("X", 5_000_000, "0/1", filter_="q10"),
        record("X", 6_000_000, "./1"),
        record("X", 7_000_000, "0/0/1"),
    ]
    assert sexes(write_vcf, rows)["S1"].known == 0


def test_somatic_files_tell_no_sex(write_vcf):
    """Mutations of a man's tumour are heterozygous on his one X."""
    assert sexes(write_vcf, [record("X", position, "0/1") for position in X_SITES], origin="somatic") == {}


def made(heterozygous, homozygous, places=50):
    return SexCalls(
        heterozygous=heterozygous,
        homozygous=homozygous,
        haploid=0,
        haploid_changed=0,
        known=heterozygous + homozygous,
        places=places,
        y_records=0,
        y_called=0,
        y_heterozygous=0,
    )


@pytest.mark.parametrize(
    ("heterozygous", "homozygous", "places", "copies"),
    [
        (19, 0, 19, "unknown"),  # fewer than 20 changes
        (20, 0, 20, "two"),
        (0, 25, 25, "one"),
        (0, 24, 24, "unknown"),  # 0.75 ** 24 = 0.001003
        (0, 200, 3, "unknown"),  # one stretch of X, which a woman may have twice
        (20, 80, 50, "between"),
        (5, 195, 50, "one"),
        (60, 140, 50, "two"),
    ],
)
def test_the_verdict_follows_the_numbers(heterozygous, homozygous, places, copies):
    """By hand from the binomial distribution: 15 % of errors on one X, 25 % heterozygous at least on two."""
    assert made(heterozygous, homozygous, places).x_copies == copies


def frequencies(rng, n):
    return 0.05 + 0.9 * rng.beta(0.6, 1.4, n)  # few common alleles, many rare


@pytest.mark.parametrize("n_sites", [30, 100, 500])
@pytest.mark.parametrize("error", [0.0, 0.02, 0.08])
def test_no_man_and_no_woman_is_taken_for_the_other(n_sites, error):
    """1,000 of each, made from allele frequencies; errors change heterozygous into homozygous and back."""
    rng = np.random.default_rng(n_sites)
    for _ in range(1000):
        share = frequencies(rng, n_sites)
        one, two = rng.random((2, n_sites)) < share
        wrong = rng.random(n_sites) < error
        man = made(int((one & wrong).sum()), int((one & ~wrong).sum()))
        woman = made(
            int(((one != two) ^ (wrong & (one | two))).sum()), int(((one & two) ^ (wrong & (one | two))).sum())
        )
        assert man.x_copies != "two"
        assert woman.x_copies != "one"


def people(rng, n_people, n_sites, *, gap=3_000_000):
    """Dosages of unrelated people at sites far apart, and the places."""
    share = frequencies(rng, n_sites)
    dosage = rng.binomial(2, share[:, None], (n_sites, n_people))
    places = [(1 + (number * gap) // 100_000_000, 1 + (number * gap) % 100_000_000) for number in range(n_sites)]
    return dosage, places


def rows_of(dosage, places):
    text = np.array(["0/0", "0/1", "1/1"])
    return [record(chrom, place, *text[calls]) for (chrom, place), calls in zip(places, dosage, strict=True)]


def alike(write_vcf, dosage, places):
    samples = [f"S{number}" for number in range(dosage.shape[1])]
    path = write_vcf(rows_of(dosage, places), samples, head=head())
    found = features_of_files([path], "sites", origin="germline").findings
    return {each.patient_id: each for each in found if each.code == "samples-alike"}


def test_one_person_twice_is_named_in_both_samples(write_vcf):
    """Twenty people at 300 sites, the last a copy of the first with one genotype in fifty changed."""
    rng = np.random.default_rng(3)
    dosage, places = people(rng, 20, 300)
    dosage[:, 19] = np.where(rng.random(300) < 0.02, (dosage[:, 0] + 1) % 3, dosage[:, 0])
    found = alike(write_vcf, dosage, places)
    assert set(found) == {"S0", "S19"}
    assert found["S0"].severity == "serious"
    assert '"S19"' in found["S0"].message


def test_brothers_and_sisters_are_not_alike(write_vcf):
    """Ten families: parents drawn, two children of each by Mendel's law."""
    rng = np.random.default_rng(4)
    share = frequencies(rng, 300)
    haplotypes = rng.random((10, 4, 300)) < share
    children = [
        haplotypes[family, rng.integers(0, 2, 300), np.arange(300)].astype(int)
        + haplotypes[family, 2 + rng.integers(0, 2, 300), np.arange(300)]
        for family in range(10)
        for _ in range(2)
    ]
    _, places = people(rng, 1, 300)
    assert alike(write_vcf, np.stack(children, axis=1), places) == {}


def test_a_few_sites_or_sites_side_by_side_prove_nothing(write_vcf):
    """40 places are too few; 300 sites in two megabases are inherited together, and count as two."""
    rng = np.random.default_rng(5)
    for n_sites, gap in ((40, 3_000_000), (300, 6_000)):
        dosage, places = people(rng, 6, n_sites, gap=gap)
        dosage[:, 5] = dosage[:, 0]
        assert alike(write_vcf, dosage, places) == {}


def test_copies_are_found_across_files_that_name_only_changes(write_vcf):
    """A file a patient without records of the reference, as single samples are mostly called."""
    rng = np.random.default_rng(6)
    dosage, places = people(rng, 8, 400)
    dosage[:, 7] = dosage[:, 2]
    files = []
    for number in range(8):
        rows = [row for row, call in zip(rows_of(dosage[:, [number]], places), dosage[:, number], strict=True) if call]
        files.append(write_vcf(rows, [f"S{number}"], name=f"{number}.vcf", head=head()))
    found = features_of_files(files, "sites", origin="germline").findings
    assert {each.patient_id for each in found if each.code == "samples-alike"} == {"S2", "S7"}


def test_tables_and_rows_tell_the_same(write_vcf, monkeypatch):
    """A file of one sample is read by tables of lines where that can be; the sketch must not depend on it."""
    rng = np.random.default_rng(7)
    dosage, places = people(rng, 1, 500)
    rows = [*rows_of(dosage, places), *(record("X", position, "0/1") for position in X_SITES)]
    rows = [row.replace(" . GT", " CSQ=G|missense_variant|MODERATE|TP53 GT") for row in rows]
    path = write_vcf(rows, head=head())
    by_tables = tally_file(path, Panel.of("genes"), None, filters=None, assembly=None, identify=True).identity
    monkeypatch.setattr("genorx.features.files._by_tables", lambda _: None)
    by_rows = tally_file(path, Panel.of("genes"), None, filters=None, assembly=None, identify=True).identity
    assert by_tables.sexes == by_rows.sexes
    assert by_tables.sketch.keys.tolist() == by_rows.sketch.keys.tolist()
    assert by_tables.sketch.dosage.tolist() == by_rows.sketch.dosage.tolist()
    assert len(by_tables.sketch.keys) == 500


def test_a_sketch_of_few_changes_finds_copies_too(write_vcf, monkeypatch):
    """With room for 120 of a person's 200 to 300 changes, which are other changes in each file, but by one rule."""
    monkeypatch.setattr("genorx.variants.alike._KEPT", 120)
    rng = np.random.default_rng(8)
    dosage, places = people(rng, 8, 480)
    dosage[:, 7] = dosage[:, 0]
    tallies = []
    for number in range(8):
        rows = [row for row, call in zip(rows_of(dosage[:, [number]], places), dosage[:, number], strict=True) if call]
        path = write_vcf(rows, [f"S{number}"], name=f"{number}.vcf", head=head())
        tallies.append(tally_file(path, Panel.of("sites"), None, filters=None, assembly=None, identify=True))
    sketches = [tally.identity.sketch for tally in tallies]
    assert all(len(sketch.keys) == 120 < 2**64 - sketch.largest for sketch in sketches)
    assert {each.patient_id for each in samples_alike(sketches)} == {"S0", "S7"}
    assert samples_alike([]) == ()
