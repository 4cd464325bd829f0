"""``genorx pgx`` and ``genorx knowledge``: what the library gives, in files; errors and exit status."""

import csv
import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from genorx import pgx
from genorx._core.output import to_csv, to_json
from genorx.cli.app import run
from genorx.datasets import write_pgx_cohort
from genorx.errors import InputError
from genorx.knowledge import default_pack
from genorx.pgx import PgxReport


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
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert text.count("<main") == text.count("<h1") == 1
    assert text.count("<table>") == len(re.findall(r'<div class="scroll"[^>]*>\s*<table>', text))


def test_a_cohort_is_written_piece_by_piece_as_if_at_once(tmp_path, monkeypatch):
    """Expected: the text of all reports made at once, by the library's own forms."""
    path = tmp_path / "c.vcf"
    write_pgx_cohort(path, n=70)
    reports = pgx.call_files([path])
    monkeypatch.setattr("genorx.cli.pgx._TOGETHER", 40)
    monkeypatch.setattr("genorx.pgx.calling._BLOCK", 30)
    for name in ("o.json", "o.csv"):
        assert run(["pgx", str(path), "--out", str(tmp_path / name), "--quiet", "--workers", "2"]) == 0
    assert (tmp_path / "o.json").read_text() == to_json([report.to_dict() for report in reports])
    rows = pd.concat([report.to_frame() for report in reports], ignore_index=True)
    assert (tmp_path / "o.csv").read_text() == to_csv(rows)


def test_a_fault_behind_the_first_reports_leaves_no_output(tmp_path, monkeypatch, capsys):
    """Writing has begun when the sixth person's report fails."""
    path = tmp_path / "c.vcf"
    write_pgx_cohort(path, n=9)
    made, count = PgxReport.to_dict, iter(range(9))

    def to_dict(self):
        if next(count) == 5:
            raise InputError("no more", code="file-not-found")
        return made(self)

    monkeypatch.setattr(PgxReport, "to_dict", to_dict)
    assert run(["pgx", str(path), "--out", str(tmp_path / "o.json"), "--quiet"]) == 3
    assert "no more" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["c.vcf"]


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
    packs = json.loads(listed.read_text())
    assert packs[0]["release"] == default_pack().release
    named = ["pharmcat", "civic-evidence", "label-evidence", "disease-vocabularies", "cancer-drug-units"]
    assert [each["name"] for each in packs] == named  # of every room that ships facts
    assert all(each["release"] and each["sha256"] and each["licences"] for each in packs)
    source = shared / "data" / "pharmcat"
    assert run(["knowledge", "import", "pharmcat", str(source), "--out", str(made), "--quiet"]) == 0
    assert run(["knowledge", "diff", str(made), str(made), "--out", str(tmp_path / "same.json"), "--quiet"]) == 0
    assert json.loads((tmp_path / "same.json").read_text()) == []
    smaller = replace(default_pack(), genes={k: v for k, v in default_pack().genes.items() if k != "VKORC1"})
    smaller.save(tmp_path / "small.json")
    assert run(["knowledge", "diff", str(tmp_path / "small.json"), str(made), "--out", str(changes), "--quiet"]) == 0
    with changes.open() as handle:
        assert {row["change"] for row in csv.DictReader(handle)} == {"gained"}


@pytest.fixture
def own(tmp_path):
    """A folder in PharmCAT's format: VKORC1, with its sentences on one row."""
    gene = default_pack().genes["VKORC1"]
    position = gene.positions[0]
    definition = {
        "gene": "VKORC1",
        "chromosome": position.chrom,
        "version": "2030-01-01",
        "variants": [
            {"position": position.pos, "ref": position.ref, "alts": list(position.alts), "rsid": position.rsid}
        ],
        "namedAlleles": [{"name": a.name, "reference": a.reference, "alleles": [a.bases.get(0)]} for a in gene.alleles],
    }
    phenotypes = {
        "gene": "VKORC1",
        "version": "2030-01-01",
        "haplotypes": {a.name: a.name for a in gene.alleles},
        "diplotypes": [
            {
                "diplotypekey": {gene.reference.name: 2},
                "generesult": "-1639 GG",
                "phenotype": "-1639 GG",
                "lookupkey": "-1639 GG",
            }
        ],
    }
    row = {
        "id": "R1",
        "lookupKey": [{"VKORC1": "-1639 GG"}],
        "text": {"html": "<p>Use 60% of the standard dose.</p><h4>Other</h4><p>And sing.</p>"},
        "implications": ["It is cold."],
    }
    head = {
        "id": "GL1",
        "source": "CPIC",
        "relatedChemicals": [{"name": "warfarin"}],
        "relatedGenes": [{"symbol": "VKORC1"}],
    }
    folder = tmp_path / "own"
    folder.mkdir()
    guidance = {"guidelines": [{"guideline": head, "recommendations": [row]}], "version": "2030-01-01"}
    files = {"VKORC1_translation": definition, "VKORC1": phenotypes, "prescribing_guidance": guidance}
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def test_the_users_own_pack_stands_in_for_the_one_inside_and_shows_the_text(sample, own, tmp_path):
    pack, out, page = tmp_path / "own.json.gz", tmp_path / "o.json", tmp_path / "o.html"
    site = default_pack().genes["VKORC1"].positions[0]
    line = [site.chrom, str(site.pos), ".", site.ref, ",".join(site.alts), ".", ".", ".", "GT", "0/0"]
    sample.write_text(sample.read_text() + "\t".join(line) + "\n")
    assert run(["knowledge", "import", "pharmcat", str(own), "--with-text", "--out", str(pack), "--quiet"]) == 0
    for path in (out, page):
        assert run(["pgx", str(sample), "--knowledge", str(pack), "--out", str(path), "--quiet"]) == 0
    (found,) = json.loads(out.read_text())
    assert found["knowledge"] == {"release": "2030-01-01", "guidance_release": "2030-01-01"}
    assert list(found["genes"]) == ["VKORC1"]
    (row,) = found["drugs"]["warfarin"]
    assert (row["action"], row["dose_change_pct"]) == ("reduce", -40)
    assert (row["text"], row["implications"]) == ("Use 60% of the standard dose. Other And sing.", ["It is cold."])
    assert "And sing. It is cold." in page.read_text()


def test_what_the_person_takes_stands_beside_what_the_genotype_says(sample, tmp_path, capsys):
    """CYP2D6 *1/*1 under paroxetine is poor: codeine is to be avoided (CPIC)."""
    table, out, page = tmp_path / "outside.tsv", tmp_path / "o.json", tmp_path / "o.html"
    table.write_text("CYP2D6\t*1/*1\n")
    more = ["--outside", str(table), "--medication", "Paxil 20 mg,levothyroxine"]
    for path in (out, page):
        assert run(["pgx", str(sample), "--out", str(path), *more]) == 0
    assert "modulator-unknown" in capsys.readouterr().err
    (found,) = json.loads(out.read_text())
    assert found["genes"]["CYP2D6"]["phenotypes"] == ["Normal Metabolizer"]
    under = found["phenoconversion"]
    assert under["not_known"] == ["levothyroxine"]
    (gene,) = under["genes"]
    assert (gene["gene"], gene["rule"], gene["changed"]) == ("CYP2D6", "strong inhibitor", True)
    assert gene["converted"] == {"phenotypes": ["Poor Metabolizer"], "activity_scores": ["0.0"]}
    assert {m["drug"]: m["strength"] for m in gene["modulators"]} == {"paroxetine": "strong"}
    actions = {
        key: {row["action"] for row in rows["codeine"]}
        for key, rows in (("by", found["drugs"]), ("under", under["drugs"]))
    }
    assert actions == {"by": {"standard", "no_recommendation"}, "under": {"avoid", "alternative"}}
    stated = page.read_text()
    assert "Under the person's other drugs" in stated
    assert "paroxetine (strong inhibitor, FDA 2026-05-29)" in stated
    assert "levothyroxine" in stated


def test_a_medication_is_of_one_person(sample, tmp_path, capsys):
    out = tmp_path / "o.json"
    assert run(["pgx", str(sample), str(sample), "--medication", "paroxetine", "--out", str(out)]) == 2
    assert "medication-of-one" in capsys.readouterr().err
    assert not out.exists()


def test_a_pack_is_compared_with_the_one_inside_by_its_name(tmp_path, own, capsys):
    pack, out = tmp_path / "own.json", tmp_path / "d.csv"
    assert run(["knowledge", "import", "pharmcat", str(own), "--out", str(pack), "--quiet"]) == 0
    assert run(["knowledge", "diff", "pharmcat", str(pack), "--out", str(out)]) == 0
    assert "guideline gained: 1" in capsys.readouterr().err
    with out.open() as handle:
        rows = list(csv.DictReader(handle))
    assert {row["kind"] for row in rows} == {"position", "allele", "function", "phenotype", "guideline", "row"}
    (gained,) = [row for row in rows if row["kind"] == "row" and row["change"] == "gained"]
    assert (gained["name"], gained["after"]) == ("CPIC warfarin R1", "reduce; -40 %; VKORC1 -1639 GG")
    assert run(["knowledge", "diff", "pharmcat", "pharmcat", "--out", str(out)]) == 0
    assert out.read_text() == "kind,gene,name,change,before,after\n"


@pytest.mark.parametrize(
    ("content", "code", "stated"),
    [
        (None, "no-release", "no allele definition"),
        ("{", "pack-unreadable", "x.json:1: the file is not JSON"),
        ('{"gene":\n "G", "namedAl', "pack-unreadable", "x.json:2: the file is not JSON"),
        ("[" * 100_000, "pack-unreadable", "the file is not JSON"),
        ('{"resourceType": "Patient"}', "no-release", "no allele definition"),
        (
            '{"gene": "G", "chromosome": "chr1", "namedAlleles": [], "variants": []}',
            "reference-allele-count",
            "0 alleles of G",
        ),
        ('{"gene": "G", "haplotypes": {}, "diplotypes": [{}]}', "phenotype-format", "is missing"),
        ('{"guideline": {"id": 1}, "recommendations": []}', "guidance-format", "is missing"),
    ],
)
def test_a_folder_that_makes_no_pack_is_refused_with_one_line(tmp_path, capsys, content, code, stated):
    folder, out = tmp_path / "in", tmp_path / "p.json"
    folder.mkdir()
    if content is not None:
        (folder / "x.json").write_text(content)
    assert run(["knowledge", "import", "pharmcat", str(folder), "--out", str(out)]) == 3
    error = capsys.readouterr().err
    assert error.startswith(f"error[{code}] {folder}")
    assert stated in error
    assert error.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "pack-unreadable"),
        (b"", "pack-unreadable"),
        (b"\x1f\x8bbroken", "pack-unreadable"),
        (b"[" * 100_000, "pack-unreadable"),
        (b"[]", "pack-format"),
        (b'{"gene": "G"}', "pack-format"),
        (b'{"schema": 99, "sha256": "x"}', "pack-schema"),
        (b'{"schema": 1, "sha256": "x"}', "pack-checksum"),
    ],
)
def test_a_file_that_is_no_pack_is_refused_by_every_command_that_reads_one(sample, tmp_path, capsys, content, code):
    path, out = tmp_path / "p.json", tmp_path / "o.json"
    if content is not None:
        path.write_bytes(content)
    commands = (["knowledge", "diff", "pharmcat", str(path)], ["pgx", str(sample), "--knowledge", str(path)])
    for command in commands:
        assert run([*command, "--out", str(out), "--errors", "json"]) == 3
        error = json.loads(capsys.readouterr().err)
        assert (error["code"], error["file"]) == (code, str(path))
        assert not out.exists()


def test_wrong_usage_of_packs_has_status_2(tmp_path, own):
    assert run(["knowledge", "import", "pharmgkb", str(own), "--out", str(tmp_path / "p.json")]) == 2
    assert run(["knowledge", "import", "pharmcat", str(own)]) == 2
    assert run(["knowledge", "list", "--out", str(tmp_path / "none" / "l.json")]) == 2
    assert run(["knowledge", "diff", "pharmcat"]) == 2


def test_a_pack_is_not_written_to_standard_output(tmp_path):
    assert run(["knowledge", "import", "pharmcat", str(tmp_path), "--out", "-"]) == 2
