"""Pages in a real browser: no script error, no request, accessible by axe-core, reached by keyboard, whole in print.

axe-core (Deque, MPL-2.0) comes with the package axe-playwright-python and is not part of the project.
"""

import json
import shutil
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from genorx import Study, load_model
from genorx._core.page import findings_block, html_table, whole_page
from genorx.cli.app import run
from genorx.datasets import make_course_cohort, make_monitoring_history, make_screening_cohort
from genorx.effects import StrategyEffect
from genorx.errors import Finding
from genorx.report import report_html

pytestmark = pytest.mark.slow
_SIZES = [(400, "light"), (1200, "light"), (400, "dark"), (1200, "dark")]
_KINDS = [
    "report",
    "short",
    "evidence",
    "pgx",
    "published",
    "screen",
    "monitor",
    "image",
    "audit",
    "plan",
    "schedule",
    "words",
    "states",
    "options",
]
#: The first woman has 48 options, the second is too young for the model.
_WOMEN = """patient_id,age,size,grade,nodes,er,pr,her2,ki67,screen,generation,smoker,heart_gy,postmenopausal
A,57,29,3,5,1,1,1,1,0,3,0,2,1
B,20,40,3,2,0,0,0,1,0,3,0,1,0
"""
_SCREENING = """[screening]
reference = "do_not_screen"
effect = {relative_risk = 0.8, lower = 0.7, upper = 0.9, source = "s"}
fatality = {value = 0.6, source = "s"}
[[screening.harms]]
name = "false_positive"
probability = 0.25
among = "without"
weight = 0.004
source = "s"
"""
_CLAIMS = """claim_id,line,patient_id,npi,service_date,code,units,modifiers,diagnosis,frequency,original_claim,charge
K1,1,P1,1234567893,2024-01-05,J9035,31,,C189,1,,1922.00
K2,1,P1,1234567893,2024-03-01,J9035,43,,C189,1,,2666.00
"""
#: Names of options in several scripts, long and without a blank.
_NAMES = (
    "標準治療", "Стандартная химиотерапия с длинным названием", "العلاج الكيميائي",
    "Radiochimiothérapie néoadjuvante + immunothérapie d'entretien", "fluorouracil/leucovorin/oxaliplatin/bevacizumab",
)  # fmt: skip
_PRINTED = 718  # CSS pixels between the margins of A4 at 14 mm
#: Characters that fit into no printed line at once, such as digests, are broken: nothing is wider than the paper.
_WIDER = f"""() => [...document.querySelectorAll('main *')]
    .filter(each => each.getBoundingClientRect().right > {_PRINTED} + 1 && !each.closest('svg'))
    .map(each => each.outerHTML.slice(0, 99))"""
_SMALL = """least => [...document.querySelectorAll('svg text')].filter(text => {
    const grown = text.getScreenCTM();
    const shown = text.getBoundingClientRect().height > 0 && text.textContent.trim();
    return shown && parseFloat(getComputedStyle(text).fontSize) * Math.hypot(grown.a, grown.b) < least;
}).map(text => text.textContent)"""


def _chromium():
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser driver: pip install genorx[test]")
    path = _chromium()
    if path is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe():
    pytest.importorskip("axe_playwright_python", reason="axe-core is absent: pip install genorx[test]")
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of each kind that a command can write without development data, by the name of the kind."""
    home = tmp_path_factory.mktemp("pages")
    assert run(["demo", "--out", str(home / "demo"), "--quiet"]) == 0
    model, study = home / "demo" / "demo.model", home / "demo" / "patients.toml"
    assert run(["rank", str(model), str(study), "--out", str(home / "short.html"), "--short", "--quiet"]) == 0
    wanted = ["evidence", "--variants", "BRAF V600E; KRAS G12D", "--disease", "COAD"]
    assert run([*wanted, "--out", str(home / "evidence.html"), "--quiet"]) == 0
    (home / "sample.vcf").write_text(_sample())
    assert run(["pgx", str(home / "sample.vcf"), "--out", str(home / "pgx.html"), "--quiet"]) == 0
    found = {"report": home / "demo" / "report.html", "short": home / "short.html"}
    found |= {"evidence": home / "evidence.html", "pgx": home / "pgx.html"}
    return found | _further_pages(home)


def _further_pages(home):
    """Pages of a published model, of monitoring, of an image, of claims, and of a plan and its visits."""
    from genorx import care

    made = {name: home / f"{name}.html" for name in ("published", "screen", "monitor", "image", "audit", "plan")}
    made |= {name: home / f"{name}.html" for name in ("schedule", "words", "states", "options")}
    made["words"].write_text(_long_words())
    made["states"].write_text(_states())
    made["options"].write_text(_options(_demo_ranking(home)))
    (home / "women.csv").write_text(_WOMEN)
    asked = ["rank", "--published", "predict-breast@3.1", "--table", str(home / "women.csv")]
    assert run([*asked, "--out", str(made["published"]), "--quiet"]) == 0
    _screened(home, made["screen"])
    history = make_monitoring_history("baseline_up", seed=1, patients=600, per_month=25)
    history.base.to_csv(home / "base.csv", index=False)
    history.snapshots[24.0].to_csv(home / "new.csv", index=False)
    (home / "monitor.json").write_text(json.dumps(history.spec))
    tables = ["--base", str(home / "base.csv"), "--new", str(home / "new.csv"), "--spec", str(home / "monitor.json")]
    more = ["--as-of", "24", "--look", "7", "--out", str(made["monitor"]), "--quiet"]
    assert run(["monitor", *tables, *more]) == 0
    _image(home, made["image"])
    _claims(home, made["audit"])
    plan = care.plan(None, None, regimen="folfiri", start="2026-03-02")
    made["plan"].write_text(plan.to_html())
    made["schedule"].write_text(plan.schedule(care.Calendar(), today="2026-01-01").to_html())
    return made


def _states():
    """Strategies over time, of a patient whom the cohort covers."""
    from genorx import TreatmentRanker

    cohort = make_course_cohort(300, seed=3).study().load()
    ranker = TreatmentRanker(effects={"multistate": StrategyEffect(n_draws=40)}).fit(cohort)
    covered = ranker.fits_[0].model.support(cohort.features).groupby("patient_id")["inside"].all()
    return report_html(ranker.rank(cohort.only([covered[covered].index[0]])))


def _options(made):
    """The first patient of the demonstration under its three options and others with names of any script."""
    answer = made.answers[0]
    own = (*answer.options, *(replace(answer.options[0], option=name) for name in _NAMES))
    return report_html(replace(made, labels={}, answers=(replace(answer, options=own),)))


def _long_words():
    """What a user may have written without a blank, where a page shows it: narrower screens than the word is long."""
    name = "a_column_with_a_name_" * 4
    found = [Finding(code="monitor-step", severity="warning", message=f"{name} has one value", place=name)]
    table = html_table(("Needed", name), [("mandatory", name), ("2026-03-02", name)], caption=f"Of {name}")
    return whole_page("Words", f"<p>{name}</p><ul><li>{name}</li></ul>{findings_block(found)}{table}", heading=name)


def _demo_ranking(home):
    """The demonstration's ranking, of its first patient."""
    study = Study.read(home / "demo" / "patients.toml").load()
    return load_model(home / "demo" / "demo.model").rank(study.only(study.patients[:1]))


def _screened(home, page):
    """Forty people with declared effect, harm and weight."""
    make_screening_cohort(40, seed=0).people.to_csv(home / "people.csv", index=False)
    (home / "options.toml").write_text(_SCREENING)
    asked = ["screen", str(home / "people.csv"), "--model", "plcom2012@2013", "--options", str(home / "options.toml")]
    assert run([*asked, "--out", str(page), "--quiet"]) == 0


def _image(home, page):
    """A scan of noise and a region of it."""
    nibabel = pytest.importorskip("nibabel")
    region = np.zeros((8, 8, 8), dtype=np.int16)
    region[2:6, 2:6, 2:6] = 1
    scan = np.random.default_rng(0).integers(0, 100, region.shape).astype(np.int16)
    for name, voxels in (("scan.nii", scan), ("region.nii", region)):
        nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), home / name)
    files = [str(home / "scan.nii"), "--mask", str(home / "region.nii")]
    assert run(["image", *files, "--out", str(home / "image.csv"), "--report", str(page), "--quiet"]) == 0


def _claims(home, page):
    """Two lines of a drug, of which the record holds one."""
    tables = {
        "claims": _CLAIMS,
        "records/patients": "patient_id,sex,birth,death\nP1,female,1960-01-01,\n",
        "records/administrations": "patient_id,date,drug,dose_mg\nP1,2024-03-01,bevacizumab,421\n",
        "facts/drug_codes": "code,drug,mg_per_unit,vials_mg,single_dose\nJ9035,bevacizumab,10,100 400,true\n",
    }
    for name, text in tables.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / f"{name}.csv").write_text(text)
    given = ["--claims", "claims.csv", "--records", "records", "--facts", "facts"]
    given = [each if each.startswith("--") else str(home / each) for each in given]
    assert run(["audit", *given, "--out", str(home / "found.csv"), "--report", str(page), "--quiet"]) == 0


def _sample():
    """A person with one copy of CYP2C19*2, nothing at the other sites of the gene."""
    from genorx.knowledge import default_pack

    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr10,length=133797422,assembly=GRCh38>"]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
    lines += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA1"]
    for place in sorted(default_pack().genes["CYP2C19"].positions, key=lambda each: each.pos):
        if place.alts:
            call = "0/1" if place.rsid == "rs4244285" else "0/0"
            fields = (place.chrom, place.pos, place.rsid or ".", place.ref, place.alts[0], ".", "PASS", ".", "GT", call)
            lines.append("\t".join(map(str, fields)))
    return "\n".join(lines) + "\n"


@pytest.fixture(params=_KINDS)
def page_file(request, pages):
    return pages[request.param]


@pytest.mark.parametrize(("width", "scheme"), _SIZES)
def test_a_page_asks_for_nothing_says_nothing_and_has_no_barrier(browser, axe, page_file, width, scheme):
    """axe-core's rules (WCAG 2.1 A, AA and best practice); nothing is wider than the screen."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(Path(page_file).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(_SMALL, 9) == []
    page.evaluate(axe)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert said == []
    assert asked == [Path(page_file).as_uri()]
    context.close()


def test_the_keyboard_reaches_links_and_boxes_that_scroll_in_the_order_of_the_page(browser, pages):
    context = browser.new_context(viewport={"width": 400, "height": 900})
    page = context.new_page()
    page.goto(pages["report"].as_uri())
    order = "[...document.querySelectorAll('a[href], summary, [tabindex]')]"
    reachable = page.evaluate(f"{order}.length")
    seen = []
    for _ in range(reachable):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(f"{order}.indexOf(document.activeElement)"))
    assert seen == list(range(reachable))
    assert reachable > 10
    context.close()


def test_print_cuts_no_table(browser, page_file):
    """Laid out as printed, at the width of A4 between its margins, nothing ends beyond the paper."""
    context = browser.new_context(viewport={"width": _PRINTED, "height": 1000})
    page = context.new_page()
    page.goto(Path(page_file).as_uri())
    page.emulate_media(media="print")
    assert page.evaluate(_WIDER) == []
    context.close()


def test_text_of_figures_is_legible_in_print(browser, page_file):
    """No smaller than 6 points at the width of A4 between its margins: three side by side had 2.5."""
    context = browser.new_context(viewport={"width": _PRINTED, "height": 1000})
    page = context.new_page()
    page.goto(Path(page_file).as_uri())
    page.emulate_media(media="print")
    assert page.evaluate(_SMALL, 6 * 96 / 72) == []
    context.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize(("name", "most"), [("report", 9), ("short", 4)])
def test_three_patients_print_on_few_pages(browser, pages, name, most, paper):
    context = browser.new_context()
    page = context.new_page()
    page.goto(pages[name].as_uri())
    assert 1 <= page.pdf(format=paper).count(b"/Type /Page\n") <= most
    context.close()
