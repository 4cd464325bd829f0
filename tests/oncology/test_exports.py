"""Exports: our JSON, VA-Spec statements, HL7 implications, the page section, and the command."""

import json
import re
import subprocess
import sys

import pytest

from genorx.cli.app import run
from genorx.oncology import match, read_alterations, why_not
from genorx.oncology.exports import evidence_report, va_spec_statements
from genorx.oncology.html_section import evidence_section
from tests.oncology.reading.vcf_text import write_vcf


@pytest.fixture(scope="module")
def hits():
    return match(["BRAF V600E", "PTEN loss"], "COAD")


def test_the_report_is_json_and_names_layers_licences_and_misses(hits):
    report = json.loads(json.dumps(evidence_report(hits, patient_id="P0001"), allow_nan=False))
    assert report["options"][0]["option"] == "Cetuximab + Encorafenib"
    assert report["options"][0]["supporting"][0]["id"] == "civic:EID9851"
    assert {layer["licence"] for layer in report["provenance"]["layers"]} >= {"CC0-1.0"}
    assert any("OncoTree" in line for line in report["provenance"]["attribution"])
    assert all(each["reason"] for each in report["not_matched"])
    assert len(report["hits"]) == len(hits)
    waiting = evidence_report(match(["BRAF V600E", "MET amplification"], "COAD"))["not_assessed"]
    assert {"evidence_id": "civic:EID1971", "atoms": "NOT KRAS mutation"} in waiting


def test_va_spec_statements_have_the_parts_of_a_therapeutic_response_proposition(hits):
    statements = va_spec_statements(hits)
    assert len(statements) == sum(
        h.evidence_type == "predictive" and h.effect in ("sensitivity", "resistance", "reduced_sensitivity")
        for h in hits
    )
    first = next(s for s in statements if s["id"] == "civic:EID9851")
    proposition = first["proposition"]
    assert proposition["type"] == "VariantTherapeuticResponseProposition"
    assert proposition["predicate"] == "predictsSensitivityTo"
    assert proposition["objectTherapeutic"]["membershipOperator"] == "AND"
    assert proposition["conditionQualifier"]["primaryCoding"] == {"system": "DOID", "code": "DOID:9256"}
    assert first["direction"] == "supports"
    assert first["classification"]["primaryCoding"]["code"] == "I-A"


def test_the_section_escapes_what_users_write_and_names_sources():
    hits = match([{"type": "opaque", "gene": "<b>X</b>", "text": "<script>"}, "BRAF V600E"], "COAD")
    page = evidence_section(hits)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "CIViC" in page
    assert "<h3>Not advised</h3>" in page


def test_the_section_tells_resistance_to_one_drug_from_resistance_to_the_option_and_shows_conflicts(hits):
    page = re.sub(r"</?a[^>]*>", "", evidence_section(hits))
    row = next(line for line in page.split("<tr>") if "<td>Cetuximab + Encorafenib</td>" in line)
    assert "Cetuximab alone: R-I (civic:" in row
    assert "Panitumumab" not in row  # civic:EID2115 is on either of the two drugs
    assert "the tier is that of the supporting rows" in page
    assert "copy-number call" in evidence_section(match(["ERBB2 amplification"], "BRCA"))


def test_the_command_writes_json_csv_html_and_exports(tmp_path):
    for name, start in (("e.json", "{"), ("e.csv", "rank,option"), ("e.html", "<!DOCTYPE html>")):
        assert (
            run(
                [
                    "evidence",
                    "--variants",
                    "BRAF V600E; PTEN loss",
                    "--disease",
                    "COAD",
                    "--out",
                    str(tmp_path / name),
                    "--quiet",
                ]
            )
            == 0
        )
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    for shape in ("va-spec", "fhir"):
        out = tmp_path / f"{shape}.json"
        assert (
            run(
                [
                    "evidence",
                    "--variants",
                    "BRAF V600E",
                    "--disease",
                    "MEL",
                    "--format",
                    shape,
                    "--out",
                    str(out),
                    "--quiet",
                ]
            )
            == 0
        )
        assert json.loads(out.read_text(encoding="utf-8"))


def test_the_command_gives_the_same_bytes_twice(tmp_path):
    for name in ("one.json", "two.json"):
        run(["evidence", "--variants", "EGFR L858R", "--disease", "LUAD", "--out", str(tmp_path / name), "--quiet"])
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_the_command_refuses_what_is_no_alteration_and_leaves_no_file(tmp_path, capsys):
    out = tmp_path / "e.json"
    assert run(["evidence", "--variants", "BRAF V600E AND PTEN Loss", "--disease", "MEL", "--out", str(out)]) == 3
    assert not out.exists()
    assert "error[alteration]" in capsys.readouterr().err


def test_the_command_says_an_unknown_tumour_type_on_standard_error(tmp_path, capsys):
    assert (
        run(["evidence", "--variants", "BRAF V600E", "--disease", "nonsense", "--out", str(tmp_path / "e.json")]) == 0
    )
    assert "tumour-type-unknown" in capsys.readouterr().err


def test_importing_the_room_loads_no_table_or_statistics_library():
    heavy = "{'pandas', 'numpy', 'scipy', 'sklearn', 'matplotlib'}"
    code = f"import sys, genorx.oncology; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_no_default_path_opens_a_socket(monkeypatch):
    import socket

    def refuse(*_args, **_kwargs):
        raise AssertionError("network")

    monkeypatch.setattr(socket, "socket", refuse)
    assert len(match(["BRAF V600E"], "MEL")) > 50


MARKED = "T1\u202egnorw\u200b"


def tumour(tmp_path):
    """Of three records, two are left out for their class; the patient's name holds an override of direction."""
    rows = [("BRAF", "Missense_Mutation", "p.V600E"), ("TTN", "Silent", ""), ("MUC16", "Intron", "")]
    lines = ["Hugo_Symbol\tVariant_Classification\tHGVSp_Short\tTumor_Sample_Barcode"]
    path = tmp_path / "x.maf"
    path.write_text("\n".join([*lines, *("\t".join((*row, MARKED)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def test_what_was_read_and_left_out_is_in_the_answer_and_on_the_page(tmp_path):
    hits = match(read_alterations(tumour(tmp_path)), "MEL")
    reading = evidence_report(hits)["reading"]
    assert (reading["sample"], reading["records"], reading["alterations"]) == (MARKED, 3, 1)
    assert reading["left_out"] == {"silent or non-coding changes": 2}
    page = evidence_section(hits)
    assert "Read: maf; records: 3; alterations: 1." in page
    assert "no alteration from: 2 silent or non-coding changes" in page


def test_serious_findings_of_reading_stand_on_top_of_the_page_and_in_the_json(tmp_path):
    """An unannotated VCF: its answer says nothing of the tumour, and once the page did not say so."""
    path = write_vcf(tmp_path / "a.vcf", [("7", 5, "A", "T", ".", "GT", "0/0", "0/1")])
    out = tmp_path / "o.html"
    words = ["evidence", "--variants", str(path), "--disease", "MEL", "--out"]
    assert run([*words, str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    first = page.index('class="finding serious"')
    assert "only exact known alleles can be found" in page[first : first + 200]
    assert first < page.index("Tumour type") < page.index("<h3>")
    assert run([*words, str(tmp_path / "o.json")]) == 0
    answer = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert ("annotation-none", "serious") in {(each["code"], each["severity"]) for each in answer["findings"]}


@pytest.mark.parametrize("shape", ["html", "json", "csv", "va-spec", "fhir"])
def test_a_name_hides_nothing_in_any_shape(tmp_path, shape):
    out = tmp_path / "out"
    words = ["--variants", str(tumour(tmp_path)), "--disease", "MEL", "--all", "--format", shape, "--out", str(out)]
    assert run(["evidence", *words]) == 0
    text = out.read_text(encoding="utf-8")
    assert not set("\u202e\u200b") & set(text)
    if shape != "va-spec":
        assert "T1\\u202egnorw\\u200b" in text
    if shape == "json":
        assert json.loads(text)[0]["reading"]["sample"] == MARKED


def test_ids_are_links_tiers_are_explained_and_an_empty_column_is_left_out():
    """CIViC's pages of evidence are named by id; no model has given an estimate."""
    page = evidence_section(match(["BRAF V600E"], "COAD"))
    assert '<a href="https://civicdb.org/evidence/9851/summary">civic:EID9851</a>' in page
    assert "<dt>I-A</dt><dd>approved, or in professional guidelines" in page
    assert "<dt>R-II</dt><dd>resistance: " in page
    assert "Model" not in page


def test_a_cell_names_a_row_once_and_counts_many():
    """civic:EID6264 is on dabrafenib or vemurafenib; ten rows on cetuximab filled the first screen."""
    page = re.sub(r"</?a[^>]*>", "", evidence_section(match(["BRAF V600E", "KRAS G12D"], "COAD")))
    cells = [cell for cell in re.findall(r"<td[^>]*>(.*?)</td>", page) if " alone: " in cell]
    assert cells
    for part in (part for cell in cells for part in cell.split("; ")):
        ids = re.findall(r"civic:EID\d+", part)
        assert len(ids) == len(set(ids)), part
    assert any(re.search(r" and \d+ more\)", cell) for cell in cells)


def test_no_reason_ends_in_nothing_or_names_itself():
    """CIViC's rows on DPYD*2A ask for one or two copies, which the text does not say."""
    for each in why_not(match(["DPYD *2A", "BRAF V600K", "TP53 R175H"], "COAD"), genes=False):
        assert not each.reason.rstrip().endswith(":")
        found = re.search(r"needs (.+?) \(found instead: ([^)]*)\)", each.reason)
        assert found is None or found.group(1) not in found.group(2).split(", ")
