"""Features of cohorts of which many cells are read at a time, against those of records read one by one."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genorx as gx
from genorx.errors import VariantFileError
from genorx.features import files
from genorx.features.panel import Panel, Site
from genorx.features.regions import GeneRegions
from genorx.variants.cells import UnreadCellsError

pytestmark = pytest.mark.usefixtures("both_ways")

CELLS = {
    "GT": ["0/0", "0/1", "1|1", "./.", "./1", "1", "0/0/1", ".|1", "0/."],
    "GT:DP": ["0/0:9", "0/1:0", "1/1:8", "./.", "0|1", "1:3"],
    "GT:FT": ["0/1:PASS", "1/1:q10", "0/0:.", "./1:PASS"],
    "DP:GT": ["9:0/1", "0:1/1", "4:./1"],
}
SAID = ["C|missense_variant|x|A||1", "C|stop_gained|x|B||1", "C|synonymous_variant|x|A||1", "T|intron_variant|x|A||2"]
SITE = Site(id="s1", chrom="chr1", ref="A", alt="C", positions={"GRCh38": 105})
PANELS = [Panel(genes=("A", "B")), Panel(genes=("A",), sites=(SITE,)), Panel(all_sites=True)]


@st.composite
def record(draw, position, samples):
    form = draw(st.sampled_from(sorted(CELLS)))
    cells = [draw(st.sampled_from(CELLS[form])) for _ in range(samples)]
    alt, ref = draw(st.sampled_from(["C", "C", "C,T", "<NON_REF>", ".", "C,<NON_REF>"])), "A"
    said = draw(st.lists(st.sampled_from(SAID), max_size=3))
    info = f"CSQ={','.join(said)}" if said else "DP=3"
    flt = draw(st.sampled_from(["PASS", "PASS", "q10"]))
    return f"chr1 {position} . {ref} {alt} . {flt} {info} {form} {' '.join(cells)}"


def facts(tally):
    assert tally is not None
    sites = {key: (cells.name, cells.dosage.tolist(), cells.beside.tolist()) for key, cells in tally.sites.items()}
    sketch = tally.identity.sketch
    return (
        tally.samples, tally.genes, sites, tally.changes.tolist(), tally.looked.tolist(), tally.no_calls.tolist(),
        tally.any_gene_looked.tolist(), tally.counts, tally.findings, tally.assembly, tally.identity.sexes,
        sketch.keys.tolist(), sketch.dosage.tolist(),
    )  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_cells_read_together_make_the_features_of_records_read_one_by_one(write_vcf, data):
    samples = data.draw(st.integers(2, 4))
    positions = sorted(data.draw(st.lists(st.integers(100, 110), max_size=8)))
    path = write_vcf([data.draw(record(position, samples)) for position in positions], list("abcd")[:samples])
    table = path.with_name("genes.tsv")
    table.write_text("chr1\t99\t106\tR\n")
    regions = data.draw(st.sampled_from([None, GeneRegions.read(table)]))
    chosen = data.draw(st.sampled_from([None, ["b", "a"], ["a", "b"]]))
    asked = files._Request(path, data.draw(st.sampled_from(PANELS)), regions, ("PASS", "."), None, chosen, None, True)
    try:
        expected = facts(files._by_rows(asked))
    except VariantFileError:
        with pytest.raises((VariantFileError, UnreadCellsError)):
            files._by_cells(asked)
    else:
        assert facts(files._by_cells(asked)) == expected


def test_the_first_samples_of_a_file_have_the_features_that_they_have_among_all(write_vcf):
    """The columns of all samples were taken where the first ones were asked for."""
    said = "CSQ=C|missense_variant|x|A||"
    path = write_vcf(
        [f"chr1 100 . A C . PASS {said} GT 0/1 0/0 1/1", f"chr1 200 . A C . PASS {said} GT 0/0 ./. 0/0"], list("abc")
    )
    whole = gx.variant_features(path, "genes")
    assert gx.variant_features(path, "genes", samples=["a", "b"]).equals(whole.iloc[:2])
    tally = files._by_rows(files._Request(path, Panel(genes=("A",)), None, ("PASS", "."), None, ["a", "b"], None))
    assert {gene: list(cell) for gene, cell in tally.genes.items()} == {"A": [17, 3]}  # missense; looked at, a no-call


def test_a_fault_is_told_as_where_records_are_read_one_by_one(write_vcf):
    rows = ["chr1 100 . A C . PASS CSQ=C|missense_variant|x|A|| GT 0/1 0/0", "chr1 200 . A C . PASS DP=3 GT 0/1 0/2"]
    with pytest.raises(VariantFileError) as error:
        gx.variant_features(write_vcf(rows, list("ab")), "genes")
    assert (error.value.code, error.value.place) == ("genotype-without-alt", "chr1:200 sample b")
