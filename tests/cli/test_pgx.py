"""``genorx pgx`` and ``genorx knowledge``: what the library gives, in files; errors and exit status of the contract."""

import csv
import json
from dataclasses import replace

import pytest

from genorx.cli.app import run
from genorx.knowledge import default_pack


@pytest.fixture
def sample(tmp_path):
    """A CYP2C19 *2/*2 sample."""
    path = tmp_path / "s.vcf"
    head = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n"
    lines = ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "S1"])]
    for p in default_pack().genes["CYP2C19"].positions:
        gt = "1/1" if p.rsid in ("rs4244285", "rs12769205", "rs3758581") else "0/0"
        lines.append("\t".join([p.chrom, str(p.pos), ".", p.ref, ",".join(p.alts), ".", ".", ".", "GT", gt]))
    path.write_text(head + "\n".join(lines) + "\n")
    return path


def test_json_holds_one_object_a_sample(sample, tmp_path):
    out = tmp_path / "o.json"
    assert run(["pgx", str(sample), "--out", str(out), "--quiet", "--drugs", "clopidogrel,abacavir"]) == 0
    (found,) = json.loads(out.read_text())
    assert found["genes"]["CYP2C19"]["diplotypes"] == ["*2/*2"]
    assert list(found["drugs"]) == ["abacavir", "clopidogrel"]


def test_the_same_command_gives_the_same_bytes(sample, tmp_path):
    for name in ("a.json", "b.json"):
        assert run(["pgx", str(sample), "--out", str(tmp_path / name), "--quiet"]) == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_csv_has_a_row_a_gene_and_html_a_page(sample, tmp_path):
    table = tmp_path / "outside.tsv"
    table.write_text("CYP2D6\t*4/*4\n")
    out = tmp_path / "o.csv"
    assert run(["pgx", str(sample), "--out", str(out), "--outside", str(table), "--quiet"]) == 0
    with out.open() as handle:
        rows = {row["gene"]: row for row in csv.DictReader(handle)}
    assert rows["CYP2D6"]["activity"] == "0.0"
    assert rows["CYP2C19"]["printed"] == "*2/*2"
    page = tmp_path / "o.html"
    assert run(["pgx", str(sample), "--out", str(page), "--quiet"]) == 0
    assert page.read_text().startswith("<!doctype html>")


def test_frequencies_give_probabilities(sample, tmp_path):
    table = tmp_path / "f.csv"
    table.write_text("gene,allele,frequency\nCYP2C19,*1,0.6\nCYP2C19,*2,0.2\nCYP2C19,*38,0.2\n")
    out = tmp_path / "o.json"
    assert run(["pgx", str(sample), "--out", str(out), "--frequencies", str(table), "--quiet"]) == 0
    (found,) = json.loads(out.read_text())
    assert found["genes"]["CYP2C19"]["posterior"][0]["diplotype"] == "*2/*2"
    assert found["certainty"]["clopidogrel"] > 0.99


def test_a_reference_sequence_without_index_is_bad_input(sample, tmp_path, capfd):
    (tmp_path / "r.fa").write_text(">chr10\nACGT\n")
    assert (
        run(["pgx", str(sample), "--out", str(tmp_path / "o.json"), "--fasta", str(tmp_path / "r.fa"), "--quiet"]) == 3
    )
    assert "error[fasta-index]" in capfd.readouterr().err
    assert not (tmp_path / "o.json").exists()


def test_definitions_and_no_exemptions_can_be_given(sample, tmp_path):
    definition = {
        "gene": "G",
        "chromosome": "chr10",
        "version": "1",
        "variants": [{"position": 94781859, "ref": "G", "alts": ["A"], "rsid": "rs4244285"}],
        "namedAlleles": [
            {"name": "*1", "reference": True, "alleles": ["G"]},
            {"name": "*2", "reference": False, "alleles": ["A"]},
        ],
    }
    path, out = tmp_path / "g.json", tmp_path / "o.json"
    path.write_text(json.dumps(definition))
    arguments = ["--definitions", str(path), "--exemptions", "none", "--quiet"]
    assert run(["pgx", str(sample), "--out", str(out), *arguments]) == 0
    (found,) = json.loads(out.read_text())
    assert list(found["genes"]) == ["G"]
    assert found["genes"]["G"]["diplotypes"] == ["*2/*2"]
    assert found["knowledge"]["release"] == "1"


def test_a_bad_file_leaves_no_output_and_exit_status_3(tmp_path, capsys):
    out = tmp_path / "o.json"
    assert run(["pgx", str(tmp_path / "none.vcf"), "--out", str(out)]) == 3
    assert not out.exists()
    assert capsys.readouterr().err.startswith("error[file-absent]")


def test_packs_are_listed_made_and_compared(tmp_path, shared):
    listed, made, changes = tmp_path / "l.json", tmp_path / "p.json.gz", tmp_path / "d.csv"
    assert run(["knowledge", "list", "--out", str(listed)]) == 0
    assert json.loads(listed.read_text())[0]["release"] == default_pack().release
    source = shared / "data" / "pharmcat"
    assert run(["knowledge", "import", "pharmcat", str(source), "--out", str(made), "--quiet"]) == 0
    assert run(["knowledge", "diff", str(made), str(made), "--out", str(tmp_path / "same.json"), "--quiet"]) == 0
    assert json.loads((tmp_path / "same.json").read_text()) == []
    smaller = replace(default_pack(), genes={k: v for k, v in default_pack().genes.items() if k != "VKORC1"})
    smaller.save(tmp_path / "small.json")
    assert run(["knowledge", "diff", str(tmp_path / "small.json"), str(made), "--out", str(changes), "--quiet"]) == 0
    with changes.open() as handle:
        assert {row["change"] for row in csv.DictReader(handle)} == {"gained"}


def test_a_pack_is_not_written_to_standard_output(tmp_path):
    assert run(["knowledge", "import", "pharmcat", str(tmp_path), "--out", "-"]) == 2
