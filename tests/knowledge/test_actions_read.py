"""Coded actions of the shipped pack against what a reader found in the source's texts, row by row (``actions.tsv``).

A line covers every row of its drugs whose keys are among the line's.  Rows that the source classes as "No
recommendation" need no line.
"""

import csv
from itertools import product
from pathlib import Path

import pytest

from genorx.knowledge import default_pack

ULTRARAPID = ("2.5", "2.75", "3.0", "4.0", "≥3.0", "≥3.25", "≥3.5", "≥3.75", "≥4.0", "≥5.0", "≥6.0")
#: How the table shortens keys; CYP2D6 and CYP2C9 are read by score, G6PD by plain words.
WORDS = {
    "NM": ("Normal Metabolizer",),
    "IM": ("Intermediate Metabolizer",),
    "PM": ("Poor Metabolizer",),
    "RM": ("Rapid Metabolizer",),
    "UM": ("Ultrarapid Metabolizer",),
    "LIM": ("Likely Intermediate Metabolizer",),
    "LPM": ("Likely Poor Metabolizer",),
    "PIM": ("Possible Intermediate Metabolizer",),
    "Ind": ("Indeterminate",),
    "NR": ("No Result",),
    "xN": ("xN combinations",),
    "PDecreased": ("Possible Decreased Function",),
    **{name: (f"{name} Function",) for name in ("Normal", "Increased", "Decreased", "Poor")},
}
SCORES = {
    "CYP2D6": {
        "PM": ("0.0",),
        "IM": ("0.25", "0.5", "0.75", "1.0"),
        "NM": ("1.25", "1.5", "1.75", "2.0", "2.25"),
        "UM": ULTRARAPID,
    },
    "CYP2C9": {"PM": ("0.0", "0.5"), "NM": ("2.0",)},
    "G6PD": {"Normal": ("Normal",)},
}


def expand(keys):
    """Return every combination of a line, as sets of (gene, value)."""
    choices = []
    for part in keys.split(" & "):
        gene, _, values = part.partition("=")
        choices.append([(gene, value) for name in values.split(",") for value in values_of(gene, name)])
    return {frozenset(each) for each in product(*choices)}


def values_of(gene, name):
    return SCORES.get(gene, {}).get(name) or WORDS.get(name) or (name,)


def stated(key):
    """Return a row's key in the table's form: a diplotype as its alleles joined."""
    return frozenset((gene, value if isinstance(value, str) else joined(value)) for gene, value in key.items())


def joined(counts):
    return "+".join(name for name, count in sorted(counts.items()) for _ in range(count))


@pytest.fixture(scope="module")
def lines():
    path = Path(__file__).with_name("actions.tsv")
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [{**line, "keys": expand(line["keys"])} for line in csv.DictReader(rows, delimiter="\t")]


def all_rows():
    """Yield source, drug, row and key, once a drug and key."""
    for guideline in default_pack().guidelines:
        for row in guideline.rows:
            yield from ((guideline.source, drug, row, stated(key)) for drug in row.drugs for key in row.keys)


def fits(line, source, drug, row, key):
    return (
        line["source"] == source
        and (line["drugs"] == "*" or drug in line["drugs"].split(","))
        and line["population"] in ("", row.population)
        and key in line["keys"]
    )


def test_every_row_has_the_action_and_the_change_that_its_text_states(lines):
    checked, unspoken, wrong, unread = 0, 0, [], []
    for source, drug, row, key in all_rows():
        if (row.classification or "").lower() == "no recommendation":
            assert row.action == "no_recommendation"
            unspoken += 1
            continue
        expected = {(line["action"], line["change"]) for line in lines if fits(line, source, drug, row, key)}
        found = (row.action, "" if row.dose_change_pct is None else f"{row.dose_change_pct:g}")
        if not expected:
            unread.append((source, drug, row.population, sorted(key), found))
        elif expected != {found}:
            wrong.append((source, drug, row.population, sorted(key), found, expected))
        checked += 1
    assert wrong == []
    assert unread == []
    assert (checked, unspoken) == (2337, 246)  # the 2,583 rows of the release, one drug and key each


def test_every_line_of_the_table_is_of_some_row(lines):
    rows = list(all_rows())
    assert [line for line in lines if not any(fits(line, *row) for row in rows)] == []
