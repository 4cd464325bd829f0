"""Which lines stand: worked by hand from the meaning of the frequency codes 7 (replaces) and 8 (voids)."""

import pandas as pd
import pytest

from genorx.audit import Facts
from genorx.audit.claim_table import as_claims
from genorx.audit.versions import STATES, repeated_services, resolve_versions
from genorx.errors import TableError


def claims_of(*rows):
    """Rows of claim, frequency, original; each of two lines."""
    names = ("claim_id", "frequency", "original_claim")
    base = {"patient_id": "P1", "npi": "1", "service_date": "2024-01-05", "code": "J9271", "units": 1}
    made = [dict(zip(names, row, strict=True)) | base | {"line": line} for row in rows for line in (1, 2)]
    return as_claims(pd.DataFrame(made))


def states(claims):
    found = resolve_versions(claims)
    return {claim: STATES[state] for claim, state in zip(claims["claim_id"], found.state, strict=True)}


def test_a_replacement_takes_the_place_of_all_lines():
    claims = claims_of(("K1", "1", ""), ("K2", "7", "K1"), ("K3", "1", ""))
    assert states(claims) == {"K1": "replaced", "K2": "live", "K3": "live"}
    found = resolve_versions(claims)
    assert found.live.tolist() == [False, False, True, True, True, True]
    assert found.by.tolist() == ["K2", "K2", "", "", "", ""]
    assert found.findings == ()


def test_a_void_falls_away_with_what_it_voids():
    claims = claims_of(("K1", "1", ""), ("K2", "8", "K1"))
    assert states(claims) == {"K1": "voided", "K2": "void"}


def test_a_replaced_replacement_still_replaces():
    claims = claims_of(("K1", "1", ""), ("K2", "7", "K1"), ("K3", "7", "K2"))
    assert states(claims) == {"K1": "replaced", "K2": "replaced", "K3": "live"}


def test_a_voided_replacement_still_replaces():
    """Named by a replacement, a claim falls away also where that one is voided later."""
    claims = claims_of(("K1", "1", ""), ("K2", "7", "K1"), ("K3", "8", "K2"))
    assert states(claims) == {"K1": "replaced", "K2": "voided", "K3": "void"}


def test_a_claim_that_is_replaced_and_voided():
    claims = claims_of(("K1", "1", ""), ("K2", "7", "K1"), ("K3", "8", "K1"))
    assert states(claims) == {"K1": "voided", "K2": "live", "K3": "void"}
    assert resolve_versions(claims).by[:2].tolist() == ["K3", "K3"]


def test_an_original_that_is_not_in_the_input():
    claims = claims_of(("K2", "7", "K1"), ("K4", "8", ""))
    assert states(claims) == {"K2": "live", "K4": "void"}
    (finding,) = resolve_versions(claims).findings
    assert (finding.code, finding.place) == ("original-unknown", "claim K2")
    assert finding.message.startswith("2 ")


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_fhir_claims_that_never_stand_replace_nothing(status):
    claims = claims_of(("K1", "1", ""), ("K2", "7", "K1"))
    claims.loc[claims["claim_id"] == "K2", "status"] = status
    assert states(claims) == {"K1": "live", "K2": "cancelled"}


@pytest.mark.parametrize(("status", "original"), [("cancelled", "voided"), ("entered-in-error", "live")])
def test_a_cancelled_fhir_claim_that_names_another_voids_it(status, original):
    """As a reader gives it: frequency 8; a claim entered in error should never have said anything of another."""
    claims = claims_of(("K1", "1", ""), ("K2", "8", "K1"))
    claims.loc[claims["claim_id"] == "K2", "status"] = status
    assert states(claims) == {"K1": original, "K2": "cancelled"}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((("K1", "7", "K2"), ("K2", "7", "K1")), "claim-circle"),
        ((("K1", "7", "K1"),), "claim-circle"),
        ((("K1", "7", "K3"), ("K2", "7", "K1"), ("K3", "7", "K2")), "claim-circle"),
        ((("K1", "1", ""), ("K2", "8", "K1"), ("K3", "8", "K2")), "claim-chain"),
    ],
)
def test_circles_and_voids_of_voids(rows, code):
    with pytest.raises(TableError) as caught:
        resolve_versions(claims_of(*rows))
    assert caught.value.code == code
    assert caught.value.exit_code == 3
    assert str(caught.value.place).startswith("claim K")


def facts_of():
    table = pd.DataFrame({"code": ["J9271"], "valid_from": [-1_000_000], "valid_to": [4_000_000]})
    return Facts(tables={"drug_codes": table})


def services(**columns):
    size = len(next(iter(columns.values())))
    base = {"patient_id": "P1", "npi": "1", "service_date": "2024-01-05", "code": "J9271", "units": 1, "modifiers": ""}
    frame = pd.DataFrame({"claim_id": [f"K{place}" for place in range(size)], "line": 1, **base} | columns)
    claims = as_claims(frame)
    return repeated_services(claims, resolve_versions(claims).live, facts_of()).tolist()


def test_the_first_line_of_a_service_stands():
    assert services(units=[1, 2, 3]) == [-1, 0, 0]


def test_another_day_patient_provider_code_or_set_of_modifiers_is_another_service():
    assert services(service_date=["2024-01-05", "2024-01-06"]) == [-1, -1]
    assert services(patient_id=["P1", "P2"]) == [-1, -1]
    assert services(npi=["1", "2"]) == [-1, -1]
    assert services(code=["J9271", "J9272"]) == [-1, -1]
    assert services(modifiers=["", "76"]) == [-1, -1]
    assert services(modifiers=["JW 59", "59 JW"]) == [-1, 0]


def test_what_is_not_known_is_like_nothing():
    assert services(service_date=["", ""]) == [-1, -1]
    assert services(patient_id=["", ""]) == [-1, -1]
    assert services(npi=["", ""]) == [-1, -1]


def test_only_drugs_are_looked_at():
    assert services(code=["LOC", "LOC"]) == [-1, -1]


def test_a_replaced_line_is_no_first():
    assert services(frequency=["1", "7", "1"], original_claim=["", "K0", ""]) == [-1, -1, 1]
