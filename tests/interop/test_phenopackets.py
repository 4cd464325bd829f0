"""Phenopackets of both versions as tables."""

import json
import shutil

import pytest

import genorx as gx
from genorx.errors import InputError, UsageError

MEASURED = {"assay": {"id": "LOINC:2160-0"}, "value": {"quantity": {"unit": {"id": "UCUM:mg/dL"}, "value": 1.1}}}


def packet(**more):
    return {
        "id": "k1",
        "subject": {"id": "s1"},
        "metaData": {"phenopacketSchemaVersion": "2.0", "resources": []},
        **more,
    }


def test_every_shared_file_is_read_or_refused_as_its_readme_says(exchange):
    for path in sorted((exchange / "phenopackets").glob("*.json")):
        if path.name == "pxt_invalid_missing_fields.json":
            with pytest.raises(InputError) as caught:
                gx.read_phenopackets(path)
            assert caught.value.code == "phenopacket"
        else:
            assert len(gx.read_phenopackets(path).patients) >= 1


def test_an_undeclared_prefix_is_a_finding_and_refused_when_strict(exchange):
    path = exchange / "phenopackets/pxt_invalid_missing_resources.json"
    assert [each.code for each in gx.read_phenopackets(path).findings] == ["prefix-not-declared"]
    with pytest.raises(InputError) as caught:
        gx.read_phenopackets(path, strict=True)
    assert caught.value.code == "prefix-not-declared"


def test_both_versions_of_one_packet_say_the_same(exchange):
    first, second = (gx.read_phenopackets(exchange / f"phenopackets/pxt_v{n}_phenopacket.json") for n in (1, 2))
    for name in ("patients", "conditions"):
        one, two = first.frame(name).drop(columns="source", errors="ignore"), second.frame(name)
        assert one.equals(two.drop(columns="source", errors="ignore")), name
    assert list(first.conditions.excluded) == [False, True, False, False, False]
    assert first.patients.age_years.iloc[0] == 14
    assert first.variants.hgvs_c.iloc[0] == second.variants.hgvs_c.iloc[0] == "NM_001848.2:c.877G>A"


def test_a_published_case_has_its_variant_on_grch38(exchange):
    """store_BRAF: chr7 140801502 T>C, heterozygous (the file)."""
    row = gx.read_phenopackets(exchange / "phenopackets/store_BRAF.json").variants.iloc[0]
    assert (row.allele, row.zygosity, row.gene_id) == ("GRCh38:7:140801502:T:C", "heterozygous", "HGNC:1097")
    assert (row.hgvs_p, row.significance, row.presence) == ("NP_004324.2:p.(Gln257Arg)", "PATHOGENIC", "present")


def test_two_patients_of_one_name_are_refused_unless_packets_name_them(exchange, tmp_path):
    for name in ("store_ADA.json", "store_BRAF.json"):
        content = json.loads((exchange / "phenopackets" / name).read_text())
        content["subject"]["id"] = "patient"
        (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(InputError, match="packet") as caught:
        gx.read_phenopackets(tmp_path)
    assert caught.value.code == "patient-twice"
    assert gx.read_phenopackets(tmp_path, patient_id="packet").patients.patient_id.nunique() == 2
    with pytest.raises(UsageError):
        gx.read_phenopackets(tmp_path, patient_id="nobody")


def test_measurements_have_codes_of_loinc_and_ucum(made, tmp_path):
    tables = gx.read_phenopackets(
        made.write(tmp_path, packet(measurements=[MEASURED], files=[{"uri": "file://x.vcf"}]))
    )
    row = tables.measurements.iloc[0]
    assert (row.system, row.code, row.unit, row.value) == ("http://loinc.org", "2160-0", "mg/dL", 1.1)
    assert "file-named" in made.codes(tables)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"subject": {}}, "phenopacket"), ({"metaData": None}, "phenopacket"), ({"id": ""}, "phenopacket"),
     ({"subject": {"id": "a", "taxonomy": {"id": "NCBITaxon:10090"}}}, "not-human"),
     ({"subject": {"id": "a", "dateOfBirth": "1970-02-31"}}, "date"), ({"diseases": {}}, "phenopacket")],
)  # fmt: skip
def test_what_a_packet_needs_is_asked_for(made, tmp_path, change, code):
    with pytest.raises(InputError) as caught:
        gx.read_phenopackets(made.write(tmp_path, packet(**change)))
    assert caught.value.code == code


def test_a_rejected_variant_is_absent_and_a_wrong_digest_is_named(made, tmp_path):
    sequence = {"type": "SequenceReference", "refgetAccession": "SQ.IIB53T8CNeJJdUqzn9V_JnRtQadwWCbl"}
    location = {"type": "SequenceLocation", "start": 44908821, "end": 44908822, "sequenceReference": sequence}
    allele = {"type": "Allele", "location": location, "state": {"type": "LiteralSequenceExpression", "sequence": "T"}}

    def tables(identifier):
        found = {"variationDescriptor": {"variation": {"allele": {**allele, "id": identifier}}}}
        genomic = [{"interpretationStatus": "REJECTED", "variantInterpretation": found}]
        content = packet(interpretations=[{"diagnosis": {"genomicInterpretations": genomic}}])
        return gx.read_phenopackets(made.write(tmp_path, content))

    right = tables("ga4gh:VA.0AePZIWZUNsUlQTamyLrjm2HWUw2opLt")  # of the standard's own examples
    assert (right.variants.presence.iloc[0], right.variants.vrs_id.iloc[0][:9]) == ("absent", "ga4gh:VA.")
    assert "vrs-digest" not in made.codes(right)
    assert "vrs-digest" in made.codes(tables("ga4gh:VA." + "A" * 32))


def test_a_line_is_a_packet(made, tmp_path, exchange):
    lines = [json.dumps(packet()), json.dumps(packet(subject={"id": "s2"}))]
    assert len(gx.read_phenopackets(made.write(tmp_path, "\n".join(lines), "p.ndjson")).patients) == 2
    shutil.copy(exchange / "phenopackets/pxt_v2_cohort.json", tmp_path / "c.json")
    assert len(gx.read_phenopackets(tmp_path / "c.json").patients) == 3
