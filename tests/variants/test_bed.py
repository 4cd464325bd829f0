"""One BED file of genes, through the three readers of intervals: regions, a gene table, and genes of segments."""

import pytest

from genorx.errors import GenorxError
from genorx.features.regions import GeneRegions
from genorx.oncology import read_alterations
from genorx.variants.region import read_regions


def by_regions(path):
    return {(each.contig, each.start - 1, each.end) for each in read_regions(path)}


def by_gene_table(path):
    table = GeneRegions.read(path)
    return table.genes, table.touching("1", 99, 101), table.touching("chr1", 200, 300)


def by_segments(path):
    segments = path.with_name("s.seg")
    segments.write_text("chrom\tstart\tend\ttotal\n1\t1\t1000\t12\n")
    return {fact.atom.gene for fact in read_alterations(segments, genes=path)}


ROOMS = (by_regions, by_gene_table, by_segments)


def test_a_file_means_the_same_to_every_reader(tmp_path):
    """0-based, half-open; comments, track lines and blank lines are none; ``chr`` is optional."""
    path = tmp_path / "a.bed"
    path.write_text("track name=x\n#c\n  \nchr1\t100\t200\tONE\n2\t5\t9\tTWO\t0\t+\n")
    assert by_regions(path) == {("1", 100, 200), ("2", 5, 9)}
    assert by_gene_table(path) == ({"ONE", "TWO"}, {"ONE"}, set())
    assert by_segments(path) == {"ONE"}


@pytest.mark.parametrize(
    "line",
    ["chr1\t200\t100\tONE", "chr1\t100\t100\tONE", "chr1\t-1\t100\tONE", "chr1\t1e3\t2000\tONE", "chr1 1 100 ONE",
     "\t1\t100\tONE", "chr1\t１\t100\tONE", "chr1\t1\t99999999999\tONE"],
)  # fmt: skip
@pytest.mark.parametrize("room", ROOMS)
def test_what_is_no_interval_is_refused_by_every_reader_with_its_line(room, line, tmp_path):
    path = tmp_path / "a.bed"
    path.write_text(f"chr1\t1\t5\tZERO\n{line}\n", encoding="utf-8")
    with pytest.raises(GenorxError) as caught:
        room(path)
    assert "2" in str(caught.value.place)


@pytest.mark.parametrize("room", ROOMS[1:])
def test_a_gene_without_a_name_is_refused(room, tmp_path):
    path = tmp_path / "a.bed"
    path.write_text("chr1\t1\t5\t \n")
    with pytest.raises(GenorxError):
        room(path)
