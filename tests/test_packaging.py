"""What packages genorx for others: each file says what the project's own files say."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

import genorx
from genorx.cli.app import app

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = ROOT / "workflows"
#: Packages that conda calls otherwise; the plotting library without its windows.
CONDA_NAMES = {"matplotlib": "matplotlib-base"}


def _recipe_section(name):
    text = (ROOT / "conda" / "meta.yaml").read_text()
    section = re.search(rf"^  {name}:\n((?:    .*\n)+)", text, re.MULTILINE)[1]
    found = re.findall(r"^    - ([a-z0-9-]+) ?(>=[0-9.]+)?$", section, re.MULTILINE)
    return dict(found)


def test_a_version_is_the_same_wherever_it_stands():
    """And the day of the release is that of the changelog's newest section."""
    citation = (ROOT / "CITATION.cff").read_text()
    newest, day = re.search(
        r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    ).groups()
    said = {
        "CITATION.cff": re.search(r"^version: (\S+)$", citation, re.MULTILINE)[1],
        "conda/meta.yaml": re.search(r'set version = "(.+)"', (ROOT / "conda" / "meta.yaml").read_text())[1],
        "Dockerfile": re.search(r'image\.version="(.+)"', (ROOT / "Dockerfile").read_text())[1],
        "CHANGELOG.md": newest,
    }
    assert said == dict.fromkeys(said, genorx.__version__)
    assert re.search(r"^date-released: (\S+)$", citation, re.MULTILINE)[1] == day


def test_the_conda_recipe_needs_what_the_project_needs():
    wanted = dict(re.match(r"([A-Za-z0-9-]+)(>=[0-9.]+)", each).groups() for each in PROJECT["dependencies"])
    wanted = {CONDA_NAMES.get(name, name): least for name, least in wanted.items()}
    run = _recipe_section("run")
    assert run.pop("python") == PROJECT["requires-python"]
    assert run == wanted


def test_the_conda_recipe_builds_with_what_the_project_builds_with():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    host = _recipe_section("host")
    wanted = dict(re.match(r"([a-z-]+)(>=.*)", each).groups() for each in build)
    assert {name: host[name] for name in wanted} == wanted


def test_the_notice_names_every_data_file_of_the_package():
    """A path that moved leaves data without their terms, and terms without their data."""
    named = re.findall(r"^(src/\S+)$", (ROOT / "NOTICE").read_text(), re.MULTILINE)
    assert [path for path in named if not (ROOT / path).exists()] == []
    data = [path for kind in ("gz", "json", "toml", "tsv") for path in (ROOT / "src").rglob(f"*.{kind}")]
    own = {path for path in data if path.parent.name == "demo_files"}  # simulated: the last paragraph says so
    places = [path.relative_to(ROOT).as_posix() for path in data if path not in own]
    assert [place for place in places if not place.startswith(tuple(named))] == []


def test_every_extra_for_users_is_explained_and_part_of_all():
    """The others are for work on the project; CONTRIBUTING.md and noxfile.py name them."""
    extras = set(PROJECT["optional-dependencies"]) - {"benchmarks", "dev", "docs", "test", "workflows"}
    installing = (ROOT / "docs" / "guide" / "installing.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", installing, re.MULTILINE)) == extras
    whole = re.search(r"\[(.+)\]", *PROJECT["optional-dependencies"]["all"])[1]
    assert set(whole.split(",")) == extras - {"all"}


def test_the_image_runs_as_an_ordinary_user_and_carries_the_terms_of_what_it_holds():
    """scikit-survival is under GPL-3.0-or-later, and so is an image with it."""
    text = (ROOT / "Dockerfile").read_text()
    last = text[text.rindex("\nFROM ") :]
    assert "useradd --create-home --uid 1000 genorx" in last
    assert re.search(r"^USER 1000:1000$", last, re.MULTILINE)  # by number: a cluster can tell that it is not root
    assert last.index("USER 1000") < last.index("ENTRYPOINT")
    assert 'org.opencontainers.image.licenses="Apache-2.0 AND GPL-3.0-or-later"' in last
    assert "COPY LICENSE NOTICE" in last
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in source.split())
    kept = (ROOT / ".dockerignore").read_text().split("\n")
    assert {f"!{name}" for name in ("LICENSE", "NOTICE", "README.md", "pyproject.toml", "src")} <= set(kept)


def _commands():
    root = get_command(app)
    return {name: {flag for each in command.params for flag in each.opts} for name, command in root.commands.items()}


@pytest.mark.parametrize("path", sorted([*WORKFLOWS.rglob("wrapper.py"), *WORKFLOWS.rglob("main.nf")]), ids=str)
def test_steps_of_pipelines_use_options_that_there_are(path):
    text = re.sub(r'\\\n|"\n\s+"', " ", path.read_text())  # lines that go on
    (call,) = re.findall(
        r"genorx (pgx|evidence|rank) ([^\n]*)", text.partition("script:")[2] or text.partition("\nshell(")[2]
    )
    assert set(re.findall(r"--[a-z-]+", call[1])) <= _commands()[call[0]]
    assert "--out" in call[1]


@pytest.mark.parametrize("tool", ["pgx", "evidence", "rank"])
def test_modules_of_nextflow_have_the_parts_that_nf_core_asks_for(tool):
    """nf-core, guidelines for modules: tag, label, versions, stub, ext.args, and a description of each channel."""
    folder = WORKFLOWS / "nextflow" / "modules" / "genorx" / tool
    text = (folder / "main.nf").read_text()
    assert text.count("{") == text.count("}")
    parts = (f"process GENORX_{tool.upper()} {{", 'tag "$meta.id"', "label '", "task.ext.args ", "task.ext.prefix")
    assert all(part in text for part in (*parts, "emit: versions", "stub:", "versions.yml", "task.ext.when"))
    described = (folder / "meta.yml").read_text()
    channels = re.search(r"input:\n(.*?)\n\n", text, re.DOTALL)[1]
    for name in re.findall(r"(?:path|val)\((\w+)\)", channels):
        assert f"- {name}:" in described or name == "meta"
    assert (folder / "environment.yml").exists()


def _man():
    path = ROOT / "scripts" / "write_man.py"
    spec = importlib.util.spec_from_file_location("write_man", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_each_command_has_a_man_page_with_its_options(tmp_path):
    _man().main(str(tmp_path))
    pages = {path.name for path in tmp_path.iterdir()}
    assert {"genorx.1", "genorx-pgx.1", "genorx-study-init.1", "genorx-care-plan.1"} <= pages
    text = (tmp_path / "genorx-audit.1").read_text()
    for flag in _commands()["audit"] - {"--help"}:
        assert flag.replace("-", r"\-") in text
    assert text.startswith('.TH "GENORX-AUDIT" "1"')


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_man_pages_are_troff_without_a_warning(tmp_path):
    _man().main(str(tmp_path))
    pages = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", *pages], capture_output=True, text=True, check=True)
    faults = [line for line in done.stderr.splitlines() if "cannot be adjusted" not in line and "break" not in line]
    assert faults == []


def test_the_long_description_has_no_link_that_an_index_cannot_follow():
    """The substitutions of pyproject.toml, as hatch-fancy-pypi-readme makes them."""
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["metadata"]["hooks"]
    text = (ROOT / "README.md").read_text()
    for each in hooks["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(each["pattern"], each["replacement"], text)
    assert not re.findall(r"\]\((?!https?:)", text)
    assert "docs/guide/study_file.md" in text  # the words stay


def test_words_are_completed_in_a_shell():
    environment = {**os.environ, "_GENORX_COMPLETE": "complete_bash", "COMP_WORDS": "genorx study i", "COMP_CWORD": "2"}
    code = "from genorx.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.split() == ["init"]


def test_versions_of_python_are_those_that_are_named():
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if each.startswith("Programming Language")}
    assert {"3.11", "3.12", "3.13"} <= named
    assert "python3.12 python3.13" in (ROOT / ".ci" / "run").read_text()
