"""The page of an audit: its parts, escaped texts, no personal data, and the words that it does not use."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from genorx.audit import Auditor, Facts, Records, read_claims
from genorx.report.audit_figures import plot_amounts, plot_provider_funnel
from genorx.report.audit_page import EXPLAINED, audit_html

DAY = "2024-03-01"
NPI = "1234567893"


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Thirty lines without an administration, and one of a patient without a record whose claim is written as HTML."""
    home = tmp_path_factory.mktemp("case")
    lines = [(f"K{n:02d}", 1, "P1", NPI, DAY, "J9035", n + 1, 10 * n + 10, "") for n in range(30)]
    lines += [("<b>K</b>", 1, "P2", "12<i>", DAY, "J9035", 1, 10, "")]
    columns = ["claim_id", "line", "patient_id", "npi", "service_date", "code", "units", "charge", "modifiers"]
    table = pd.DataFrame(lines, columns=columns)
    table["modifiers"] = [f"{n:02d}" for n in range(len(table))]  # no two lines are the same service
    table.to_csv(home / "claims.csv", index=False)
    for name in ("records", "facts"):
        (home / name).mkdir()
    (home / "records/patients.csv").write_text(f"patient_id,sex,birth,death,npi\nP1,male,1961-02-03,,{NPI}\n")
    (home / "records/administrations.csv").write_text("patient_id,date,drug,dose_mg\nP1,2024-01-01,bevacizumab,5\n")
    (home / "facts/drug_codes.csv").write_text(
        "code,drug,mg_per_unit,vials_mg,single_dose,valid_from,valid_to\n"
        "J9035,bevacizumab,10,100 400,true,2024-01-01,2024-12-31\n"
    )
    auditor = Auditor(as_of="2025-01-01").fit(Records.load(home / "records"))
    return auditor, auditor.check(read_claims(home / "claims.csv"), Facts.load(home / "facts"))


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.faults = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "link", "img", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.faults.append(tag)


def test_the_page_has_amounts_gaps_lines_and_dates_of_facts(checked):
    """Thirty lines of 10.00 to 300.00 are 4,650.00; one of a patient without a record has an invalid number, 10.00."""
    page = audit_html(*checked)
    assert "31 of 31 live lines" in page
    assert "4,660.00" in page
    assert "4,650.00" in page
    assert "the patient has no record" in page
    assert page.count("<details>") == EXPLAINED + 1  # C05, and the invalid number of C12
    assert "none on that day; the nearest administration of bevacizumab is on 2024-01-01, 60 days before" in page
    assert "2024-12-31" in page
    assert "Providers against peers" not in page
    parser = _Text()
    parser.feed(page)
    assert (parser.open, parser.faults) == ([], [])


def test_texts_of_users_are_escaped_and_birth_dates_are_not_there(checked):
    auditor, found = checked
    auditor.note("K15", 1, "<script>alert(1)</script>")
    page = audit_html(auditor, found)
    assert "&lt;b&gt;K&lt;/b&gt;" in page
    assert "12&lt;i&gt;" in page
    assert "<script" not in page
    assert "1961" not in page
    assert "http://" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)


def test_providers_are_shown_where_they_were_compared(checked):
    auditor, found = checked
    names = [f"{n:010d}" for n in range(20)]
    table = pd.DataFrame(
        {"npi": names, "rule": "C03", "n": 40, "k": 1, "rate": 1 / 40, "shrunken": 0.03, "lower": 0.01}
    )
    table = table.assign(upper=0.1, expected=1.0, p=0.5, q=0.5, flagged=0)
    flagged = table.index == 3
    table.loc[flagged, ["k", "rate", "flagged"]] = [30, 0.75, 1]
    page = audit_html(auditor, found, table)
    assert "Providers against peers" in page
    assert "<td>0000000003</td><td>C03</td>" in page
    assert "1 provider has a higher rate of findings than the peers." in page.split("<h2>")[0]
    assert "No provider is flagged." in audit_html(auditor, found, table.assign(flagged=0))


def test_figures_take_axes_and_return_them(checked):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert plot_amounts({"C03": {"lines": 1, "amount": 5.0}}, ax=axes) is axes
    assert [bar.get_width() for bar in axes.patches] == [5.0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["C03"]
    titles = {"C03": "units above the dose"}
    named = plot_amounts({"C03": {"lines": 1, "amount": 5.0}}, titles=titles, ax=Figure().subplots())
    assert [label.get_text() for label in named.get_yticklabels()] == ["C03 units above the\ndose"]
    table = pd.DataFrame({"npi": ["1"], "n": [10], "rate": [0.1], "expected": [0.2], "flagged": [1]})
    axes = Figure().subplots()
    assert plot_provider_funnel(table, ax=axes) is axes


def test_a_page_of_nothing_found_says_so(checked):
    auditor = Auditor(rules=["C12"], as_of="2025-01-01").fit(checked[0].records_)
    claims = checked[0].case_.claims
    found = auditor.check(claims[claims["claim_id"] == "K05"], checked[0].case_.facts)
    page = audit_html(auditor, found)
    assert "No rule found a discrepancy." in page
    assert "Every rule was applied to every line that it looks at." in page
    assert "could not be applied" not in page


def test_the_top_says_what_was_not_assessed_and_what_is_serious(checked):
    """No table of results, stays, orders, exclusions, limits or pairs is there; nobody died or is excluded."""
    auditor, found = checked
    gaps = len(auditor.info()["not_assessed"])
    top = audit_html(auditor, found).split("<h2>")[0]
    assert f"<strong>{gaps} of 15 rules</strong> could not be applied to all lines" in top
    assert "A line without a discrepancy is not shown to be right." in top
    assert "Serious" not in top


def test_serious_rules_are_named_at_the_top(checked):
    auditor = Auditor(rules=["C02"], as_of="2025-01-01").fit(checked[0].records_)
    auditor.check(checked[0].case_.claims, checked[0].case_.facts)
    dead = {"C02": {"lines": 2, "amount": 30.0}}
    auditor.info = lambda **_: {**Auditor.info(auditor), "by_rule": dead}
    top = audit_html(auditor, checked[1].head(0)).split("<h2>")[0]
    assert "Serious: service after death (C02), 2 lines." in top


def test_an_explained_line_is_named_once(checked):
    page = audit_html(*checked)
    assert "<h3>claim" not in page
    assert "<summary>K29 line 1" in page


def test_providers_that_cannot_be_compared_are_not_said_to_be_unflagged(checked):
    auditor, found = checked
    columns = ["npi", "rule", "n", "k", "rate", "shrunken", "lower", "upper", "expected", "p", "q", "flagged"]
    page = audit_html(auditor, found, pd.DataFrame(columns=columns))
    assert "No provider could be compared" in page
    assert "No provider is flagged." not in page
