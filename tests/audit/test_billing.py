"""Billing of doses and what vials waste, by hand."""

import pytest

from genorx.audit import Billing, Facts, Records, units, waste
from genorx.errors import InputError, UsageError

DAY = "2024-03-01"


@pytest.fixture
def facts(rows, tmp_path):
    codes = [
        {"code": "J9035", "drug": "bevacizumab", "mg_per_unit": 10, "vials_mg": "100 400", "single_dose": 1},
        {"code": "D331", "drug": "d", "mg_per_unit": 1, "vials_mg": "80 200 400", "single_dose": 1},
        {"code": "D75", "drug": "e", "mg_per_unit": 100, "vials_mg": "100", "single_dose": 1},
        {"code": "J9355", "drug": "trastuzumab", "mg_per_unit": 10, "vials_mg": "150", "single_dose": 1},
        {"code": "MULTI", "drug": "insulin", "mg_per_unit": 1, "vials_mg": "100", "single_dose": 0},
        {"code": "BARE", "drug": "f", "mg_per_unit": 1, "vials_mg": "", "single_dose": 1},
        {"code": "NEW", "drug": "g", "mg_per_unit": 5, "vials_mg": "10", "single_dose": 1, "valid_to": "2023-12-31"},
        {"code": "NEW", "drug": "g", "mg_per_unit": 1, "vials_mg": "10", "single_dose": 1, "valid_from": "2024-01-01"},
    ]
    return Facts.load(rows.written(tmp_path / "facts", {"drug_codes": codes}))


@pytest.mark.parametrize(
    ("code", "mg", "expected"),
    [
        ("J9035", 305, Billing(units=31, discarded=9, modifier="JW", vials=((400, 1),), waste_mg=95)),
        ("D331", 331, Billing(units=331, discarded=29, modifier="JW", vials=((80, 2), (200, 1)), waste_mg=29)),
        ("D75", 75, Billing(units=1, discarded=0, modifier="JZ", vials=((100, 1),), waste_mg=25)),
        ("J9355", 421, Billing(units=43, discarded=2, modifier="JW", vials=((150, 3),), waste_mg=29)),
        ("MULTI", 30, Billing(units=30, discarded=0, modifier=None, vials=((100, 1),), waste_mg=0)),
        ("BARE", 30, Billing(units=30, discarded=None, modifier=None, vials=(), waste_mg=None)),
        ("D331", 80.5, Billing(units=81, discarded=79, modifier="JW", vials=((80, 2),), waste_mg=79.5)),
    ],
)
def test_worked_examples(facts, code, mg, expected):
    """The four of the rule; vials for several doses; sizes not known; 160 - 80.5 = 79.5, floor(160) - 81 = 79."""
    assert units(code, mg=mg, facts=facts) == expected


def test_facts_of_the_day_count_and_else_the_newest(facts):
    """7 mg are 2 units of 5 mg until 2023, and 7 of 1 mg from 2024."""
    assert units("NEW", mg=7, facts=facts, on="2023-06-01").units == 2
    assert units("NEW", mg=7, facts=facts, on=DAY).units == units("NEW", mg=7, facts=facts).units == 7


@pytest.mark.parametrize("mg", [0, -1, 0.0001, float("nan"), float("inf")])
def test_a_dose_of_nothing_is_refused(facts, mg):
    with pytest.raises(InputError) as caught:
        units("J9035", mg=mg, facts=facts)
    assert caught.value.code == "dose-invalid"


def test_codes_without_facts_are_refused(facts):
    for call in (
        lambda: units("Z", mg=1, facts=facts),
        lambda: units("Z", mg=1, facts=Facts()),
        lambda: units("NEW", mg=1, facts=Facts(tables={"drug_codes": facts.tables["drug_codes"].iloc[6:7]}), on=DAY),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.code == "code-unknown"
    with pytest.raises(UsageError, match="on 'May' is not a date"):
        units("NEW", mg=1, facts=facts, on="May")


def test_what_vials_leave_and_what_could_be_saved(facts, rows, tmp_path):
    """Trastuzumab from vials of 150 mg, three doses of a provider on a day and one of another.

    305: 450 opened, 145 left; nearest 300 is 5 away, within 15.25: 150 less opened.
    421: 450 opened, 29 left; 450 is 29 away, beyond 21.05: unchanged.
    445: 450 opened, 5 left; 450 is 5 away: rounded up, nothing left and nothing less opened.
    305 + 421 + 445 = 1171: 1200 together, 150 less than 1350.  200 of another provider: 300, 100 left.
    """
    doses = [rows.given(DAY, "trastuzumab", dose, patient) for dose, patient in ((305, "P1"), (421, "P2"), (445, "P3"))]
    doses += [rows.given(DAY, "trastuzumab", 200, "P4") | {"npi": rows.other}, rows.given(DAY, "trastuzumab", "", "P5")]
    doses += [rows.given(DAY, "insulin", 30), rows.given(DAY, "unknown", 30)]
    people = [{"patient_id": f"P{n}", "sex": "male", "birth": "", "death": ""} for n in range(1, 6)]
    recs = Records.load(rows.written(tmp_path / "records", {"patients": people, "administrations": doses}))
    (row,) = waste(recs, facts).to_dict("records")
    assert row == {
        "drug": "trastuzumab", "administrations": 4, "opened_mg": 1650.0, "left_mg": 279.0, "left_units": 27,
        "left_mg_each": 69.75, "rounded": 2, "rounding_left_mg": 129.0, "rounding_saved_mg": 150.0,
        "rounding_saved_units": 15, "shared": 3, "sharing_left_mg": 129.0, "sharing_saved_mg": 150.0,
        "sharing_saved_units": 15,
    }  # fmt: skip
    plain = waste(recs, facts, rounding=None, share_vials=False)
    assert list(plain) == ["drug", "administrations", "opened_mg", "left_mg", "left_units", "left_mg_each"]


def test_sharing_is_not_known_where_no_provider_is_named(facts, rows, tmp_path):
    doses = [rows.given(DAY, "trastuzumab", 305) | {"npi": ""}]
    people = [{"patient_id": "P1", "sex": "male", "birth": "", "death": ""}]
    recs = Records.load(rows.written(tmp_path / "records", {"patients": people, "administrations": doses}))
    row = waste(recs, facts).iloc[0]
    assert row[["shared", "sharing_left_mg", "sharing_saved_mg", "sharing_saved_units"]].isna().all()


def test_waste_needs_administrations_and_a_share_between_0_and_1(facts, rows, tmp_path):
    people = [{"patient_id": "P1", "sex": "male", "birth": "", "death": ""}]
    recs = Records.load(rows.written(tmp_path / "records", {"patients": people}))
    with pytest.raises(InputError) as caught:
        waste(recs, facts)
    assert caught.value.code == "table-missing"
    with pytest.raises(UsageError, match="rounding 5 is not between 0 and 1"):
        waste(recs, facts, rounding=5)
