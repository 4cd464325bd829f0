"""One change of one base in many notations, through every room that looks up a site.

CYP2C9*2, rs1799853, is C>T at 94942290 of chromosome 10 (GRCh38; PharmVar).  A padded record, with bases around the
change for others beside it, is the same change (Tan A et al. 2015, Bioinformatics 31:2202); expected values by hand.
"""

import gzip
import shutil

import pandas as pd
import pysam
import pytest

import genorx as gx
from genorx.published.inputs.genes import warfarin_sites

SITE = 94942290
HEAD = [
    "##fileformat=VCFv4.3",
    "##contig=<ID=chr10,length=133797422>",
    "##contig=<ID=chrX,length=156040895>",
    "##contig=<ID=chr7,length=159345973>",
]
COLUMNS = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT P1"


@pytest.fixture
def write(tmp_path):
    """Write records of one sample, by the words ``contig position-from-SITE REF ALT cell [FORMAT]``."""

    def run(*records):
        lines = []
        for each in records:
            contig, shift, ref, alt, cell, form = [*each.split(" "), "GT"][:6]
            lines.append(f"{contig} {SITE + int(shift)} . {ref} {alt} . PASS . {form} {cell}")
        path = tmp_path / "a.vcf"
        path.write_text("\n".join([*HEAD, *(line.replace(" ", "\t") for line in [COLUMNS, *lines])]) + "\n")
        return path

    return run


def by_features(path, contig="10"):
    """Dosage of T."""
    panel = path.with_name("panel.toml")
    panel.write_text(f'[[sites]]\nid = "s"\nchrom = "{contig}"\npos_GRCh38 = {SITE}\nref = "C"\nalt = "T"\n')
    value = gx.variant_features(path, panel)["s"].iloc[0]
    return None if pd.isna(value) else int(value)


def by_score(path, contig="10", effect="T", other="C"):
    """Copies of the effect allele; None where it is not known."""
    scoring = path.with_name("s.txt")
    head = ["#pgs_id=PGS1", "#pgs_name=x", "#genome_build=GRCh38"]
    names = ["chr_name", "chr_position", "effect_allele", "other_allele", "effect_weight"]
    scoring.write_text("\n".join([*head, "\t".join(names), f"{contig}\t{SITE}\t{effect}\t{other}\t1"]) + "\n")
    row = gx.interop.score(path, scoring, min_overlap=0, impute="none").scores.iloc[0]
    return int(row["score"]) if row["matched"] and not row["missing"] else None


def by_published(path):
    value = warfarin_sites(path)["rs1799853"].iloc[0]
    return None if pd.isna(value) else int(value)


def by_pgx(path):
    """Copies of *2, from the first diplotype."""
    found = gx.pgx.call(path)[0].to_dict()["genes"]["CYP2C9"]["diplotypes"]
    return found[0].split("/").count("*2") if found else None


#: What is written: copies of T by features, scores, published models and star alleles.
NOTATIONS = {
    "0 C T": "0/1",
    "-1 AC AT": "0/1",
    "0 CG TG": "0/1",
    "-1 ACG ATG": "0/1",
    "-2 GAC GAT,G": "0/1",
    "-1 AC AT,A": "0/1",
    "0 CG TG,C": "0/1",
    "0 CG C,TG": "0/2",
    "-1 AC GC,AT": "0/2",
}


@pytest.mark.parametrize("copies", [0, 1, 2])
@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_padded_record_is_the_same_change_in_every_room(write, notation, copies):
    changed = NOTATIONS[notation][-1]
    gt = ("0/0", f"0/{changed}", f"{changed}/{changed}")[copies]
    path = write(f"chr10 {notation} {gt}")
    assert [room(path) for room in (by_features, by_score, by_published, by_pgx)] == [copies] * 4
    assert by_score(path, effect="C", other="T") == 2 - copies
    assert by_score(path, effect="A", other="G") == copies  # the other strand


OTHERS = {
    # another allele of the record: copies of T, and of C
    "0 CG TG,C 0/2": ([0, 0, 0, 0], 2),  # the G behind is deleted
    "0 CG TG,C 1/2": ([1, 1, 1, 1], 1),
    "-1 AC AT,A 0/2": ([0, 0, None, None], 1),  # the C itself is deleted: none of the alleles that the models know
    "-1 AC AT,A 1/2": ([1, 1, None, None], 0),
    "0 CG TG,TA 0/2": ([None, None, None, None], None),  # a change of two bases, which holds that of the site
    "0 CG TA 0/1": ([None, None, None, None], None),
    "-1 AC A 0/1": ([None, None, None, None], None),
}


@pytest.mark.parametrize("record", OTHERS)
def test_other_alleles_of_a_record_mean_the_same_in_every_room(write, record):
    path = write(f"chr10 {record}")
    copies, of_reference = OTHERS[record]
    assert [room(path) for room in (by_features, by_score, by_published, by_pgx)] == copies
    assert by_score(path, effect="C", other="T") == of_reference


@pytest.mark.parametrize("gt", ["0", "1", "./1", "0/.", "."])
def test_one_allele_of_an_autosome_is_half_an_unknown_genotype_in_every_room(write, gt):
    path = write(f"chr10 0 C T {gt}")
    assert [room(path) for room in (by_features, by_score, by_published, by_pgx)] == [None] * 4


@pytest.mark.parametrize("copies", [0, 1])
def test_one_allele_of_the_x_chromosome_is_a_whole_call(write, copies):
    path = write(f"chrX 0 C T {copies}")
    assert [by_features(path, "X"), by_score(path, "X")] == [copies, copies]
    assert by_score(path, "X", effect="C", other="T") == 1 - copies


def test_an_index_finds_a_record_that_begins_before_its_site(write, tmp_path):
    """Only the regions of a score are read from an indexed file."""
    path = write("chr10 -90000 A G 0/1", "chr10 -2 GAC GAT 1/1", "chr10 90000 A G 0/1")
    packed = str(tmp_path / "a.vcf.gz")
    pysam.tabix_compress(str(path), packed)
    pysam.tabix_index(packed, preset="vcf")
    assert [room(tmp_path / "a.vcf.gz") for room in (by_features, by_score, by_published)] == [2, 2, 2]
    plain = tmp_path / "b.vcf.gz"
    with path.open("rb") as source, gzip.open(plain, "wb") as target:
        shutil.copyfileobj(source, target)
    assert by_score(plain) == 2


def test_a_deleted_base_behind_a_site_is_not_its_insertion(tmp_path):
    """CYP3A5*7 inserts an A behind T (chr7:99652770); ``TA>T`` deletes one, and its REF is not *7."""
    from genorx.published.inputs.genes import cyp3a5_genes

    def called(*record):
        others = ["chr7 99665212 . C T . PASS . GT 0/0", "chr7 99672916 . T C . PASS . GT 0/0"]
        lines = [*HEAD, *(line.replace(" ", "\t") for line in [COLUMNS, f"chr7 {record[0]} . PASS . GT 0/1", *others])]
        (tmp_path / "a.vcf").write_text("\n".join(lines) + "\n")
        return cyp3a5_genes(tmp_path / "a.vcf")["cyp3a5"].iloc[0]

    assert [called(each) for each in ("99652770 . T TA", "99652770 . TG TAG", "99652769 . CT CTA")] == ["*1/*7"] * 3
    assert called("99652770 . TA T") is None


BLOCKS = {
    # a record of the reference alone, with its quality: copies of T by features, scores, published models, star alleles
    "0 C <NON_REF> 0/0:30": [0, 0, 0, 0],
    "0 C . 0/0:30": [0, 0, 0, 0],
    "0 C <NON_REF> 0/0:5": [None, None, None, None],
    "0 C <NON_REF> ./.:0": [None, None, None, None],
    "0 C <NON_REF> 0/1:30": [None, None, None, None],
}


@pytest.mark.parametrize("record", BLOCKS)
def test_a_record_of_the_reference_alone_means_the_same_in_every_room(write, record):
    path = write(f"chr10 {record} GT:GQ")
    assert [room(path) for room in (by_features, by_score, by_published, by_pgx)] == BLOCKS[record]
    copies = BLOCKS[record][1]
    assert by_score(path, effect="C", other="T") == (None if copies is None else 2)
    assert by_score(path, effect="A", other="G") == copies
