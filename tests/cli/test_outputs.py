"""Every command that writes: a full disk at any step, a kill at the worst moment, two runs, an input as output.

The walk below goes over the commands that there are: a new one without a case fails.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import warnings
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from genorx._core import provenance, whole_files
from genorx.cli.app import app, run
from genorx.datasets import make_monitoring_history, make_screening_cohort
from genorx.monitor import Registry

from ..fuzz.claims import claims_csv
from ..fuzz.seeds import PANEL, all_seeds

_STUDY = """
[study]
name = "outputs"
patient_id = "id"
[[tables]]
path = "clinical.csv"
role = "clinical"
[treatment]
table = "clinical.csv"
column = "arm"
randomised = true
reference = "a"
[outcomes.os]
table = "outcomes.csv"
kind = "survival"
time = "days"
event = "died"
unit = "days"
horizons = [365]
better = "longer"
[ranking]
primary = "os"
horizon = 365
"""
_SPEC = (
    '{"id": "id", "treatment": "arm", "time": "days", "event": "died", "covariates": ["age_years", "crp_mg_l"],'
    ' "horizon": 365, "randomised": true, "reference": "a"}'
)
_SCREENING = '{"id": "patient_id", "risk": "risk", "time": "time", "cause": "cause", "horizon": 6}'
_OPTIONS = (
    '[screening]\nreference = "do_not_screen"\n'
    'effect = {relative_risk = 0.8, lower = 0.7, upper = 0.9, source = "s"}\n'
    'fatality = {value = 0.6, source = "s"}\n'
)
_SCORED = (
    "##fileformat=VCFv4.2\n##contig=<ID=1,length=248956422>\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n1\t100\t.\tG\tA\t.\tPASS\t.\tGT\t0/1\n"
)
_REQUEST = (
    '[request]\nauthor = "A"\n[coverage]\n[insurer]\n[provider]\n'
    '[[order]]\nkind = "medication"\nsystem = "urn:example:drugs"\ncode = "1"\n'
)
_ANSWER = '{"resourceType": "ClaimResponse", "status": "active", "use": "preauthorization", "outcome": "complete"}'
_SLOW = {"demo", "evaluate"}
_FOLDERS = {"demo", "care answers", "convert"}  # commands that write a folder
_POSITIONAL = {"convert"}  # commands whose output is their last argument
_PATIENTS = 320  # each option has 20 events in half of them, which an evaluation fits


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Inputs of every command: a trial of 320 patients with a model fitted to it, a VCF, a folder of definitions."""
    home = tmp_path_factory.mktemp("inputs")
    rng = np.random.default_rng(0)
    days, died = rng.exponential(300, _PATIENTS).round(1) + 1, rng.random(_PATIENTS) < 0.7
    people = [f"P{i},{40 + i % 40},{rng.gamma(2, 5):.2f},{'ab'[i % 2]}" for i in range(_PATIENTS)]
    (home / "clinical.csv").write_text("\n".join(["id,age_years,crp_mg_l,arm", *people]) + "\n")
    ends = [f"P{i},{days[i]:g},{int(died[i])}" for i in range(_PATIENTS)]
    (home / "outcomes.csv").write_text("\n".join(["id,days,died", *ends]) + "\n")
    both = [f"{one},{other.partition(',')[2]}" for one, other in zip(people, ends, strict=True)]
    (home / "trial.csv").write_text("\n".join(["id,age_years,crp_mg_l,arm,days,died", *both]) + "\n")
    (home / "study.toml").write_text(_STUDY)
    (home / "spec.json").write_text(_SPEC)
    (home / "panel.toml").write_text(PANEL)
    seeds = all_seeds(home)
    (home / "sample.vcf").write_bytes(seeds["pgx.vcf"])
    (home / "cohort.vcf").write_bytes(seeds["vcf"])
    (home / "albi.csv").write_text("patient_id,bilirubin_umol_l,albumin_g_l\nP1,20,40\nP2,30,35\n")
    (home / "claims.csv").write_text(claims_csv("nobody"))
    make_screening_cohort(2000, seed=0).people.to_csv(home / "people.csv", index=False)
    (home / "screening.json").write_text(_SCREENING)
    (home / "screening.toml").write_text(_OPTIONS)
    patient = {"resource": {"resourceType": "Patient", "id": "P1", "gender": "female"}}
    (home / "bundle.json").write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [patient]}))
    (home / "map.toml").write_text(
        '[[column]]\nname = "hb"\nfrom = "measurements"\ncode = ["http://loinc.org|718-7"]\n'
    )
    (home / "score.vcf").write_text(_SCORED)
    (home / "score.txt").write_text("chr_name\tchr_position\teffect_allele\teffect_weight\n1\t100\tA\t0.5\n")
    own = home / "own"
    own.mkdir()
    (own / "VKORC1_translation.json").write_text(_definition())
    assert run(["fit", str(home / "study.toml"), "--out", str(home / "study.model"), "--quiet"]) == 0
    (home / "request.toml").write_text(_REQUEST)
    (home / "answer.json").write_text(_ANSWER)
    (home / "claim.json").write_text(_ANSWER.replace("ClaimResponse", "Claim"))
    _unknown_inputs(home, people)
    assert run([*map(str, _rank(home, "--patient", "P1")), "--out", str(home / "ranking.json"), "--quiet"]) == 0
    (home / "calendar.toml").write_text('[calendar]\ntimezone = "Europe/Berlin"\n')
    (home / "cards.json").write_text('{"cards": []}')
    (home / "hook.json").write_text('{"hook": "patient-view", "hookInstance": "1", "context": {"patientId": "P1"}}')
    history = make_monitoring_history("baseline_up", seed=1, patients=600, per_month=25)
    history.base.to_csv(home / "base.csv", index=False)
    history.snapshots[24.0].to_csv(home / "new.csv", index=False)
    (home / "monitor.json").write_text(json.dumps(history.spec))
    Registry(home / "models").add(home / "study.model", reason="first")
    _images(home, rng)
    _practice(home)
    return home


def _practice(home):
    """Records and facts beside the claims."""
    tables = {
        "records/patients": "patient_id,sex,birth,death\nP1,female,1960-01-01,\n",
        "records/administrations": "patient_id,date,drug,dose_mg\nP1,2024-03-01,bevacizumab,421\n",
        "facts/drug_codes": "code,drug,mg_per_unit,vials_mg,single_dose\nJ9035,bevacizumab,10,100 400,true\n",
    }
    for name, text in tables.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / f"{name}.csv").write_text(text)


def _unknown_inputs(home, people):
    """Patients of whom something is not known, and the answers of one."""
    from genorx.care import questionnaire

    rows = [f"{patient},{age},,{arm}" for patient, age, _, arm in (each.split(",") for each in people[:3])]
    (home / "open").mkdir()
    (home / "open" / "clinical.csv").write_text("\n".join(["id,age_years,crp_mg_l,arm", *rows]) + "\n")
    (home / "open" / "study.toml").write_text(_STUDY.partition("[treatment]")[0])
    (home / "response.json").write_text(json.dumps(questionnaire(home / "study.toml", fill="P1")[1]))


def _images(home, rng):
    """A scan of noise and a region of it, as NIfTI."""
    nibabel = pytest.importorskip("nibabel")
    region = np.zeros((8, 8, 8), dtype=np.int16)
    region[2:6, 2:6, 2:6] = 1
    scan = rng.integers(0, 100, region.shape).astype(np.int16)
    for name, voxels in (("scan.nii", scan), ("region.nii", region)):
        nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), home / name)


def _definition():
    from genorx.knowledge import default_pack

    gene = default_pack().genes["VKORC1"]
    place = gene.positions[0]
    alleles = [{"name": a.name, "reference": a.reference, "alleles": [a.bases.get(0)]} for a in gene.alleles]
    site = {"position": place.pos, "ref": place.ref, "alts": list(place.alts), "rsid": place.rsid}
    return json.dumps(
        {
            "gene": "VKORC1",
            "chromosome": place.chrom,
            "version": "2030-01-01",
            "variants": [site],
            "namedAlleles": alleles,
        }
    )


def _rank(home, *more):
    return ["rank", home / "study.model", home / "study.toml", *more]


def _authorize(home):
    named = ["--option", "a", "--request", home / "request.toml", "--created", "2026-03-02T09:00:00Z"]
    return ["care", "authorize", home / "ranking.json", *named]


def _monitor(home):
    tables = ["--base", home / "base.csv", "--new", home / "new.csv", "--spec", home / "monitor.json"]
    return ["monitor", *tables, "--as-of", 24, "--look", 7]


def _audit(home):
    return ["audit", "--claims", home / "claims.csv", "--records", home / "records", "--facts", home / "facts"]


def _ids(home):
    from genorx.monitor import Registry

    return Registry(home / "models").list()["id"].tolist()


def _care(home, name, *more):
    return ["care", name, home / "ranking.json", "--patient", "P1", *more]


def _schedule(home):
    course = ["--regimen", "folfiri", "--start", "2026-03-02", "--today", "2026-01-01"]
    return ["care", "schedule", *course, "--calendar", home / "calendar.toml"]


#: What each command is called with, without ``--out``; and the name of what it writes.
CASES = {
    "audit": lambda home: (_audit(home), "f.csv"),
    "claims": lambda home: (["claims", home / "claims.csv"], "lines.csv"),
    "care authorize": lambda home: (_authorize(home), "b.json"),
    "care answers": lambda home: (
        ["care", "answers", home / "response.json", "--study", home / "study.toml"],
        "rows",
    ),
    "care questionnaire": lambda home: (["care", "questionnaire", home / "study.toml"], "q.json"),
    "care questions": lambda home: (
        ["care", "questions", home / "study.model", home / "open" / "study.toml", "--cohort", home / "study.toml"],
        "q.csv",
    ),
    "care cards": lambda home: (_care(home, "cards", "--hook", "patient-view"), "c.json"),
    "care check-cards": lambda home: (["care", "check-cards", home / "cards.json"], "f.json"),
    "care plan": lambda home: (
        _care(home, "plan", "--option", "a", "--regimen", "folfiri", "--start", "2026-03-02"),
        "p.json",
    ),
    "care read-hook": lambda home: (["care", "read-hook", home / "hook.json"], "h.json"),
    "care read-request": lambda home: (["care", "read-request", home / "claim.json"], "c.json"),
    "care read-response": lambda home: (["care", "read-response", home / "answer.json"], "a.json"),
    "care schedule": lambda home: (_schedule(home), "s.json"),
    "convert": lambda home: (["convert", home / "score.vcf"], "s.vcz"),
    "study init": lambda home: (["study", "init", home / "clinical.csv"], "study.toml"),
    "demo": lambda home: (["demo"], "demo"),
    "effects": lambda home: (
        ["effects", "--train", home / "trial.csv", "--test", home / "trial.csv", "--spec", home / "spec.json"],
        "e.csv",
    ),
    "evaluate": lambda home: (["evaluate", home / "study.toml", "--folds", 2], "e.json"),
    "evidence": lambda home: (["evidence", "--variants", "BRAF V600E", "--disease", "MEL"], "e.json"),
    "features": lambda home: (["features", home / "cohort.vcf", "--panel", home / "panel.toml"], "f.csv"),
    "fit": lambda home: (["fit", home / "study.toml"], "s.model"),
    "image": lambda home: (["image", home / "scan.nii", "--mask", home / "region.nii"], "f.csv"),
    "interop check": lambda home: (["interop", "check", home / "bundle.json"], "f.json"),
    "interop score": lambda home: (["interop", "score", home / "score.vcf", "--score", home / "score.txt"], "s.csv"),
    "interop tables": lambda home: (
        ["interop", "tables", home / "bundle.json", "--format", "fhir", "--map", home / "map.toml"],
        "t.csv",
    ),
    "knowledge diff": lambda home: (["knowledge", "diff", "pharmcat", "pharmcat"], "d.csv"),
    "knowledge import": lambda home: (["knowledge", "import", "pharmcat", home / "own"], "p.json"),
    "knowledge list": lambda home: (["knowledge", "list"], "l.json"),
    "monitor": lambda home: (_monitor(home), "r.json"),
    "pgx": lambda home: (["pgx", home / "sample.vcf"], "p.json"),
    "predict": lambda home: (["predict", home / "study.model", home / "study.toml"], "p.csv"),
    "published card": lambda home: (["published", "card", "albi@2015"], "card.txt"),
    "published list": lambda home: (["published", "list"], "list.csv"),
    "rank": lambda home: (_rank(home, "--patient", "P1"), "r.json"),
    "screen": lambda home: (["screen", home / "people.csv", "--model", "plcom2012@2013"], "r.csv"),
    "screen-evaluate": lambda home: (
        ["screen-evaluate", home / "people.csv", "--spec", home / "screening.json"],
        "e.json",
    ),
    "registry add": lambda home: (["registry", "add", home / "models", home / "study.model"], "id.txt"),
    "registry diff": lambda home: (["registry", "diff", home / "models", *_ids(home) * 2], "d.txt"),
    "registry list": lambda home: (["registry", "list", home / "models"], "l.json"),
    "registry verify": lambda home: (["registry", "verify", home / "models"], "v.txt"),
    "study check": lambda home: (["study", "check", home / "study.toml"], "audit.json"),
}
#: Other shapes of output of the same commands.
SHAPES = {
    "care schedule csv": lambda home: (_schedule(home), "s.csv"),
    "care schedule fhir": lambda home: (_schedule(home), "s.fhir.json"),
    "care schedule ics": lambda home: (_schedule(home), "s.ics"),
    "rank html": lambda home: (_rank(home, "--patient", "P1"), "r.html"),
    "rank in three formats": lambda home: (_rank(home, "--patient", "P1", "--format", "json,csv,html"), "r.json"),
    "rank published": lambda home: (["rank", "--published", "albi@2015", "--table", home / "albi.csv"], "r.csv"),
    "screen decided": lambda home: (
        ["screen", home / "people.csv", "--model", "plcom2012@2013", "--options", home / "screening.toml"],
        "d.json",
    ),
    "evidence html": lambda home: (["evidence", "--variants", "BRAF V600E", "--disease", "MEL"], "e.html"),
    "evidence fhir": lambda home: (
        ["evidence", "--variants", "BRAF V600E", "--disease", "MEL", "--format", "fhir"],
        "e.json",
    ),
    "monitor html": lambda home: (_monitor(home), "r.html"),
    "pgx html": lambda home: (["pgx", home / "sample.vcf"], "p.html"),
}
ALL = CASES | SHAPES


def _leaves(command, path=()):
    for name, child in command.commands.items():
        if hasattr(child, "commands"):
            yield from _leaves(child, (*path, name))
        else:
            yield " ".join((*path, name))


def test_every_command_has_a_case():
    assert sorted(CASES) == sorted(_leaves(get_command(app)))


def _marked(names):
    return [pytest.param(name, marks=pytest.mark.slow) if name in _SLOW else name for name in names]


def _line(made, name, folder):
    words, out = ALL[name](made)
    named = [] if name in _POSITIONAL else ["--out"]
    return [*map(str, words), *named, str(folder / out), "--quiet"]


def _written(folder):
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def _refusing(step, number):
    """Let one step of writing fail as on a full disk."""

    def fail(*_arguments, **_named):
        raise OSError(number, os.strerror(number))

    owner = whole_files.os if step == "fsync" else Path
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, step, fail)
        yield


@pytest.mark.parametrize("name", _marked(ALL))
def test_a_full_disk_ends_with_3_names_the_disk_and_leaves_nothing(name, made, tmp_path, capfd):
    """A write that is refused; content that the disk refuses when it is brought to it; a rename."""
    steps = ["fsync"] if name in ("convert", "demo", "fit", "evaluate") else ["write_text", "fsync", "replace"]
    if name in ("pgx", "pgx html"):  # reports are written to an open file as they come
        steps = ["fsync", "replace"]
    for step in ["write_bytes", *steps[1:]] if name == "knowledge import" else steps:
        capfd.readouterr()
        with _refusing(step, errno.ENOSPC):
            status = run(_line(made, name, tmp_path))
        said = capfd.readouterr().err
        assert (status, said.count("\n")) == (3, 1), said
        assert said.startswith("error[disk-full]")
        assert "the disk is full" in said
        assert _written(tmp_path) == []


@pytest.mark.parametrize("name", _marked([name for name in ALL if name not in _FOLDERS]))
def test_a_device_that_is_full_ends_with_3_and_one_that_takes_all_with_0(name, made, tmp_path, capfd):
    """``/dev/full`` and ``/dev/null`` are left as they are; a suffix chooses the format, so links name them."""
    words, out = ALL[name](made)
    if "--format" in words:
        pytest.skip("several formats go to files beside each other")
    for device, status in (("/dev/full", 3), ("/dev/null", 0)):
        link = tmp_path / out
        link.unlink(missing_ok=True)
        link.symlink_to(device)
        capfd.readouterr()
        assert run([*map(str, words), "--out", str(link), "--quiet"]) == status
        assert ("error[disk-full]" in capfd.readouterr().err) == (status == 3)
        assert Path(device).is_char_device()
        assert _written(tmp_path) == [out]


def _killed(line):
    """Run a command in a process that is killed when its content is written and not yet in place."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns where a process with threads forks
        child = os.fork()
    if child == 0:
        whole_files.os.fsync = lambda _handle: os.kill(os.getpid(), signal.SIGKILL)
        run(line)
        os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("name", _marked(ALL))
def test_a_killed_command_leaves_no_output_and_the_next_one_takes_away_what_it_left(name, made, tmp_path):
    line = _line(made, name, tmp_path)
    assert _killed(line) == -signal.SIGKILL
    left = _written(tmp_path)
    assert left
    assert all(each.startswith(".") and each.endswith(".part") for each in left)
    assert run(line) == 0
    assert not [each for each in _written(tmp_path) if each.startswith(".")]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "moments"), [("demo", 3), ("fit", 6), ("pgx", 6), ("rank in three formats", 6)])
def test_a_command_killed_at_any_moment_leaves_whole_outputs_or_none(name, moments, made, tmp_path):
    """Moments spread over the time that the command takes."""
    import time

    whole = tmp_path / "whole"
    whole.mkdir()
    code = "from genorx.cli import main; main()"
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", code, *_line(made, name, whole)], check=True, capture_output=True)
    took = time.monotonic() - start
    folder = tmp_path / "killed"
    folder.mkdir()
    for turn in range(moments):
        killed = subprocess.Popen([sys.executable, "-c", code, *_line(made, name, folder)], stdout=subprocess.DEVNULL)
        time.sleep(took * (turn + 1) / (moments + 0.5))
        killed.kill()
        killed.wait()
        seen = [each for each in _written(folder) if not each.startswith(".")]
        assert seen in ([], _written(whole))
        for path in folder.rglob("*.json"):
            if not path.relative_to(folder).parts[0].startswith("."):
                assert path.read_bytes() == (whole / path.relative_to(folder)).read_bytes()
    subprocess.run([sys.executable, "-c", code, *_line(made, name, folder)], check=True, capture_output=True)
    assert _written(folder) == _written(whole)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("study check", "clinical.csv"), ("fit", "outcomes.csv"), ("evaluate", "clinical.csv"), ("pgx", "sample.vcf"),
        ("predict", "clinical.csv"), ("rank", "clinical.csv"), ("rank", "study.model"), ("features", "panel.toml"),
        ("effects", "trial.csv"), ("rank published", "albi.csv"), ("claims", "claims.csv"),
    ],
)  # fmt: skip
def test_an_output_that_would_overwrite_an_input_is_refused(name, read, made, tmp_path, capfd):
    """Also a table that only the study file names, and also by another name of the same file."""
    before = (made / read).read_bytes()
    (tmp_path / "link").symlink_to(made / read)
    words, _ = ALL[name](made)
    for out in (made / read, tmp_path / "link"):
        assert run([*map(str, words), "--out", str(out)]) == 2
        assert "error[out-is-input]" in capfd.readouterr().err
    assert (made / read).read_bytes() == before


def _on(day):
    class Clock(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime(2026, 1, day, tzinfo=zone)

    return Clock


@pytest.mark.parametrize("name", ["rank", "rank html", "rank published", "evidence", "pgx"])
def test_the_day_changes_nothing_but_the_date_and_can_be_fixed(name, made, tmp_path, monkeypatch):
    """Two days apart: under SOURCE_DATE_EPOCH the same bytes; without it, other bytes only where the date stands."""
    line = _line(made, name, tmp_path)
    out = Path(line[line.index("--out") + 1])
    written = {}
    for day in (5, 7):
        monkeypatch.setattr(provenance, "datetime", _on(day))
        for epoch in ("", "1000000000"):
            monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
            assert run(line) == 0
            written[day, epoch] = out.read_text()
    assert written[5, "1000000000"] == written[7, "1000000000"]
    assert written[5, ""].replace("2026-01-05", "2026-01-07") == written[7, ""]


def test_standard_output_that_is_full_ends_with_3(made, tmp_path):
    code = "from genorx.cli import main; main()"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code, "knowledge", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.startswith("error[disk-full] standard output: the disk is full")


def _fill(path):
    with path.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))


def test_a_look_whose_report_and_predictions_are_one_file_is_wrong_usage(tmp_path, capfd):
    """The predictions took the place of the report, and nothing was said."""
    tables = [each for name in ("base", "new", "spec", "apply") for each in (f"--{name}", str(tmp_path / name))]
    same = ["--out", str(tmp_path / "r.json"), "--predictions", f"{tmp_path}/./r.json"]
    assert run(["monitor", *tables, "--as-of", "24", *same]) == 2
    assert capfd.readouterr().err.startswith("error[out-twice]")


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="needs a file system of its own")
def test_a_disk_that_really_is_full_is_named(made, tmp_path, capfd):
    """A file system of 64 KiB, filled to the last page."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not permitted here")
    try:
        _fill(tmp_path / "filler")
        for name in set(ALL) - _SLOW - {"fit"}:
            capfd.readouterr()
            status = run(_line(made, name, tmp_path))
            said = capfd.readouterr().err
            assert (name, status, said[:16]) == (name, 3, "error[disk-full]")
            assert _written(tmp_path) == ["filler"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_one_file_for_two_outputs_is_refused_before_any_work(tmp_path, capfd):
    """By another path to the same file too; the inputs need not even be there."""
    (tmp_path / "r.json").write_text("old")
    (tmp_path / "same.csv").symlink_to(tmp_path / "r.json")
    line = [*_monitor(tmp_path), "--apply", tmp_path / "a.csv", "--predictions", tmp_path / "same.csv"]
    assert run([str(each) for each in [*line, "--out", tmp_path / "r.json"]]) == 2
    assert "error[out-twice]" in capfd.readouterr().err
    assert (tmp_path / "r.json").read_text() == "old"
