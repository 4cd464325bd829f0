"""The auditor as a whole: a made practice with its truth, order of rows, what is not assessed, rules of one's own."""

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from genorx.audit import Auditor, Facts, Records, read_claims
from genorx.audit.providers import with_providers
from genorx.audit.summary import summary_schema
from genorx.audit.written import table_text
from genorx.errors import InputError, UsageError

DAY = "2024-03-01"


@pytest.fixture(scope="session")
def practice(shared):
    """A made practice of 420 patients with its truth."""
    place = shared / "data" / "claims" / "practice_1"
    if not place.is_dir():
        pytest.skip("the made practice is absent from the development data")
    return place


@pytest.fixture(scope="session")
def practised(practice):
    auditor = Auditor().fit(Records.load(practice))
    return auditor, auditor.check(read_claims(practice / "claims.csv"), Facts.load(practice))


def test_a_made_practice_gives_exactly_its_truth(practice, practised):
    """Lines, rules and amounts to the cent: 316 planted, 7,349 live; nothing else is flagged."""
    truth = pd.read_csv(practice / "truth.csv", dtype={"claim_id": str}).sort_values(["claim_id", "line", "rule"])
    found = practised[1]
    assert found[["claim_id", "line", "rule"]].to_numpy().tolist() == truth[truth.columns[:3]].to_numpy().tolist()
    assert np.rint(found["amount"] * 100).tolist() == np.rint(truth["amount"] * 100).tolist()
    assert found.attrs["not_assessed"] == {}


def test_providers_who_bill_above_the_record_are_flagged_and_those_of_heavy_patients_are_not(practice, practised):
    """Four of the five planted; the fifth, 9 of 53 lines, has q = 0.15 by the stated test.  Nobody else is flagged."""
    auditor, found = practised
    truth = pd.read_csv(practice / "providers_truth.csv", dtype=str).set_index("npi")["kind"]
    table = auditor.providers(found)
    flagged = table[table["flagged"] == 1]
    kinds = truth.reindex(flagged["npi"])
    assert kinds.value_counts().to_dict() == {"inflated units": 2, "panel for everybody": 2}
    missed = table[(table["rule"] == "C03") & (table["k"] == 9)]
    assert missed["q"].tolist() == pytest.approx([0.1536], abs=1e-4)
    written = with_providers(found, table)
    rows = written[written["rule"] == "P01"]
    assert sorted(rows["npi"]) == sorted(flagged["npi"])
    assert rows["line"].isna().all()
    assert rows["amount"].isna().all()


def test_what_is_at_stake_counts_a_line_once_with_its_largest_amount(practised):
    auditor, found = practised
    info = auditor.info()
    assert info["at_stake"] == pytest.approx(found.groupby(["claim_id", "line"])["amount"].max().sum())
    assert info["at_stake"] < sum(each["amount"] for each in info["by_rule"].values())
    assert info["lines"] == info["live"] + info["replaced"] + info["voided"] == 7385


def test_the_schema_of_the_summary_is_the_one_in_the_folder_and_fits_it(practised):
    written = Path(__file__).resolve().parents[2] / "data_schemas" / "claims_audit.schema.json"
    assert json.loads(written.read_text(encoding="utf-8")) == summary_schema(), "run scripts/write_schemas.py"
    jsonschema.validate(practised[0].info(), summary_schema())


def test_bytes_do_not_depend_on_the_order_of_rows(practice, practised, tmp_path):
    """Every table of the practice with its rows shuffled, claims also split over two files."""
    rng = np.random.default_rng(0)
    for path in practice.glob("*.csv"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table = table.iloc[rng.permutation(len(table))]
        if path.stem == "claims":
            table.iloc[:4000].to_csv(tmp_path / "b.csv", index=False)
            table.iloc[4000:].to_csv(tmp_path / "a.csv", index=False)
        else:
            table.to_csv(tmp_path / path.name, index=False)
    auditor = Auditor().fit(Records.load(tmp_path))
    found = auditor.check(read_claims(tmp_path / "b.csv", tmp_path / "a.csv"), Facts.load(tmp_path))
    assert table_text(found) == table_text(practised[1])
    both = [table_text(made.providers(table)) for made, table in ((auditor, found), practised)]
    assert both[0] == both[1]


def test_nothing_of_a_practice_in_which_each_line_is_supported_is_flagged(practice, practised, tmp_path):
    """The practice without the planted lines, C03 put right by hand: no line and no provider."""
    for path in practice.glob("*.csv"):
        shutil.copy(path, tmp_path / path.name)
    claims = pd.read_csv(practice / "claims.csv", dtype=str, keep_default_na=False)
    found = practised[1]
    planted = pd.MultiIndex.from_frame(found[["claim_id", "line"]].astype(str))
    kept = ~pd.MultiIndex.from_frame(claims[["claim_id", "line"]]).isin(planted)
    claims[kept].to_csv(tmp_path / "claims.csv", index=False)
    auditor = Auditor().fit(Records.load(tmp_path))
    clean = auditor.check(read_claims(tmp_path / "claims.csv"), Facts.load(tmp_path))
    assert len(clean) == 0
    assert list(clean.columns) == list(found.columns)
    assert auditor.providers(clean)["flagged"].sum() == 0
    assert auditor.info()["at_stake"] == 0


@pytest.mark.parametrize(
    ("absent", "rules"),
    [
        ("administrations", {"C03", "C04", "C05", "C09"}),
        ("results", {"C07", "C08"}),
        ("stays", {"C10"}),
        ("orders", {"C09"}),
        ("drug_codes", {"C01", "C03", "C04", "C05", "C07", "C10"}),
        ("test_codes", {"C06", "C08", "C09"}),
        ("limits", {"C14"}),
        ("pairs", {"C15"}),
        ("sex_codes", {"C11"}),
        ("exclusions", {"C13"}),
        ("pgx_drugs", {"C09"}),
    ],
)
def test_rules_without_a_table_are_not_assessed_and_the_others_are(practice, practised, tmp_path, absent, rules):
    """What the other rules say stays as it was; a rule without its facts might look at any of the 7,349 live lines."""
    for path in practice.glob("*.csv"):
        if path.stem != absent:
            shutil.copy(path, tmp_path / path.name)
    auditor = Auditor().fit(Records.load(tmp_path))
    found = auditor.check(read_claims(tmp_path / "claims.csv"), Facts.load(tmp_path))
    gaps = found.attrs["not_assessed"]
    assert set(gaps) == rules
    assert all(f"no table {absent}" in gap["why"] and gap["lines"] > 0 for gap in gaps.values())
    whole = practised[1]
    expected = whole[~whole["rule"].isin(rules)]
    if absent != "drug_codes":  # without it no service is known to be billed twice, and nothing is set aside
        assert table_text(found) == table_text(expected)


def test_chosen_rules_alone_are_applied(audited, rows):
    lines = [rows.line("A", 1, DAY, "J9035", 40, npi="1")]
    assert [flag[2] for flag in audited(lines).flags] == ["C05", "C12"]
    assert [flag[2] for flag in audited(lines, rules=["C12"]).flags] == ["C12"]


def test_a_day_in_the_future_is_said_and_kept(audited, rows):
    """The fixture's audits are as of 1 January 2026: that day is right, the next is not."""
    case = audited([rows.line("A", 1, "2026-01-01", "X1", 1), rows.line("B", 1, "2026-01-02", "X1", 1)])
    future = [each for each in case.found.attrs["findings"] if each.code == "date-in-future"]
    assert [(each.place, each.severity) for each in future] == [("claim B line 1", "warning")]


def test_codes_that_the_facts_do_not_name_are_reported(audited, rows):
    """J9035 is a code of the fixture's facts; 6-002.h3 is one of another country."""

    def stated(*codes):
        lines = [rows.line("A", number, DAY, code, 1) for number, code in enumerate(codes, start=1)]
        found = audited(lines).found.attrs["findings"]
        return [(each.severity, each.place) for each in found if each.code == "code-without-facts"]

    assert stated("6-002.h3", "J9035") == []
    assert stated("6-002.h3") == [("serious", None)]
    assert stated("J9035", "j9035") == [("warning", "claim A line 2")]


def test_lines_without_a_day_are_not_assessed_by_rules_that_need_one(audited, rows, tmp_path):
    case = audited([rows.line("A", 1, DAY, "J9035", 1)])
    claims = case.auditor.case_.claims.assign(service_date="")
    again = case.auditor.check(claims, Facts.load(tmp_path / "facts"))
    assert len(again) == 0
    assert again.attrs["not_assessed"]["C05"] == {"lines": 1, "why": "the line has no service date"}
    assert "C12" not in again.attrs["not_assessed"]


class _EveryCode:
    """A rule that flags each line of a code."""

    code, title = "X01", "code under review"

    def __init__(self, needs=(), answer=None):
        self.needs, self.answer = needs, answer

    def find(self, lines, records, facts):
        assert "patients" in records
        assert "drug_codes" in facts
        if self.answer is not None:
            return self.answer
        rows = lines.loc[lines["code"] == "X1", ["claim_id", "line"]]
        return rows.assign(amount=1.005, reason="under review")


def test_a_rule_of_ones_own_stands_beside_the_shipped_ones(audited, rows):
    lines = [rows.line("B", 1, DAY, "X1", 1), rows.line("A", 2, DAY, "X1", 1), rows.line("A", 1, DAY, "X2", 1, npi="1")]
    case = audited(lines, rules=["C12", _EveryCode()])
    assert case.flags == [("A", 1, "C12", 10.0), ("A", 2, "X01", 1.0), ("B", 1, "X01", 1.0)]  # 1.005 in binary is below
    assert case.auditor.explain("B", 1).rules == ("X01",)


def test_a_rule_of_ones_own_without_its_table_is_not_applied(audited, rows):
    case = audited([rows.line("A", 1, DAY, "X1", 1)], rules=[_EveryCode(needs=["stays"])])
    assert case.flags == []
    assert case.found.attrs["not_assessed"] == {"X01": {"lines": 1, "why": "there is no table stays"}}


@pytest.mark.parametrize(
    "answer",
    [
        pd.DataFrame({"claim_id": ["A"], "line": [1]}),
        pd.DataFrame({"claim_id": ["Z"], "line": [1], "amount": [1], "reason": ["r"]}),
        pd.DataFrame({"claim_id": ["A", "A"], "line": [1, 1], "amount": [1, 2], "reason": ["r", "r"]}),
        "A",
    ],
)
def test_an_answer_that_names_no_line_once_is_refused(audited, rows, answer):
    with pytest.raises(InputError) as caught:
        audited([rows.line("A", 1, DAY, "X1", 1)], rules=[_EveryCode(answer=answer)])
    assert caught.value.code == "rule-answer"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"rules": ["C99"]}, "rule-unknown"),
        ({"rules": [object()]}, "rule-unknown"),
        ({"rules": ["C01", "C01"]}, "rule-twice"),
        ({"rules": "C01"}, "usage"),
        ({"tolerance_days": -1}, "usage"),
        ({"tolerance_days": 1.5}, "usage"),
    ],
)
def test_settings_that_mean_nothing_are_refused(audited, rows, settings, code):
    with pytest.raises(UsageError) as caught:
        audited([rows.line("A", 1, DAY, "X1", 1)], **settings)
    assert caught.value.code == code


def test_a_rule_may_not_take_the_code_of_a_shipped_one(practised):
    rule = _EveryCode()
    rule.code = "C03"
    with pytest.raises(UsageError) as caught:
        Auditor(rules=[rule]).fit(practised[0].records_)
    assert caught.value.code == "rule-twice"


def test_a_day_that_is_none_is_refused(practised):
    with pytest.raises(UsageError, match="as_of 'yesterday' is not a date"):
        Auditor(as_of="yesterday").fit(practised[0].records_)


def test_what_comes_before_fit_and_check_says_so(practised):
    claims = practised[0].case_.claims
    for call in (
        lambda: Auditor().check(claims, Facts()),
        lambda: Auditor().fit(practised[0].records_).providers(claims),
        lambda: Auditor().fit(practised[0].records_).explain("A", 1),
        lambda: Auditor().fit(practised[0].records_).info(),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.code == "not-fitted"


def test_an_audit_of_no_lines_has_an_empty_table(audited, rows, tmp_path):
    case = audited([rows.line("A", 1, DAY, "X1", 1)])
    empty = case.auditor.check(case.auditor.case_.claims.iloc[:0], Facts.load(tmp_path / "facts"))
    assert len(empty) == 0
    assert case.auditor.info()["lines"] == 0
    assert len(case.auditor.providers(empty)) == 0
