"""Broken and hostile bytes in every reader of tumour evidence: documented errors, never another exception.

The single faults were seen on 0.1.0; the mutated files look for more of their kind.
"""

import gzip
import json
import random
from contextlib import suppress

import pytest

from genorx.errors import GenorxError
from genorx.oncology import (
    EvidenceTable,
    default_evidence,
    import_evidence,
    match,
    parse_profile,
    rank_therapies,
    read_alterations,
    read_table_folder,
    read_text,
    read_tumours,
)
from genorx.oncology.exports import evidence_report
from genorx.oncology.html_section import evidence_section
from genorx.oncology.record import COLUMNS
from tests.oncology.reading import test_whose as whose
from tests.oncology.reading.test_tables_reading import MAF, ROWS, labels, write
from tests.oncology.test_importers import civic_row, write_civic

JUNK = (
    b"\t", b"\n", b"\r", b"\0", b",", b'"', b"\xff", b"\xe2\x80\xae", "\u00b2".encode(), "\u0663".encode(),
    b"inf", b"nan", b"1e400",
    b"9" * 5000, b"[" * 5000, b"NOT " * 500, b"( " * 500, b"::", b"", b"null", b"-1", b"A" * 3000, b"\x1f\x8b",
)  # fmt: skip


def test_superscript_digits_are_no_place(tmp_path):
    row = [*ROWS[0]]
    row[3] = "\u00b2"
    assert labels(read_alterations(write(tmp_path / "x.maf", [MAF, row]))) == ["BRAF V600E"]


@pytest.mark.parametrize("depth", ["inf", "1e400", "nan", "9" * 5000, "1_000"])
def test_an_endless_depth_is_not_known(tmp_path, depth):
    path = write(tmp_path / "x.maf", [[*MAF, "t_depth"], [*ROWS[0], depth]])
    assert "t_depth" not in read_alterations(path)[0].details


def test_more_reads_of_an_allele_than_reads_have_no_share(tmp_path):
    """Twelve of ten is a contradiction of the file: the fraction is not known, and no square root is taken of it."""
    path = write(tmp_path / "x.maf", [[*MAF, "t_depth"], [*ROWS[0], "10"]])
    (fact,) = read_alterations(path, purity=0.8)
    assert (fact.details["t_alt_count"], fact.details["t_depth"]) == (12, 10)
    assert "t_vaf" not in fact.details


def test_lines_may_end_as_on_an_old_macintosh(tmp_path):
    path = tmp_path / "x.maf"
    path.write_bytes("\r".join("\t".join(row) for row in (MAF, ROWS[0], ROWS[1])).encode() + b"\r")
    assert labels(read_alterations(path)) == ["BRAF V600E", "PTEN R130*"]


def test_a_zero_byte_is_refused(tmp_path):
    path = write(tmp_path / "x.tsv", [["gene1", "gene2"], ["EML4", "A\0LK"]])
    with pytest.raises(GenorxError) as caught:
        read_alterations(path)
    assert caught.value.code == "alteration-file"
    path.write_bytes(b"gene1\tgene2\n" * 3000 + b"\0")
    with pytest.raises(GenorxError) as caught:
        read_alterations(path)
    assert caught.value.code == "table-encoding"


@pytest.mark.parametrize(
    "item",
    [
        {"classes": 5}, {"cdna": 5}, {"rsid": [5]}, {"origin": "both"}, {"zygosity": "half"}, {"accepted": "no"},
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(tmp_path, item):
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"type": "protein", "gene": "BRAF", "change": "V600E", **item}]), encoding="utf-8")
    with pytest.raises(GenorxError):
        read_alterations(path)


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"a": 1, "a": 2}]', "[" + "9" * 5000 + "]"])
def test_json_that_python_cannot_hold_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GenorxError):
        read_alterations(path)


@pytest.mark.parametrize("text", ["NOT " * 2000 + "BRAF V600E", "( " * 2000, "EGFR " + "A" * 70000, "A1B OR A2B " * 30])
def test_a_label_of_endless_length_or_depth_is_opaque(text):
    assert parse_profile(text)[0][0].type == "opaque"


def test_brackets_do_not_multiply_without_end():
    """Two to the power of forty alternatives, written in 900 characters."""
    label = " AND ".join(["( A V1E OR B V1E )"] * 40)
    assert len(label) < 1000
    assert parse_profile(label)[0][0].type == "opaque"


def seeds(tmp_path):
    """Return (name, bytes, reader) of a small file of every kind."""
    genes = write(tmp_path / "genes.bed", [["17", 1200, 2000, "ERBB2"], ["10", 100, 800, "PTEN"]])
    found = []
    for name, (rows, _, _) in whose.FILES.items():
        more = {"genes": genes} if name == "segments" else {}
        found.append((name, write(tmp_path / name, rows).read_bytes(), lambda p, more=more: answer(p, **more)))
    found.append(("maf2", write(tmp_path / "m", [MAF, *ROWS]).read_bytes(), answer))
    found.append(("list", b"BRAF V600E\nEML4::ALK\nEGFR exon 19 deletion\nMSI-H\nFLT3 ITD\nKRAS c.35G>A\n" * 3, answer))
    items = b'["BRAF V600E", {"type": "exon", "gene": "EGFR", "exons": "19", "kind": "deletion", "classes": ["GoF"]}]'
    found.append(("json", items, answer))
    found.append(("text", b"BRAF V600E; EML4::ALK; EGFR exon 19 deletion", lambda p: read_text(p.read_text("latin-1"))))
    rows = [civic_row(evidence_id=str(number)) for number in range(5)]
    found.append(("civic", write_civic(tmp_path / "c", rows).read_bytes(), lambda p: import_evidence("civic-tsv", p)))
    records = [COLUMNS, *(record.to_cells() for record in default_evidence().records[:5])]
    found.append(("own", write(tmp_path / "g", records).read_bytes(), lambda p: import_evidence("generic-tsv", p)))
    return found


def answer(path, **more):
    """Read, match, rank and show: an error may come at any step."""
    for tumour in read_tumours(path, **more).values():
        hits = match(tumour, "LUAD")
        options = rank_therapies(hits)
        json.dumps(evidence_report(hits, options), allow_nan=False)
        evidence_section(hits, options)


def mutated(content, draw):
    """Return bytes with one to four changes: flips, cuts, repeats, and junk in place of a cell."""
    content = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(content) + 1)
        kind = draw.randrange(5)
        if kind == 0 and content:
            content[draw.randrange(len(content))] = draw.randrange(256)
        elif kind == 1:
            content[at:at] = draw.choice(JUNK)
        elif kind == 2:
            del content[at : at + draw.randrange(1, 30)]
        elif kind == 3:
            content[at:at] = content[at : at + 40] * draw.choice((1, 30))
        else:
            cells = bytes(content).split(b"\t")
            cells[draw.randrange(len(cells))] = draw.choice(JUNK)
            content = bytearray(b"\t".join(cells))
    return bytes(content)


@pytest.mark.parametrize("cell", ["9" * 5000, "A" * 5000, "\u00b2", "inf", "-1", "1-9999999999", "[" * 3000])
def test_one_extreme_cell_in_each_column(tmp_path, cell):
    """Numbers of 5,000 digits, ranges of ten thousand million exons, words where numbers stand: each in each place."""
    wide = [*MAF, "t_depth", "t_ref_count", "Exon_Number", "Protein_position", "gnomAD_AF", "all_effects"]
    full = [*ROWS[0], "60", "48", "15/18", "600/766", "0.001", "BRAF,missense_variant,p.V600E,ENST1,NM_1"]
    genes = write(tmp_path / "genes.bed", [["17", 1200, 2000, "ERBB2"]])
    tables = [([wide, full], {}), *(([*rows], {"genes": genes}) for rows, _, _ in whose.FILES.values())]
    for rows, more in tables:
        for at in range(len(rows[0])):
            changed = [rows[0], [*rows[1][:at], cell, *rows[1][at + 1 :]], *rows[2:]]
            with suppress(GenorxError):
                answer(write(tmp_path / "x.tsv", changed), **more)


def run_mutations(tmp_path, rounds):
    draw, path = random.Random(12), tmp_path / "mutated"
    for name, content, reader in seeds(tmp_path):
        for number in range(rounds):
            changed = mutated(content, draw)
            path.write_bytes(gzip.compress(changed) if number % 12 == 0 and name != "text" else changed)
            with suppress(GenorxError):
                reader(path)


def test_mutated_files_raise_documented_errors_only(tmp_path):
    run_mutations(tmp_path, 12)


@pytest.mark.slow
def test_many_mutated_files_raise_documented_errors_only(tmp_path):
    run_mutations(tmp_path, 400)


@pytest.mark.parametrize("cell", ["[5]", '{"a": 1}', "[" * 5000, '[["x"]]', "5"])
def test_a_pack_with_right_checksums_and_wrong_cells_is_refused(tmp_path, cell):
    """A pack is checked by content too: a digest proves only that nobody changed the bytes since."""
    import hashlib

    folder = EvidenceTable(records=default_evidence().records[:3], manifest={"name": "mine"}).write(tmp_path / "pack")
    lines = gzip.decompress((folder / "evidence.tsv.gz").read_bytes()).decode().split("\n")
    cells = lines[1].split("\t")
    for column in ("predicate", "therapies"):
        changed = list(cells)
        changed[COLUMNS.index(column)] = cell
        content = gzip.compress("\n".join([lines[0], "\t".join(changed), *lines[2:]]).encode())
        (folder / "evidence.tsv.gz").write_bytes(content)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        manifest["files"]["evidence.tsv.gz"] = hashlib.sha256(content).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        with pytest.raises(GenorxError) as caught:
            read_table_folder(folder)
        assert caught.value.code == "pack-format"
