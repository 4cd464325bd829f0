"""The made practice: its truth by construction, and its claims in every format as they were written."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from genorx.audit import Facts, Records, read_claims
from genorx.audit.versions import repeated_services, resolve_versions
from genorx.datasets import make_claims_practice
from genorx.datasets.claims_practice.care import npi_of
from genorx.datasets.claims_practice.drugs import DRUGS, discarded_units, units_of
from genorx.errors import UsageError


@pytest.fixture(scope="module")
def practice():
    return make_claims_practice(patients=300, seed=3, planted=2)


@pytest.fixture(scope="module")
def folder(practice, tmp_path_factory):
    return practice.write(tmp_path_factory.mktemp("practice"))


def test_the_same_seed_makes_the_same_practice(practice):
    again = make_claims_practice(patients=300, seed=3, planted=2)
    pd.testing.assert_frame_equal(practice.claims, again.claims)
    pd.testing.assert_frame_equal(practice.truth, again.truth)
    assert not practice.claims.equals(make_claims_practice(patients=300, seed=4, planted=2).claims)


def test_every_rule_is_planted_and_nothing_where_nothing_is_asked_for(practice):
    assert sorted(practice.truth["rule"].unique()) == [f"C{number:02d}" for number in range(1, 16)]
    clean = make_claims_practice(patients=300, seed=3, planted=0)
    assert clean.truth.empty
    assert set(clean.providers["kind"]) == {"look-alike: heavy patients"}


def test_no_line_is_planted_and_spared(practice):
    both = practice.truth.merge(practice.look_alikes, on=["claim_id", "line"])
    assert both.empty
    assert practice.look_alikes["kind"].nunique() >= 14


@pytest.mark.parametrize(
    ("code", "dose", "units", "left"),
    [("J9035", 305, 31, 9), ("J9355", 421, 43, 2), ("J9271", 200, 200, 0), ("J9263", 331, 662, 38)],
)
def test_units_and_wastage_of_worked_examples(code, dose, units, left):
    """CMS, Medicare Claims Processing Manual, chapter 17, section 40: round up what was given, down what is left."""
    assert units_of(DRUGS[code], Fraction(dose)) == units
    assert discarded_units(DRUGS[code], Fraction(dose)) == left


def test_the_check_digit_of_a_provider_number():
    """CMS's own example: 123456789 has the check digit 3."""
    assert npi_of("123456789") == "1234567893"


def test_too_few_patients_are_refused():
    with pytest.raises(UsageError):
        make_claims_practice(patients=10)
    with pytest.raises(UsageError):
        make_claims_practice(patients=300, planted=50)


def test_it_is_read_without_a_finding(folder):
    claims = read_claims(folder / "claims.csv")
    records, facts = Records.load(folder / "records"), Facts.load(folder / "facts")
    assert claims.attrs["findings"] == records.findings == facts.findings == ()
    assert set(records.tables) == {"patients", "administrations", "results", "stays", "orders"}


def test_services_billed_twice_are_those_that_were_planted(practice, folder):
    claims, facts = read_claims(folder / "claims.csv"), Facts.load(folder / "facts")
    found = repeated_services(claims, resolve_versions(claims).live, facts) >= 0
    planted = practice.truth.query("rule == 'C01'")
    lines = claims.loc[found, ["claim_id", "line"]].astype({"claim_id": object}).reset_index(drop=True)
    pd.testing.assert_frame_equal(lines, planted[["claim_id", "line"]].reset_index(drop=True), check_dtype=False)


def test_replacements_and_voids_are_settled(practice, folder):
    claims = read_claims(folder / "claims.csv")
    live = resolve_versions(claims).live
    spared = practice.look_alikes.query("kind in ('replaced', 'voided', 'void')")
    fallen = claims.loc[~live, ["claim_id", "line"]].astype({"claim_id": object})
    assert sorted(map(tuple, fallen.to_numpy())) == sorted(map(tuple, spared[["claim_id", "line"]].to_numpy()))


_KNOWN = {
    "837P": {"unit_type": "UN", "place": "11", "format": "837P"},
    "837I": {"unit_type": "UN", "place": "11", "format": "837I", "revenue": "0636"},
    "fhir": {"format": "fhir"},
    "stu3": {"format": "fhir"},
    "rif": {"format": "rif", "place": "11"},
}
_LEFT_OUT = {"rif": {"original_claim"}, "fhir": {"status"}, "stu3": {"status"}}


@pytest.fixture(scope="module")
def few(practice, tmp_path_factory):
    """The first claims, and the replacements and voids with what they name."""
    claims = practice.claims
    related = claims["original_claim"].ne("") | claims["claim_id"].isin(claims["original_claim"])
    return replace(practice, claims=claims[(claims["claim_id"] < "K000200") | related])


@pytest.mark.parametrize("form", list(_KNOWN))
def test_every_line_and_column_comes_back_from_every_format(few, tmp_path, form):
    """837, FHIR of R4 and STU3, and RIF hold what the CSV holds; what only a format has is as it was written."""
    path = few.write_as(form, tmp_path / f"claims.{form}")
    found, base = read_claims(path), read_claims(few.write(tmp_path) / "claims.csv")
    assert set(base["frequency"]) == {"1", "7", "8"}
    assert found.attrs["findings"] == ()
    expected = base.assign(file=path.name, billing_npi=base["npi"], service_end=base["service_date"], **_KNOWN[form])
    for column in set(found.columns) - _LEFT_OUT.get(form, set()):
        if column in ("units", "charge"):
            np.testing.assert_array_equal(found[column], expected[column])
        else:
            assert found[column].astype(str).tolist() == expected[column].astype(str).tolist(), column


def test_an_unknown_form(practice, tmp_path):
    with pytest.raises(UsageError, match="837P"):
        practice.write_as("xml", tmp_path / "x")
