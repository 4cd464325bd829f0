"""Which findings and chances of providers are compared, by hand; the statistics are tested with ``peers``."""

import pytest

from genorx.audit.providers import COLUMNS, with_providers

DAY = "2024-03-01"
_NPIS = [f"{n:010d}" for n in range(10)]


@pytest.fixture
def case(audited, rows):
    """Ten providers with six drug lines each; the first bills 45 units for 43 on five of them, the second on one."""
    lines, doses, patients, orders = [], [], [], []
    for p, npi in enumerate(_NPIS):
        for n in range(6):
            patient = f"P{p}x{n}"
            patients.append({"patient_id": patient, "sex": "male", "birth": "", "death": "", "npi": npi})
            doses.append(rows.given(DAY, "bevacizumab", 421, patient))
            units = 45 if (p == 0 and n < 5) or (p == 1 and n == 0) else 43
            more = {"patient_id": patient, "npi": npi}
            lines.append(rows.line(f"K{p}{n}", 1, DAY, "J9035", units, **more))
            lines.append(rows.line(f"K{p}{n}", 2, DAY, "J9035", 7, modifiers="JW", **more))
            if p == 2:
                lines.append(rows.line(f"L{p}{n}", 1, DAY, "LOC-P", 1, **more))
    lines.append(rows.line("M", 1, DAY, "LOC-P", 1, patient_id="P3x0", npi=_NPIS[2]))  # somebody else's patient
    orders.append({"patient_id": "P0x0", "date": DAY, "drug": "codeine"})
    results = [{"patient_id": p["patient_id"], "collected": DAY, "reported": DAY, "test": "pharmacogene panel",
                "gene": "", "result": ""} for p in patients]  # fmt: skip
    records = {"patients": patients, "administrations": doses, "orders": orders, "results": results}
    return audited(lines, records, {"pgx_drugs": [{"drug": "codeine"}]})


def test_chances_are_drug_lines_without_jw_and_own_patients(case):
    table = case.auditor.providers(case.found)
    assert tuple(table) == COLUMNS
    first = table[table["npi"] == _NPIS[0]].set_index("rule")
    assert first.loc["C03", ["n", "k"]].tolist() == [6, 5]
    assert first.loc["C09", ["n", "k"]].tolist() == [6, 0]
    third = table[table["npi"] == _NPIS[2]].set_index("rule")
    assert third.loc["C09", ["n", "k"]].tolist() == [6, 6]  # seven lines, six of its own patients
    assert table["rule"].tolist() == ["C03"] * 10 + ["C09"] * 10


def test_flagged_providers_stand_at_the_end_once_each(case):
    table = case.auditor.providers(case.found)
    assert table.loc[table["flagged"] == 1, ["npi", "rule"]].to_numpy().tolist() == [
        [_NPIS[0], "C03"],
        [_NPIS[2], "C09"],
    ]
    written = with_providers(case.found, table)
    assert written["rule"].tolist()[-2:] == ["P01", "P01"]
    assert written["reason"].iloc[-2].startswith("C03: 5 of 6 drug lines without JW, 0.1 expected from the peers")
    assert len(written) == len(case.found) + 2
    both = table.assign(flagged=(table["npi"] == _NPIS[0]).astype(int))
    one = with_providers(case.found, both)
    assert len(one) == len(case.found) + 1
    assert "; C09: 0 of 6 patients" in one["reason"].iloc[-1]


def test_without_a_flag_the_table_is_as_it_was(case):
    table = case.auditor.providers(case.found).assign(flagged=0)
    assert with_providers(case.found, table).equals(case.found)


def test_an_alpha_that_is_no_share_is_refused(case):
    from genorx.errors import UsageError

    with pytest.raises(UsageError, match="alpha 5 is not between 0 and 1"):
        case.auditor.providers(case.found, alpha=5)


def test_providers_are_not_compared_by_a_rule_that_was_not_applied(case):
    from genorx.audit import Auditor

    chosen = Auditor(rules=["C05", "C09"]).fit(case.auditor.records_)
    found = chosen.check(case.auditor.case_.claims, case.auditor.case_.facts)
    assert set(chosen.providers(found)["rule"]) == {"C09"}


def test_a_rule_without_its_tables_compares_nobody(audited, rows):
    case = audited([rows.line("A", 1, DAY, "X1", 1)], without=("administrations",))
    table = case.auditor.providers(case.found)
    assert (len(table), tuple(table)) == (0, COLUMNS)
    assert with_providers(case.found, table).equals(case.found)
