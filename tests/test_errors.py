"""Errors and findings: one line, stable codes, nothing lost between processes."""

import ast
import pickle
import re
from collections import Counter
from pathlib import Path

import pytest

from genorx import errors
from genorx._codes import ERROR_TABLES, FINDING_TABLES
from genorx.errors import ERRORS, FINDINGS, Finding, GenorxError

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, GenorxError)]


@pytest.mark.parametrize("kind", ALL)
def test_an_error_survives_a_worker_process(kind):
    error = kind("a reason", file="f.vcf", place=3, hint="Do this", code="not-found")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert back.to_dict() == error.to_dict()


def test_an_error_prints_as_the_contract_says():
    """``error[CODE] FILE:PLACE: reason. hint``."""
    error = errors.TableError("age 210 is over 120", file="c.csv", place='row 12 column "age_years"', hint="Check it")
    assert str(error) == 'error[table] c.csv:row 12 column "age_years": age 210 is over 120. Check it'


def test_an_error_is_one_line_whatever_is_in_it():
    assert "\n" not in str(GenorxError("two\nlines", file="a\nb", place="x\ty", hint="h\r"))


@pytest.mark.parametrize(
    ("kind", "status"),
    [(errors.UsageError, 2), (errors.TableError, 3), (errors.HorizonError, 4), (errors.SupportError, 4)],
)
def test_exit_status_follows_the_class(kind, status):
    """2 wrong usage, 3 bad input, 4 not answerable."""
    assert kind("r").exit_code == status


def test_every_default_code_is_its_own():
    assert len({kind.default_code for kind in ALL}) == len(ALL)


def test_shown_cuts_and_cleans():
    assert errors.shown("a\x1b[31mb") == "a\\u001b[31mb"
    assert len(errors.shown("x" * 1000)) == 80


@pytest.mark.parametrize("codes", [FINDINGS, ERRORS])
def test_codes_are_kebab_case_and_explained(codes):
    for code, text in codes.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code), code
        assert len(text) > 10, code


def test_a_finding_with_an_unknown_code_is_a_defect():
    with pytest.raises(KeyError, match="no-such-code"):
        Finding(code="no-such-code", severity="info", message="m")


def test_every_finding_code_is_used_by_the_code_and_by_a_test():
    """The list of codes is part of the documentation, and each has a test."""
    here = Path(__file__).resolve().parent
    tests = "\n".join(p.read_text(encoding="utf-8") for p in here.rglob("*.py"))
    package = Path(errors.__file__).parent
    modules = [p for p in package.rglob("*.py") if p.parent.name != "_codes"]
    code = "\n".join(p.read_text(encoding="utf-8") for p in modules)
    assert [c for c in FINDINGS if f'"{c}"' not in code] == []
    assert [c for c in FINDINGS if f'"{c}"' not in tests] == []


#: Calls whose ``code=`` is that of a finding; and arguments of ``FileKind`` that are codes of errors.
FINDING_CALLS = {"Finding", "Contradiction", "Check", "finding"}
KINDS_OF_CODE = {"code", "damaged", "absent", "folder"}


def codes_raised(tree):
    """Codes of errors that stand as texts in a module: of classes, of calls, and of kinds of files."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            wanted = KINDS_OF_CODE if name == "FileKind" else set() if name in FINDING_CALLS else {"code"}
            given = [keyword.value for keyword in node.keywords if keyword.arg in wanted]
        elif isinstance(node, ast.Assign):
            names = {getattr(target, "id", "") for target in node.targets}
            given = [node.value] if names & {"default_code"} else []
        else:
            continue
        yield from (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_every_error_code_of_the_package_is_in_the_table():
    """Codes that a variable holds are seen when they are raised, by ``error_codes_are_registered`` of conftest."""
    package = Path(errors.__file__).parent
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in package.rglob("*.py")}
    found = {code: path.name for path, tree in trees.items() for code in codes_raised(tree)}
    assert len(found) > 200
    assert {code: where for code, where in found.items() if code not in ERRORS} == {}


def test_every_error_code_is_used_by_the_code():
    package = Path(errors.__file__).parent
    modules = [p for p in package.rglob("*.py") if p.parent.name != "_codes"]
    code = "\n".join(p.read_text(encoding="utf-8") for p in modules)
    assert [c for c in ERRORS if f'"{c}"' not in code] == []


@pytest.mark.parametrize("tables", [ERROR_TABLES, FINDING_TABLES])
def test_no_code_stands_in_two_tables(tables):
    """One would hide what the other says."""
    assert max(Counter(code for table in tables for code in table).values()) == 1


def test_the_documentation_lists_the_codes_from_their_tables():
    """``docs/conf.py`` writes the lists; the pages include them."""
    docs = Path(__file__).resolve().parents[1] / "docs"
    assert {"ERRORS", "FINDINGS"} <= set(re.findall(r"[A-Z]+", (docs / "conf.py").read_text(encoding="utf-8")))
    for name in ("errors", "findings"):
        page = (docs / "reference" / f"{name}.md").read_text(encoding="utf-8")
        assert f"```{{include}} _{name}.md" in page


def test_columns_are_told_unless_the_first_line_holds_somebodys_data():
    """A table without a header: its first row would stand in the error."""
    assert errors.listed_columns(["patient_id", "CRP (mg/L)", "", "größe"]) == (
        "the columns are: patient_id, CRP (mg/L), , größe"
    )
    assert errors.listed_columns(["a"] * 40).endswith(", a, ...")
    for row in (["P009", "49", "M"], ["id;name", 'x"Mustermann, Erika"'], ["7", "Mustermann"]):
        assert errors.listed_columns(row) == "the first line looks like data, not like names of columns"
