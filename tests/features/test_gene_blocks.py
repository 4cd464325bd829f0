"""Genes of a cohort a block of records at a time: the cells and counts of records that are read one by one."""

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genorx.features import files, gene_blocks
from genorx.features.genes import NO_CALL
from genorx.features.panel import Panel
from genorx.features.regions import GeneRegions
from genorx.variants import records
from genorx.variants.allele import is_change

pytestmark = pytest.mark.usefixtures("both_ways")

ALTS = ["C", "C", "C,T", "C,<*>", "*,C", "C,T,G", "C,T,G,CA", "C,T,G,CA,<NON_REF>", "<NON_REF>", "."]
TERMS = [
    "missense_variant", "stop_gained", "synonymous_variant", "upstream_gene_variant", "splice_donor_variant",
    "inframe_deletion", "stop_lost&splice_region_variant",
]  # fmt: skip
NAMES = [*"CTG", "CA", "A", "TTT"]  # the last is that of no allele
FORMS = {"GT": [""], "GT:DP": ["", ":7", ":0"], "GT:FT": [":PASS", ":low"]}


def row(rng, position, samples):
    """A record of any kind."""
    alts, form = rng.choice(ALTS), rng.choice(list(FORMS))
    top = 0 if alts == "." else alts.count(",") + 1
    marks = ["0", "0", ".", *map(str, range(top + 1))]
    cells = [
        rng.choice("/|").join(rng.choices(marks, k=rng.choice([1, 2, 2, 2, 3]))) + rng.choice(FORMS[form])
        for _ in range(samples)
    ]
    names = [*NAMES, *([alt for alt in alts.split(",") if is_change(alt)] * 3)]
    number = rng.choice(["", "", "1"])  # of the allele
    entries = [
        [rng.choice(names), rng.choice(TERMS), "M", rng.choice("PQR"), "E", number]
        for _ in range(rng.choice([0, 1, 2, 4]))
    ]
    said = ",".join(map("|".join, entries))
    fixed = f"chr1 {position} . A {alts} . {rng.choice(['PASS', 'PASS', 'low'])} {f'CSQ={said}' if said else 'DP=1'}"
    return f"{fixed} {form} {' '.join(cells)}"


def facts(tally):
    return (
        tally.genes, tally.changes.tolist(), tally.looked.tolist(), tally.no_calls.tolist(),
        tally.any_gene_looked.tolist(), tally.counts, tally.findings,
    )  # fmt: skip


def asked(path, regions=None):
    return files._Request(path, Panel(genes=("P",)), regions, ("PASS", "."), None, None, None)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), records=st.integers(0, 12), samples=st.integers(2, 5), placed=st.booleans())
def test_blocks_make_the_cells_and_counts_of_records_read_one_by_one(write_vcf, seed, records, samples, placed):
    rng = random.Random(seed)
    rows = [row(rng, position, samples) for position in range(100, 100 + records)]
    path = write_vcf(rows, list("abcde")[:samples])
    table = path.with_name("genes.tsv")
    table.write_text("chr1\t103\t106\tS\n")
    regions = GeneRegions.read(table) if placed else None
    assert facts(files._by_cells(asked(path, regions))) == facts(files._by_rows(asked(path, regions)))


def test_records_that_fit_are_not_taken_one_by_one(write_vcf, monkeypatch):
    said = "CSQ=C|missense_variant|M|P|E|1,T|stop_gained|M|Q|E|2"
    path = write_vcf([f"chr1 {place} . A C,T . PASS {said} GT 0/1 1/2 ./2" for place in (100, 101)], list("abc"))
    monkeypatch.delattr(gene_blocks.GeneTally, "take_accepted")
    tally = files._by_cells(asked(path))
    missense, truncating, looked = 16, 8, 1
    assert list(tally.genes["P"]) == [looked | missense, looked | missense, NO_CALL]
    assert list(tally.genes["Q"]) == [looked, looked | truncating, truncating | NO_CALL]
    assert tally.changes.tolist() == [2, 4, 2]
    assert tally.looked.tolist() == [2, 2, 2]  # half a call with a change is one of them: the change is known
    assert tally.no_calls.tolist() == [0, 0, 0]


def test_refused_records_on_both_sides_of_a_block_of_text_are_counted(write_vcf, monkeypatch):
    """The last record of a block comes with the next one, before the table of its lines: every second is refused."""
    fixed = "A C . {} CSQ=C|missense_variant|M|P|E|1 GT 0/1 0/0"
    rows = [f"chr1 {place} . {fixed.format('low' if place % 2 else 'PASS')}" for place in range(100, 140)]
    path, size = write_vcf(rows, list("ab")), len(rows[0]) + 1
    for lines in range(2, 8):
        monkeypatch.setattr(records, "_PACKED_PIECE", lines * size)
        counts = files._by_cells(asked(path)).counts
        assert (counts["filtered_records"], counts["filtered_calls"]) == (20, 20)


@pytest.mark.parametrize("records", [255, 256, 600])
def test_counts_are_not_those_of_a_byte(write_vcf, records):
    """Each record has a change in ``a``, none in ``b``, half of one in ``c`` and no call in ``d``."""
    said = "CSQ=C|missense_variant|M|P|E|1"
    rows = [f"chr1 {place} . A C . PASS {said} GT 1/1 0/0 ./1 ./." for place in range(100, 100 + records)]
    tally = files._by_cells(asked(write_vcf(rows, list("abcd"))))
    assert tally.changes.tolist() == [records, 0, records, 0]
    assert tally.looked.tolist() == [records, records, records, 0]
    assert tally.no_calls.tolist() == [0, 0, 0, records]
    assert tally.counts["no_calls"] == 2 * records


def test_each_byte_of_a_call_adds_what_its_bits_add():
    """The sum of the calls of two records is looked up once: that must be the sum of what both add."""
    table = np.frombuffer(gene_blocks._table((NO_CALL, 16, 0, 8, 2)), dtype=np.uint8)
    byte = np.arange(256)
    assert (table[byte[:, None] | byte] == table[:, None] | table).all()
