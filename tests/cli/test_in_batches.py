"""``--batch``: the same bytes for any batch and any number of processes; what does not fit is refused, nothing left.

Expected values are the whole table's answers, by the same model without batches.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from genorx.datasets import make_trial
from genorx.ranking import TreatmentRanker

_STUDY = '[study]\nname = "long"\npatient_id = "patient_id"\n[[tables]]\npath = "{table}"\nrole = "clinical"\n'
_N = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A model of three options, and patients: gaps, a level that training did not have, values out of range, twins."""
    home = tmp_path_factory.mktemp("batches")
    trial = make_trial(240, options=("standard", "new", "third"), genes=2, seed=3)
    cohort = trial.cohort()
    TreatmentRanker(n_draws=40).fit(replace(cohort, outcomes={"os": cohort.outcomes["os"]})).save(home / "m.model")
    table = make_trial(_N, genes=2, missing=0.1, seed=4).features.reset_index()
    table = table.astype({name: object for name in table.columns if table[name].dtype == "category"})
    ids = [f"P{i:03d}" for i in range(_N)]
    ids[50] = "p003"  # nearly the id of a patient who stands in another batch
    table["patient_id"], table["note"] = ids, "x"
    table.loc[11, "age_years"], table.loc[12, "age_years"] = 119.0, None
    table.to_csv(home / "t.csv", index=False)
    table.to_parquet(home / "t.parquet", index=False)
    for name in ("t.csv", "t.parquet"):
        (home / f"{name}.toml").write_text(_STUDY.format(table=name))
    return home


def _run(genorx, home, command, out, *more, study="t.csv.toml"):
    return genorx(command, home / "m.model", home / study, "--out", out, *more)


@pytest.mark.parametrize("command", ["rank", "predict"])
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_any_batch_gives_the_same_bytes(genorx, home, tmp_path, command, suffix):
    made = set()
    for size in (7, 59, 1000):
        out = tmp_path / f"{size}.{suffix}"
        found = _run(genorx, home, command, out, "--batch", size)
        assert found.status == 0, found.err
        made.add(out.read_bytes())
    assert len(made) == 1


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_processes_gives_the_same_bytes(genorx, home, tmp_path, workers):
    one, several = tmp_path / "one.jsonl", tmp_path / "several.jsonl"
    assert _run(genorx, home, "rank", one, "--batch", 17).status == 0
    assert _run(genorx, home, "rank", several, "--batch", 17, "--workers", workers).status == 0
    assert several.read_bytes() == one.read_bytes()


def test_a_batch_says_what_the_whole_table_says(genorx, home, tmp_path):
    """Each line is the object of the whole table's JSON; so are rows of CSV and Parquet."""
    lines, whole = tmp_path / "some.jsonl", tmp_path / "whole.json"
    assert _run(genorx, home, "rank", lines, "--batch", 9).status == 0
    assert _run(genorx, home, "rank", whole).status == 0
    found, known = [json.loads(line) for line in lines.read_text().splitlines()], json.loads(whole.read_text())
    assert len(found) == _N
    for one, other in zip(found, known, strict=True):
        said, of_whole = (sorted(map(str, each.pop("findings"))) for each in (one, other))
        assert one == other
        assert set(said) <= set(of_whole)  # what counts rows of the table is said once, on standard error
        assert [each for each in of_whole if each not in said and str(one["patient_id"]) in each] == []
    assert any(
        finding["code"] == "near-duplicate-ids"
        for finding in json.loads(lines.read_text().splitlines()[50])["findings"]
    )
    frame = _csv(genorx, home, tmp_path, "predict", "--batch", 9)
    pd.testing.assert_frame_equal(frame, _csv(genorx, home, tmp_path, "predict"))
    columns = tmp_path / "p.parquet"
    assert _run(genorx, home, "predict", columns, "--batch", 9).status == 0
    stored, written = (each["estimate"].to_numpy(float, na_value=np.nan) for each in (pd.read_parquet(columns), frame))
    np.testing.assert_allclose(stored, written, rtol=1e-12)


def _csv(genorx, home, tmp_path, command, *more):
    out = tmp_path / "some.csv"
    assert _run(genorx, home, command, out, *more).status == 0
    return pd.read_csv(out)


def test_parquet_patients_have_the_answers_of_csv(genorx, home, tmp_path):
    texts = []
    for name in ("t.csv.toml", "t.parquet.toml"):
        out = tmp_path / f"{name}.csv"
        assert _run(genorx, home, "predict", out, "--batch", 13, study=name).status == 0
        texts.append(out.read_bytes())
    assert texts[0] == texts[1]


def test_a_patient_twice_across_batches_is_refused(genorx, home, tmp_path):
    text = (home / "t.csv").read_text().splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([*text, text[1]]) + "\n")
    (tmp_path / "twice.toml").write_text(_STUDY.format(table="twice.csv"))
    out = tmp_path / "o.jsonl"
    found = genorx("rank", home / "m.model", tmp_path / "twice.toml", "--out", out, "--batch", 5)
    assert found.status == 3
    assert "error[duplicate-patient]" in found.err
    assert "row 62" in found.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("patient_id,age_years\nA,50\nB,inf\n", "infinite-value"),
        ("patient_id,age_years\nA,50\nB,50,3\n", "row-length"),
        ('patient_id,age_years\nA,50\nB,"50,5"\n', "decimal-comma"),
        ("patient_id,age_years\nA,50\n,50\n", "missing-id"),
        ("patient_id,age_years\n", "empty-table"),
        ("who,age_years\nA,50\n", "no-id-column"),
        ("", "empty-table"),
    ],
)
def test_a_fault_in_a_later_batch_leaves_no_output(genorx, home, tmp_path, table, code):
    (tmp_path / "bad.csv").write_text(table)
    (tmp_path / "bad.toml").write_text(_STUDY.format(table="bad.csv"))
    out = tmp_path / "o.csv"
    found = genorx("predict", home / "m.model", tmp_path / "bad.toml", "--out", out, "--batch", 1)
    assert found.status == 3
    assert f"error[{code}]" in found.err
    assert sorted(os.listdir(tmp_path)) == ["bad.csv", "bad.toml"]


@pytest.mark.parametrize(("role", "code"), [("lifestyle", "batch-derived"), ("clinical", None)])
def test_what_would_be_computed_from_other_columns_is_refused(genorx, home, tmp_path, role, code):
    """The model's body mass index is of lifestyle: a lifestyle table computes it, a clinical one passes over both."""
    (tmp_path / "high.csv").write_text("patient_id,age_years,height_cm,weight_kg\nA,50,180,80\nB,50,170,70\n")
    (tmp_path / "high.toml").write_text(_STUDY.format(table="high.csv").replace("clinical", role))
    found = genorx("predict", home / "m.model", tmp_path / "high.toml", "--out", tmp_path / "o.csv", "--batch", 1)
    assert found.status == (3 if code else 0)
    assert code is None or f"error[{code}]" in found.err


def test_a_study_of_several_tables_is_refused(genorx, home, tmp_path):
    text = _STUDY.format(table="t.csv") + '[[tables]]\npath = "u.csv"\nrole = "laboratory"\n'
    (home / "two.toml").write_text(text)
    found = _run(genorx, home, "rank", tmp_path / "o.jsonl", "--batch", 5, study="two.toml")
    assert found.status == 3
    assert "error[batch-study]" in found.err


@pytest.mark.parametrize(
    "more",
    [("--batch", 5, "--patient", "P001"), ("--batch", 5, "--format", "html"), ("--format", "jsonl"), ("--batch", 0)],
)
def test_what_does_not_go_with_batches_is_wrong_usage(genorx, home, tmp_path, more):
    found = _run(genorx, home, "rank", tmp_path / "o.jsonl", *more)
    assert found.status == 2
    assert not (tmp_path / "o.jsonl").exists()


def test_limits_hold_for_the_whole_table(genorx, home, tmp_path):
    """A table in batches may have no more rows than one that is read whole: --max-rows says how many."""
    found = _run(genorx, home, "rank", tmp_path / "o.jsonl", "--batch", 5, "--max-rows", 20)
    assert found.status == 3
    assert "--max-rows" in found.err


@pytest.mark.slow
@pytest.mark.parametrize("how", ["interrupt", "kill-worker"])
def test_an_interrupt_or_a_killed_worker_leaves_no_output(home, tmp_path, tmp_path_factory, how):
    """Forty times the patients: a fast machine has ranked fewer before it is stopped."""
    many = tmp_path_factory.mktemp("many")
    table = pd.read_csv(home / "t.csv")
    table = pd.concat([table.assign(patient_id=f"{n:03d}-" + table["patient_id"]) for n in range(40)])
    table.to_csv(many / "t.csv", index=False)
    (many / "t.toml").write_text((home / "t.csv.toml").read_text())
    out = tmp_path / "o.jsonl"
    command = ["rank", home / "m.model", many / "t.toml", "--out", out, "--batch", 1, "--workers", 2]
    code = "from genorx.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, command)], cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True
    )
    workers = _children_of(process.pid, fewest=2)
    time.sleep(0.2)
    os.kill(process.pid if how == "interrupt" else workers[0], signal.SIGINT if how == "interrupt" else signal.SIGKILL)
    said = process.communicate(timeout=300)[1].decode()
    assert process.returncode == (130 if how == "interrupt" else 3), said
    assert how == "interrupt" or "error[worker-lost]" in said
    assert os.listdir(tmp_path) == []
    for _ in range(600):  # one that has ended may still be listed until the system takes it away, without its command
        if not any(map(_is_worker, workers)):
            return
        time.sleep(0.1)
    raise AssertionError("a worker is left")


def _children_of(pid, *, fewest):
    """Workers of a process, once there are so many; where the system tells."""
    if not os.path.exists(f"/proc/{pid}/task/{pid}/children"):
        pytest.skip("the system does not list a process's children")
    for _ in range(3000):
        own = [each for server in _listed(pid) if _is_worker(server) for each in _listed(server)]
        if len(own) >= fewest:
            return own
        time.sleep(0.1)
    raise AssertionError("no workers were started")


def _listed(pid):
    """Processes that a process has started."""
    with suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as handle:
        return [int(each) for each in handle.read().split()]
    return []


def _is_worker(pid):
    """Return whether it is the server of which workers are forked, or one of them: they have its command."""
    with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as handle:
        return b"forkserver" in handle.read()
    return False
