"""Days of arrival: found in any table that a study can read, and dates that no calendar has are refused."""

import datetime

import pandas as pd
import pytest

import genorx as gx
from genorx.errors import UsageError
from genorx.monitor.model_look import arrival_days
from genorx.monitor.model_watch import moment

TABLE = pd.DataFrame({"pid": ["a", "b"], "age": [50, 60], "inclusion_date": ["2026-01-02", None]})
STUDY = """
[study]
name = "small"
patient_id = "pid"
[[tables]]
path = "{name}"
role = "clinical"
"""


@pytest.mark.parametrize("name", ["c.csv", "c.csv.gz", "c.tsv", "c.dat"])
def test_the_table_of_arrivals_may_have_any_name(tmp_path, name):
    """A packed table was passed over: then every patient counts, and no follow-up is cut."""
    TABLE.to_csv(tmp_path / name, index=False)
    (tmp_path / "study.toml").write_text(STUDY.format(name=name))
    assert arrival_days(gx.Study.read(tmp_path / "study.toml")).to_dict() == {"a": "2026-01-02", "b": None}


def test_arrivals_are_found_in_frames_too():
    content = {"study": {"name": "s", "patient_id": "pid"}, "tables": [{"path": "clinical", "role": "clinical"}]}
    days = arrival_days(gx.Study.from_frames(content, {"clinical": TABLE}))
    assert days.to_dict() == {"a": "2026-01-02", "b": None}


@pytest.mark.parametrize("written", ["1970-01-03", "1970-01-03T23:59:00Z", datetime.date(1970, 1, 3), 2.0])
def test_a_day_is_counted_from_1970(written):
    assert moment(written, "days") == 2.0


@pytest.mark.parametrize("written", ["2026-06-300", "2026-06-30x", "20260630", "2026-W01-1", "2026-02-30", "in June"])
def test_a_text_that_only_begins_like_a_date_is_refused(written):
    with pytest.raises(UsageError) as caught:
        moment(written, "days")
    assert caught.value.code == "no-date"
