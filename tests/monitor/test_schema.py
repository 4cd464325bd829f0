"""The JSON Schema of the report of a look: the committed file is the code's, and real reports fit it."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from genorx.monitor import Monitor
from genorx.monitor.schema import monitor_schema

SCHEMA = Path(__file__).resolve().parents[2] / "data_schemas" / "monitor.schema.json"


def _valid(report):
    jsonschema.validate(json.loads(report.to_json()), monitor_schema(), cls=jsonschema.Draft202012Validator)


def test_the_schema_file_is_the_one_that_the_code_makes():
    jsonschema.Draft202012Validator.check_schema(monitor_schema())
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == monitor_schema()


def test_reports_of_what_is_kept_held_and_changed_fit_the_schema(quiet, risen):
    kept = Monitor.from_tables(quiet.base, quiet.spec).check(quiet.snapshots[24.0], as_of=24.0, look=6)
    spoilt = quiet.snapshots[24.0].assign(wbc=lambda each: each["wbc"] * 1000)
    held = Monitor.from_tables(quiet.base, quiet.spec).check(spoilt, as_of=24.0, look=6)
    changed = Monitor.from_tables(risen.base, risen.spec).check(risen.snapshots[48.0], as_of=48.0, look=15)
    assert [each.action for each in (kept, held, changed)] == ["keep", "hold", "recalibrate_baseline"]
    for report in (kept, held, changed):
        _valid(report)
    stated = copy.deepcopy(json.loads(changed.to_json()))
    stated["update"].pop("intervals")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(stated, monitor_schema(), cls=jsonschema.Draft202012Validator)
