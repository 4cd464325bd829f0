"""A made ranking and a request file that gives all that a request can hold; every person and number is invented."""

import copy

import pytest

REQUEST = """
[request]
identifier = { system = "urn:example:requests", value = "PA-0001" }
author = "Author Zwölfender"
type = "professional"
priority = "normal"
message = "Second line after progression."
request_type = { system = "urn:example:request-type", code = "type-a" }
certification = { system = "urn:example:certification", code = "first" }
report_type = { system = "urn:example:report-type", code = "laboratory" }
level_of_service = { system = "urn:example:level", code = "urgent" }

[patient]
identifier = { system = "urn:example:members", value = "M-4711-0815" }
family = "Quarkenbrück"
given = ["Wendelgard", "Zita"]
prefix = "Dr"
birth_date = 1961-07-19
gender = "female"
phone = "+1-555-0142-776"
language = "en"
[patient.address]
line = ["77 Nirgendwo Lane"]
city = "Fernsdorf"
district = "Kirrweiler"
state = "OR"
postal_code = "97999"
country = "US"

[provider]
name = "Clinic of Example"
npi = "1234567893"
tin = "12-3456789"
type = { system = "urn:example:party", code = "asks" }
phone = "+1-555-0100"
address = { line = ["1 Example Way"], city = "Exampleton", state = "OR", postal_code = "97001", country = "US" }
contact = { family = "Telefonowa", given = ["Olga"], phone = "+1-555-0101" }

[insurer]
name = "Insurer of Example"
npi = "1999999992"
type = { system = "urn:example:party", code = "pays" }
phone = "+1-555-0200"
address = { line = ["2 Example Way"], city = "Exampleton", state = "OR", postal_code = "97001", country = "US" }

[practitioner]
family = "Ordnungsmann"
given = ["Ulrike"]
npi = "1245319599"
phone = "+1-555-0102"
address = { line = ["1 Example Way"], city = "Exampleton", state = "OR", postal_code = "97001", country = "US" }
role = { system = "urn:example:party", code = "orders" }
qualification = { system = "urn:example:qualification", code = "oncology" }

[coverage]
identifier = { system = "urn:example:members", value = "M-4711-0815" }
subscriber_id = "S-99887766"
relationship = "self"
relationship_code = { system = "urn:example:relationship", code = "self" }
plan = { value = "P1", name = "Plan One" }
group = { value = "G7", name = "Group Seven" }
start = 2026-01-01
end = 2026-12-31

[[diagnosis]]
system = "http://hl7.org/fhir/sid/icd-10-cm"
code = "C18.9"
display = "Malignant neoplasm of colon, unspecified"
recorded = 2025-11-03
type = { system = "urn:example:diagnosis-type", code = "principal" }

[[diagnosis]]
system = "http://hl7.org/fhir/sid/icd-10-cm"
code = "C78.7"
recorded = 2025-11-20
type = { system = "urn:example:diagnosis-type", code = "secondary" }

[[order]]
kind = "medication"
system = "http://www.nlm.nih.gov/research/umls/rxnorm"
code = "51499"
display = "irinotecan"
category = { system = "urn:example:service-type", code = "drug" }
place = { system = "urn:example:place", code = "office" }
dose_text = "180 mg/m2 every two weeks"
quantity = { value = 12, unit = "dose" }
start = 2026-03-02
end = 2026-08-17
unit_price = { value = 250.5, currency = "USD" }

[[order]]
kind = "service"
system = "urn:example:procedures"
code = "INF-1"
display = "Infusion"
category = { system = "urn:example:service-type", code = "drug" }
place = { system = "urn:example:place", code = "office" }
quantity = { value = 12, unit = "visit" }
start = 2026-03-02
end = 2026-08-17
unit_price = { value = 400, currency = "USD" }
"""

#: What of the request file is personal, and stands in the bundle alone.
PERSONAL = (
    "Zwölfender", "4711-0815", "Quarkenbrück", "Wendelgard", "Zita", "1961", "0142-776", "Nirgendwo", "Fernsdorf",
    "Kirrweiler", "97999", "Telefonowa", "Olga", "Ordnungsmann", "Ulrike", "99887766",
)  # fmt: skip

_RANKED = {
    "patient_id": "P0007",
    "reference": "folfox",
    "comparison": {"study": "Example", "primary": "os", "horizon": 36, "unit": "months", "notes": []},
    "advice_basis": None,
    "options": [
        {
            "option": "folfiri",
            "rank": 1,
            "advice": "recommend",
            "outcomes": {},
            "difference": {
                "outcome": "os",
                "measure": "rmst",
                "horizon": 36,
                "unit": "months",
                "estimate": 2.5,
                "lower": 0.5,
                "upper": 4.5,
                "probability_better": 0.99,
            },
            "probability_best": 0.9,
            "evidence": [
                {
                    "source": "CIViC",
                    "id": "EID1",
                    "tier": "I-B",
                    "relation": "exact",
                    "direction": "supports sensitivity",
                    "level": "B",
                    "therapy": "irinotecan",
                    "reason": "the tumour has the alteration",
                }
            ],
            "safety": [
                {
                    "gene": "UGT1A1",
                    "phenotype": "UGT1A1 PM",
                    "drug": "irinotecan",
                    "action": "reduce",
                    "strength": "",
                    "source": "DPWG PA166104951",
                }
            ],
            "safety_marks": [],
            "support": None,
            "reasons": [],
            "no_estimate_reason": None,
            "axes": "both",
        }
    ],
    "trade_off": None,
    "findings": [],
    "provenance": {"model": "ab" * 32, "study": "cd" * 32, "knowledge": {"CIViC": "2026-01-01"}, "date": "2026-02-01"},
}


@pytest.fixture
def ranked():
    """One patient's object of a ranking."""
    return copy.deepcopy(_RANKED)


@pytest.fixture
def request_file(tmp_path):
    """A request file that gives everything."""
    path = tmp_path / "request.toml"
    path.write_text(REQUEST, encoding="utf-8")
    return path


@pytest.fixture
def request_text():
    return REQUEST


@pytest.fixture
def personal():
    """Texts that must stand in the bundle and nowhere else."""
    return PERSONAL
