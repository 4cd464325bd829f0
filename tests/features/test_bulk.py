"""Tables of records give what the same records give one by one: cells, counts, findings and faults."""

import random
from dataclasses import replace

import numpy as np
import pytest

from genorx.errors import VariantFileError
from genorx.features import Burden, Panel, bulk, files
from genorx.features.files import _by_rows, _by_tables, _Request
from genorx.features.genes import GeneTally
from genorx.features.regions import GeneRegions

from ..vcf_files import HEAD, vcf_text

pytestmark = pytest.mark.usefixtures("both_ways")

TERMS = [
    "missense_variant",
    "synonymous_variant",
    "upstream_gene_variant",
    "stop_gained",
    "intron_variant&splice_region",
]
GENOTYPES = ["0/1", "0/0", "1|1", "./.", ".", "1", "./1", "0/1/1", "1/2"]
GENES = [*"ABCDEFG", "", "LONG-GENE-NAME", "LONG-GENE-NAMF", "N%2CE"]
ALLELES = [("C", "T"), ("CA", "C"), ("c", "t"), ("C", "T,G"), ("C", "<DEL>"), ("C", "."), ("C", "*"), ("R", "T")]
PANEL = Panel(genes=(), by_class=True, burden=Burden(max_no_call=1.0))
TABLE = "chr1\t0\t150\tA\nchr1\t120\t300\tB\nchr1\t140\t141\tC\nchr7\t5\t90\tA\n"


def annotation(rng, alts):
    names = [alts.split(",")[0], alts.split(",")[-1], "Q", "-"]
    entries = [
        f"{rng.choice(names)}|{rng.choice(TERMS)}|x|{rng.choice(GENES)}|E|" for _ in range(rng.choice([1, 1, 2, 3]))
    ]
    if rng.random() < 0.05:
        entries[-1] = entries[-1][: rng.randint(0, 20)]
    said = "CSQ=" + ",".join(entries)
    twice = f"{said};CSQ=T|stop_gained|x|A|E|"
    return rng.choice([said, said, f"DP=3;{said}", f"{said};DP=3", "DP=4", "CSQ=.", f"XCSQ=T|a|b|Z;{said}", twice])


def call(rng, form, alts):
    genotypes = GENOTYPES if "," in alts else ["0/0", "./.", "."] if alts == "." else GENOTYPES[:-1]
    values = {
        "GT": rng.choice(genotypes),
        "DP": rng.choice(["0", "9", ".", "00"]),
        "FT": rng.choice(["PASS", "q10", "."]),
        "AD": "0,5",
        "MIN_DP": rng.choice("05"),
        "PS": rng.choice(["7", "."]),
    }
    keys = form.split(":")
    return ":".join([values[key] for key in keys][: rng.randint(1, len(keys))])


def rows(rng, count=120):
    """Records of all kinds that are accepted, or named by findings; few contigs, some out of order, some twice."""
    made = []
    for contig in rng.choice([["chr1"], ["chr1", "chr7"], ["chr7", "chrUn_random_long_name", "chr1"]]):
        position = 0
        for _ in range(count):
            position = max(1, position + rng.choice([0, 1, 1, 2, 3, 3, 5, -1 if rng.random() < 0.1 else 1]))
            ref, alts = rng.choice([*ALLELES[:3], *ALLELES[:1] * 12, *ALLELES])
            form = rng.choice(["GT", "GT:DP", "GT:AD:DP", "GT:DP:FT", "GT:MIN_DP:PS", "DP:GT"])
            flt = rng.choice(["PASS", "PASS", ".", "q10", "q10;s50", "a_filter_with_a_long_name"])
            info = annotation(rng, alts)
            made.append(f"{contig} {position} . {ref} {alts} . {flt} {info} {form} {call(rng, form, alts)}")
    return made


def damaged(rng, text):
    """One fault at a random place of the records: a changed, lost or doubled byte, or a lost end."""
    data = bytearray(text.encode())
    place = rng.randint(text.index("#CHROM") + 60, len(data) - 1)
    kind = rng.randint(0, 4)
    if kind == 0:
        data[place] = rng.choice(b"\t\n0/|.:;,A\r\xe9#x\x00\x0b ")
    elif kind == 1:
        del data[place]
    elif kind == 2:
        data.insert(place, data[place])
    elif kind == 3:
        del data[place:]
    else:
        del data[place : place + rng.randint(1, 60)]
    return bytes(data)


def outcome(way, asked):
    """What a way of reading says: all of a tally, or its fault."""
    try:
        tally = way(asked)
    except VariantFileError as error:
        return str(error), error.code, error.place
    counts = [
        np.asarray(part).tolist() for part in (tally.changes, tally.looked, tally.no_calls, tally.any_gene_looked)
    ]
    findings = sorted(tally.findings, key=lambda finding: finding.code)
    if any(finding.code == "records-unsorted" for finding in findings):  # the first place is then another
        findings = [replace(finding, place=None) for finding in findings]
    return {gene: bytes(cell) for gene, cell in tally.genes.items()}, counts, tally.counts, findings, tally.assembly


def both(path, monkeypatch, rng, regions=None):
    monkeypatch.setattr(files, "TABLE_PIECE", rng.choice([400, 3000, 1 << 20]))
    asked = _Request(path, PANEL, regions, rng.choice([("PASS", "."), ("PASS", "q10"), None]), None, None, None)
    by_tables, by_rows = outcome(_by_tables, asked), outcome(_by_rows, asked)
    monkeypatch.setattr(files, "SingleGeneTally", lambda *options: GeneTally(*options, None))
    assert outcome(_by_rows, asked) == by_rows  # the way of many samples
    monkeypatch.undo()
    return by_tables, by_rows


@pytest.fixture
def gene_table(tmp_path):
    path = tmp_path / "genes.tsv"
    path.write_text(TABLE)
    return GeneRegions.read(path)


@pytest.mark.parametrize("seed", range(60))
def test_tables_give_what_rows_give(tmp_path, monkeypatch, gene_table, seed):
    rng = random.Random(seed)
    path = tmp_path / "a.vcf"
    annotated = seed % 3 > 0
    head = HEAD if annotated else [line for line in HEAD if "CSQ" not in line]
    path.write_text(vcf_text(sorted_by_contig(rows(rng), rng), head=head))
    by_tables, by_rows = both(path, monkeypatch, rng, None if annotated else gene_table)
    if isinstance(by_rows[0], str):  # out of order, and a site twice
        assert "site-twice" in by_rows
        assert by_tables[1] == "site-twice"
    else:
        assert by_tables == by_rows
        assert by_rows[2]["records"] >= 120


def sorted_by_contig(made, rng):
    """Mostly in order, so that few files end with the fault of a site twice in disorder."""
    if rng.random() < 0.2:
        return made
    order = list(dict.fromkeys(row.split()[0] for row in made))
    return sorted(made, key=lambda row: (order.index(row.split()[0]), int(row.split()[1])))


@pytest.mark.parametrize("seed", range(150))
def test_a_damaged_file_is_told_alike_by_both_ways(tmp_path, monkeypatch, seed):
    """``tally_file`` lets rows tell every fault; so here it counts that a table takes none in silence."""
    rng = random.Random(1000 + seed)
    path = tmp_path / "a.vcf"
    path.write_bytes(damaged(rng, vcf_text(sorted_by_contig(rows(rng, 40), rng))))
    by_tables, by_rows = both(path, monkeypatch, rng)
    if isinstance(by_rows[0], str):
        assert isinstance(by_tables[0], str)
    else:
        assert by_tables == by_rows


def test_most_records_of_an_ordinary_file_are_taken_by_tables(tmp_path, monkeypatch):
    """Else the tests above would compare rows with rows: 2,000 records, of which the last goes by rows."""
    taken = []
    monkeypatch.setattr(bulk.GeneTally, "take_row", lambda *_: taken.append("row"))
    monkeypatch.setattr("genorx.features.single.SingleGeneTally.take", lambda _, rows: taken.extend(rows))
    made = [f"chr1 {n} . A C . PASS CSQ=C|stop_gained|x|A|E| GT:DP 0/1:7" for n in range(1, 2001)]
    path = tmp_path / "a.vcf"
    path.write_text(vcf_text(made))
    tally = _by_tables(_Request(path, PANEL, None, ("PASS", "."), None, None, None))
    assert len(taken) == 1
    assert tally.changes.tolist() == [1999]
    assert tally.counts["records"] == 2000
