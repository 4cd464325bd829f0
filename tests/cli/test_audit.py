"""``genorx audit``: what it writes, what it refuses and by which code, and words that it never uses."""

import json
import re
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from genorx.audit.summary import summary_schema
from genorx.cli.app import run

CLAIMS = (
    "claim_id,line,patient_id,npi,service_date,code,units,modifiers,frequency,original_claim,charge\n"
    "A,1,P1,1234567893,2024-03-01,J9035,54,,1,,540\n"
    "A,2,P1,1234567893,2024-03-01,J9035,7,JW,1,,70\n"
    "B,1,P1,1234567893.0,2024-03-02,J9O35,1,,1,,10.5\n"
    "C,1,P1,123456789,2030-01-01,X1,1,,7,Z,10\n"
)
TABLES = {
    "records/patients": "patient_id,sex,birth,death\nP1,female,1960-01-01,\n",
    "records/administrations": "patient_id,date,drug,dose_mg\nP1,2024-03-01,bevacizumab,421\n",
    "facts/drug_codes": "code,drug,mg_per_unit,vials_mg,single_dose\nJ9035,bevacizumab,10,100 400,true\n",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims.csv").write_text(CLAIMS)
    for name, text in TABLES.items():
        path = tmp_path / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def _audit(*more):
    return run(
        ["audit", "--claims", "claims.csv", "--records", "records", "--facts", "facts", "--out", "f.csv", *more]
        + ["--as-of", "2025-01-01"] * ("--as-of" not in more)
    )


def test_all_outputs_are_written_and_fit_their_columns(home, capfd):
    """11 of 54 units for 540.00 are beyond 421 mg: 110.00; a number of nine digits: the line's 10.00."""
    assert _audit("--providers", "p.csv", "--info", "i.json", "--report", "r.html", "--unusual", "u.csv") == 0
    assert Path("f.csv").read_text() == (
        "claim_id,line,rule,npi,severity,amount,reason,patient_id,code,service_date\n"
        'A,1,C03,1234567893,warning,110.00,"54 units billed, 421 mg recorded: 43 units of 10 mg",P1,J9035,2024-03-01\n'
        "C,1,C12,123456789,warning,10.00,the provider number is not ten digits,P1,X1,2030-01-01\n"
    )
    info = json.loads(Path("i.json").read_text())
    jsonschema.validate(info, summary_schema())
    assert (info["lines"], info["live"], info["at_stake"]) == (4, 4, 120.0)
    assert info["by_rule"] == {"C03": {"lines": 1, "amount": 110.0}, "C12": {"lines": 1, "amount": 10.0}}
    assert info["not_assessed"]["C14"] == {"lines": 4, "why": "there is no table limits"}
    assert info["provenance"]["claims"][0]["file"] == "claims.csv"
    codes = {each["code"] for each in info["findings"]}
    assert {"original-unknown", "date-in-future", "code-suspect", "id-as-decimal"} <= codes
    columns = "npi,rule,n,k,rate,shrunken,lower,upper,expected,p,q,flagged"
    assert Path("p.csv").read_text().splitlines()[0] == columns
    assert '"unusual, no rule"' in Path("u.csv").read_text().splitlines()[0]
    said = capfd.readouterr()
    assert "2 discrepancies in 4 live lines, 120.00 at stake" in said.err
    assert said.out == ""


def test_what_is_not_asked_for_is_not_written(home):
    assert _audit("--quiet") == 0
    assert sorted(path.name for path in home.iterdir()) == ["claims.csv", "f.csv", "facts", "records"]


def test_chosen_rules_alone_are_applied_and_a_tolerance_is_taken(home):
    assert _audit("--rules", "C12, C05", "--quiet") == 0
    assert pd.read_csv("f.csv")["rule"].tolist() == ["C12"]
    Path("claims.csv").write_text(CLAIMS.replace("2024-03-01,J9035", "2024-03-03,J9035"))
    assert _audit("--rules", "C05", "--quiet") == 0
    assert pd.read_csv("f.csv")["rule"].tolist() == ["C05", "C05"]
    assert _audit("--rules", "C05", "--tolerance-days", "2", "--quiet") == 0
    assert len(pd.read_csv("f.csv")) == 0


def test_the_table_goes_to_standard_output_where_it_is_asked_for(home, capfd):
    words = ["audit", "--claims", "claims.csv", "--records", "records", "--facts", "facts", "--out", "-", "--quiet"]
    assert run(words) == 0
    assert capfd.readouterr().out.startswith("claim_id,line,rule,npi,")


_HEAD = CLAIMS.splitlines()[0] + "\n"
_DAY = "2024-03-01"
_BODY = {
    "claim-units": [f"A,1,P1,1,{_DAY},X,-1,,1,,5", f"A,1,P1,1,{_DAY},X,two,,1,,5"],
    "claim-charge": [f"A,1,P1,1,{_DAY},X,1,,1,,-5", f"A,1,P1,1,{_DAY},X,1,,1,,free"],
    "claim-date": ["A,1,P1,1,2024-02-30,X,1,,1,,5", "A,1,P1,1,00000000,X,1,,1,,5", "A,1,P1,1,March,X,1,,1,,5"],
    "claim-line-twice": [f"A,1,P1,1,{_DAY},X,1,,1,,5\nA,1,P1,1,{_DAY},X,1,,1,,5"],
    "claim-circle": [f"A,1,P1,1,{_DAY},X,1,,7,B,5\nB,1,P1,1,{_DAY},X,1,,7,A,5"],
    "claim-chain": [f"A,1,P1,1,{_DAY},X,1,,8,Z,5\nB,1,P1,1,{_DAY},X,1,,8,A,5"],
}
_DRUGS = TABLES["facts/drug_codes"]
BAD = [("claims.csv", f"{_HEAD}{body}\n", code) for code, bodies in _BODY.items() for body in bodies]
BAD += [
    ("claims.csv", "", "claims-format"),
    ("claims.csv", "claim_id,line,patient_id,npi,service_date,code\nA,1,P,1,2024-01-01,X\n", "column-missing"),
    ("records/patients.csv", None, "table-missing"),
    ("records/patients.csv", "patient_id,sex,birth,death\nP1,,,\nP1,,,\n", "duplicate-patient"),
    ("facts/drug_codes.csv", _DRUGS + "J9035,b,20,100,true\n", "facts-overlap"),
    ("facts/drug_codes.csv", _DRUGS.replace(",10,", ",ten,"), "facts-format"),
]


@pytest.mark.parametrize(("path", "text", "code"), BAD)
def test_bad_input_ends_with_3_its_code_and_no_output(home, capfd, path, text, code):
    if text is None:
        (home / path).unlink()
    else:
        (home / path).write_text(text)
    before = sorted(home.rglob("*"))
    assert _audit("--providers", "p.csv", "--info", "i.json", "--report", "r.html", "--errors", "json") == 3
    error = json.loads(capfd.readouterr().err)
    assert error["code"] == code
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--rules", "C99"), "rule-unknown"),
        (("--rules", "C01,C01"), "rule-twice"),
        (("--as-of", "soon"), "usage"),
        (("--info", "f.csv"), "out-twice"),
        (("--info", "records/patients.csv"), "out-is-input"),
        (("--report", "claims.csv"), "out-is-input"),
    ],
)
def test_wrong_usage_ends_with_2_and_its_code(home, capfd, more, code):
    assert _audit(*more, "--errors", "json") == 2
    assert json.loads(capfd.readouterr().err)["code"] == code
    assert not Path("f.csv").exists()


_WORDS = re.compile(r"fraud|abus|guilt", re.IGNORECASE)


def test_words_of_accusation_stand_in_no_output_help_or_page(home, capfd):
    root = Path(__file__).resolve().parents[2]
    assert _audit("--providers", "p.csv", "--info", "i.json", "--report", "r.html", "--unusual", "u.csv") == 0
    assert run(["audit", "--help"]) == 0
    texts = [path.read_text() for path in home.iterdir() if path.is_file()]
    said = capfd.readouterr()
    sources = [*(root / "src/genorx/audit").rglob("*.py"), *(root / "src/genorx/report").rglob("audit*")]
    sources += [
        root / "src/genorx/cli/audit.py",
        root / "docs/guide/claims.md",
        *(root / "src/genorx/_codes").glob("*"),
    ]
    texts += [said.out, said.err, *(path.read_text() for path in sources if path.is_file())]
    assert len(texts) > 40
    assert [found for text in texts for found in _WORDS.findall(text)] == []
