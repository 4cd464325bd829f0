"""Costs of live lines, added up by hand."""

import numpy as np
import pandas as pd
import pytest

from genorx.audit import costs
from genorx.errors import UsageError

ROWS = [
    ("K1", 1, "P1", "2024-01-05", "1", "", 10.10),
    ("K1", 2, "P1", "2024-01-06", "1", "", 0.20),
    ("K2", 1, "P1", "2024-02-01", "7", "K3", 5.0),
    ("K3", 1, "P1", "2024-02-01", "1", "", 500.0),
    ("K4", 1, "P2", "2024-03-01", "1", "", 7.0),
    ("K5", 1, "P2", "2024-03-01", "8", "K6", 9.0),
    ("K6", 1, "P2", "2024-03-01", "1", "", 9.0),
]
NAMES = ("claim_id", "line", "patient_id", "service_date", "frequency", "original_claim", "charge")


def claims(*more):
    frame = pd.DataFrame([*ROWS, *more], columns=NAMES)
    return frame.assign(npi="1", code="J1", units=1)


def test_replaced_and_voided_lines_cost_nothing():
    found = costs(claims())
    assert found.to_dict("list") == {"patient_id": ["P1", "P2"], "cost": [15.3, 7.0]}
    assert found.attrs["findings"] == ()


def test_first_and_last_day_count():
    assert costs(claims(), "2024-01-06", "2024-02-01")["cost"].tolist() == [5.2]
    assert costs(claims(), start="2024-03-01")["patient_id"].tolist() == ["P2"]


def test_a_charge_that_is_not_known_is_not_zero():
    found = costs(claims(("K7", 1, "P2", "2024-03-02", "1", "", np.nan)))
    assert found["cost"][0] == 15.3
    assert np.isnan(found["cost"][1])
    assert [each.code for each in found.attrs["findings"]] == ["charge-missing"]


def test_a_line_without_a_day_is_in_no_period():
    more = ("K7", 1, "P2", "", "1", "", 1.0)
    assert costs(claims(more))["cost"].tolist() == [15.3, 8.0]
    found = costs(claims(more), start="2024-01-01")
    assert found["cost"].tolist() == [15.3, 7.0]
    assert [each.code for each in found.attrs["findings"]] == ["claim-date-missing"]


@pytest.mark.parametrize(("start", "end"), [("soon", None), ("2024-02-30", None), ("2024-02-01", "2024-01-01")])
def test_days_that_cannot_be(start, end):
    with pytest.raises(UsageError):
        costs(claims(), start, end)
