"""Ten ways in which people come to genorx, each walked through with the installed command and public names alone.

The ninth, a workflow of Snakemake, stands in ``tests/workflows``, since Snakemake has dependencies of its own.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import genorx as gx

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "guide"


def blocks(page, language):
    """Blocks of code of a page of the guide, in order."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", (GUIDE / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def replaced(text, old, new):
    """Text with a part that must be in it replaced."""
    assert old in text
    return text.replace(old, new)


@pytest.fixture
def genorx(tmp_path):
    """``genorx(words...)`` runs the installed command in a folder of its own, and returns what it said."""
    beside = Path(sys.executable).with_name("genorx")
    command = str(beside) if beside.exists() else shutil.which("genorx")
    if command is None:
        pytest.skip("the command is not installed: pip install -e .")

    def run(*words, status=0):
        line = [command, *map(str, words)]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of scikit-survival's own reader
def test_1_frames_of_gbsg2_become_a_ranking_in_eight_lines():
    """Hormone therapy lowers the risk of recurrence, hazard ratio 0.66 to 0.70 in GBSG-2.

    Schumacher M et al. 1994, J Clin Oncol 12:2086; Sauerbrei W, Royston P 1999, J R Stat Soc A 162:71.
    """
    (code,) = [text for text in blocks("first_steps.md", "python") if "load_gbsg2" in text]
    assert len([line for line in code.splitlines() if line.strip()]) <= 8
    told = {}
    exec(code, told)
    table = told["ranking"].to_frame()
    therapy = table[(table["measure"] == "rmst") & (table["option"] == "yes")]
    assert len(therapy) == 3
    assert therapy["difference"].between(0, 1826).all()
    assert table.groupby("patient_id")["option"].agg(set).eq({"no", "yes"}).all()


@pytest.fixture
def cbioportal(tmp_path):
    """A study as cBioPortal lays it: 300 patients; a mutation of TP53 makes the hazard three times as high."""
    folder, rng = tmp_path / "brca_study", np.random.default_rng(1)
    folder.mkdir()
    names = [f"P{number:03d}" for number in range(300)]
    mutated = rng.random(300) < 0.4
    died, left = rng.exponential(np.where(mutated, 20, 60)), rng.uniform(10, 90, 300)
    patients = pd.DataFrame(
        {
            "PATIENT_ID": names,
            "AGE": rng.integers(35, 80, 300),
            "OS_STATUS": np.where(died <= left, "1:DECEASED", "0:LIVING"),
            "OS_MONTHS": np.minimum(died, left).round(2) + 0.01,
        }
    )
    samples = pd.DataFrame(
        {
            "PATIENT_ID": names,
            "SAMPLE_ID": [f"{name}-01" for name in names],
            "GRADE": rng.integers(1, 4, 300),
        }
    )
    for name, table in (("patient", patients), ("sample", samples)):
        head = "#" + "\t".join(table.columns) + "\n"
        (folder / f"data_clinical_{name}.txt").write_text(4 * head + table.to_csv(sep="\t", index=False))
    mutations = pd.DataFrame({"Hugo_Symbol": "TP53", "Variant_Classification": "Missense_Mutation"}, range(300))
    mutations["Tumor_Sample_Barcode"] = samples["SAMPLE_ID"]
    (folder / "data_mutations.txt").write_text(mutations[mutated].to_csv(sep="\t", index=False))
    return folder


@pytest.mark.slow
def test_2_a_folder_of_cbioportal_becomes_a_prognosis_in_which_a_mutation_counts(genorx, cbioportal, tmp_path):
    """As made, survival at 36 months is exp(-36/20) = 0.17 with the mutation and exp(-36/60) = 0.55 without."""
    genorx("study", "init", cbioportal.name, "--out", "study.toml")
    study = tmp_path / "study.toml"
    study.write_text(replaced(study.read_text(), 'absent = "missing"', 'absent = "reference"'))
    genorx("study", "check", "study.toml", "--out", "audit.json")
    genorx("fit", "study.toml", "--out", "study.model")
    genorx("predict", "study.model", "study.toml", "--out", "survival.csv")
    table = pd.read_csv(tmp_path / "survival.csv").query("time == 36").set_index("patient_id")["estimate"]
    barcodes = pd.read_csv(cbioportal / "data_mutations.txt", sep="\t")["Tumor_Sample_Barcode"]
    mutated = table.index.isin(barcodes.str.removesuffix("-01"))
    assert len(table) == 300
    assert table[mutated].mean() == pytest.approx(np.exp(-36 / 20), abs=0.09)
    assert table[~mutated].mean() == pytest.approx(np.exp(-36 / 60), abs=0.09)


def test_3_dates_become_times_and_a_patient_whose_end_is_before_the_start_is_named(genorx, tmp_path):
    """The study file and the two patients are those of the guide; days were counted by hand.

    2015-03-09 to 2019-11-30 are 1,727 days, 2016-01-21 to 2020-06-15 are 1,607.
    """
    (rows,) = blocks("from_dates.md", "text")
    (study,) = blocks("from_dates.md", "toml")
    more = [
        f"P-1{n:03d},1950-01-01,m,I,2015-01-01,201{6 + n % 3}-01-01,{'dead' if n % 2 else 'alive'}" for n in range(40)
    ]
    wrong = "P-9999,1950-01-01,f,I,2019-05-01,2018-05-01,dead"
    (tmp_path / "clinical.csv").write_text("\n".join([rows.strip(), *more, wrong]) + "\n")
    (tmp_path / "study.toml").write_text(study)
    done = genorx("study", "check", "study.toml", "--out", "audit.json", "--no-strict")
    assert "P-9999" in done.stderr + (tmp_path / "audit.json").read_text()
    cohort = gx.Study.read(tmp_path / "study.toml").load()
    found = cohort.outcomes["os"].frame
    assert found.loc["P-0001", ["time", "event"]].tolist() == [1727, 1]
    assert found.loc["P-0002", ["time", "event"]].tolist() == [1607, 0]
    assert "P-9999" not in found.index
    assert cohort.features.loc["P-0001", "age_years"] == pytest.approx(63.9, abs=0.1)
    assert not any("birth" in name for name in cohort.features)


MAF = """Hugo_Symbol\tVariant_Classification\tHGVSp_Short\tTumor_Sample_Barcode
BRAF\tMissense_Mutation\tp.V600E\tT1
TP53\tMissense_Mutation\tp.R248Q\tT1
KRAS\tSilent\tp.G12=\tT2
TP53\tMissense_Mutation\tp.R248Q\tT2
"""


def test_4_a_maf_becomes_a_table_of_genes_and_the_evidence_on_one_tumour(genorx, tmp_path):
    """A silent change of KRAS is no mutation of it; both tumours have one of TP53, by the rows above."""
    (tmp_path / "cohort.maf").write_text(MAF)
    people = pd.DataFrame({"tumour": ["T1", "T2"], "age_years": [50, 60]})
    study = {
        "study": {"name": "a MAF", "patient_id": "tumour"},
        "tables": [{"path": "people.csv", "role": "clinical"}],
        "variants": {"files": [str(tmp_path / "cohort.maf")], "origin": "somatic", "assembly": "GRCh37"},
    }
    study["variants"]["absent"] = "reference"
    cohort = gx.Study.from_frames(study, {"people": people}).load()
    assert cohort.features["TP53"].tolist() == [1, 1]
    assert cohort.features["BRAF"].tolist() == [1, 0]
    assert cohort.features["KRAS"].tolist() == [0, 0]
    genorx("evidence", "--variants", "cohort.maf", "--sample", "T1", "--disease", "MEL", "--out", "evidence.json")
    assert "Dabrafenib" in (tmp_path / "evidence.json").read_text()


@pytest.mark.slow
def test_5_a_table_of_a_trial_becomes_a_ranking_of_its_arms(genorx, tmp_path):
    """Levamisole with fluorouracil lowered mortality by a third, levamisole alone did not (Moertel CG et al. 1990)."""
    (written, *_) = blocks("trial.md", "python")
    exec(replaced(written, '"colon.csv"', repr(str(tmp_path / "colon.csv"))), {})
    init = blocks("trial.md", "console")[0].replace("\\\n", " ").removeprefix("$ genorx ").split()
    genorx(*init)
    study = tmp_path / "study.toml"
    text = replaced(study.read_text(), "randomised = false", "randomised = true")
    table = blocks("trial.md", "toml")[0].partition("\n\n")[0].removeprefix("[[tables]]\n")
    text = replaced(text, 'path = "colon.csv"\nrole = "clinical"\n', f"{table}\n")
    text = re.sub(r'^reference = ".*"', 'reference = "observation"', text, flags=re.MULTILINE)
    study.write_text(text)
    assert tomllib.loads(text)["tables"][0]["exclude"] == ["recurrence", "recurrence_days"]
    genorx("study", "check", "study.toml", "--out", "audit.json")
    genorx("fit", "study.toml", "--out", "study.model")
    genorx("rank", "study.model", "study.toml", "--out", "ranking.csv", "--patient", "1", "--patient", "2")
    table = pd.read_csv(tmp_path / "ranking.csv")
    best = table[table["rank"] == 1]
    assert (best["option"] == "levamisole+5FU").all()
    assert (best.loc[best["measure"].isin(["survival", "rmst"]), "difference"] > 0).all()


def test_6_a_published_model_ranks_a_table_and_refuses_the_woman_for_whom_it_does_not_hold(genorx, tmp_path):
    """PREDICT Breast 2.2, the authors' worked example: alive at ten years under all that applies, 0.849."""
    card = genorx("published", "card", "predict-breast@2.2").stdout
    rows = ["A,57,29,1,5,1,1,1,0,3,1", "C,20,40,3,2,0,0,1,0,3,0"]
    head = "patient_id,age,size,grade,nodes,er,her2,ki67,screen,generation,postmenopausal"
    assert all(f"`{name}`" in card for name in head.split(",")[1:])
    (tmp_path / "patients.csv").write_text("\n".join([head, *rows]) + "\n")
    words = ("rank", "--published", "predict-breast@2.2", "--table", "patients.csv", "--out")
    genorx(*words, "ranking.json")
    first, young = json.loads((tmp_path / "ranking.json").read_text())
    assert first["options"][0]["outcomes"]["os"]["10"]["estimate"] == pytest.approx(0.849467, abs=1e-6)
    assert {option["advice"] for option in young["options"]} == {"no_estimate"}
    genorx(*words, "report.html")
    assert "<h1" in (tmp_path / "report.html").read_text()


VCF = """##fileformat=VCFv4.2
##contig=<ID=chr10,length=133797422,assembly=GRCh38>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tPoor\tNotRead
chr10\t94775367\trs12769205\tA\tG\t.\tPASS\t.\tGT\t1/1\t0/0
chr10\t94781859\trs4244285\tG\tA\t.\tPASS\t.\tGT\t1/1\t./.
chr10\t94842866\trs3758581\tA\tG\t.\tPASS\t.\tGT\t1/1\t1/1
"""


def test_7_pharmacogenes_tell_a_poor_metaboliser_from_one_who_was_not_read(genorx, tmp_path):
    """CYP2C19 *2/*2 is a poor metaboliser, for whom CPIC says to avoid clopidogrel (Lee CR et al. 2022)."""
    (tmp_path / "two.vcf").write_text(VCF)
    genorx("pgx", "two.vcf", "--absent", "reference", "--drugs", "clopidogrel", "--out", "pgx.json")
    poor, unread = json.loads((tmp_path / "pgx.json").read_text())
    assert poor["genes"]["CYP2C19"]["phenotypes"] == ["Poor Metabolizer"]
    assert "avoid" in {row["action"] for row in poor["drugs"]["clopidogrel"] if row["source"] == "CPIC"}
    assert poor["genes"]["CYP2C19"]["missing_positions"] == []
    assert unread["genes"]["CYP2C19"]["missing_positions"] == ["chr10:94781859"]
    assert "tier1-position-missing" in unread["genes"]["CYP2C19"]["warnings"]
    assert gx.pgx.call(tmp_path / "two.vcf", absent="reference")[0].genes["CYP2C19"].phenotypes == ["Poor Metabolizer"]


def test_8_evidence_on_a_tumour_names_therapies_and_what_speaks_against_one(genorx, tmp_path):
    """BRAF V600E: BRAF inhibitors help in melanoma (approved since 2011); in colorectal cancer alone they do not."""
    genorx("evidence", "--variants", "BRAF V600E", "--disease", "MEL", "--out", "melanoma.json")
    genorx("evidence", "--variants", "BRAF V600E", "--disease", "COADREAD", "--out", "page.html")
    hits = gx.oncology.match(["BRAF V600E"], disease="MEL")
    first = gx.oncology.rank_therapies(hits)[0]
    assert {"Dabrafenib", "Vemurafenib", "Encorafenib"} & set(re.split(r"[ +,]+", first.name))
    assert "Dabrafenib" in (tmp_path / "melanoma.json").read_text()
    assert "civic" in (tmp_path / "page.html").read_text().lower()
    said = genorx("evidence", "--variants", "BRAF V600E", "--disease", "melanom", "--out", "x.json").stderr
    assert "not known" in said
    assert "MEL (Melanoma)" in said


class Words(HTMLParser):
    """The words of a page that a person sees."""

    def __init__(self, page):
        super().__init__()
        self.hidden, self.seen = 0, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in {"style", "script"}

    def handle_endtag(self, tag):
        self.hidden -= tag in {"style", "script"}

    def handle_data(self, data):
        if not self.hidden:
            self.seen.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.seen))


@pytest.mark.slow
def test_10_a_clinician_finds_in_a_report_what_the_guide_tells_of(genorx, tmp_path):
    """docs/guide/reading_report.md: record, options in order, difference, interval, chance, patients alike, marks."""
    genorx("demo", "--out", "demo")
    page = (tmp_path / "demo" / "report.html").read_text()
    text = Words(page).text
    labels = tomllib.loads((tmp_path / "demo" / "study.toml").read_text())["treatment"]["labels"]
    patients = json.loads((tmp_path / "demo" / "ranking.json").read_text())
    for patient in patients:
        assert patient["patient_id"] in text
        for option in patient["options"]:
            assert labels[option["option"]] in text
    assert not re.search(r'(?:src|href)="https?://[^"]*\.(?:js|css|png)', page)
    lower = text.lower()
    for part in ("patients alike", "better", "months", "reference", "95 %", "age"):
        assert part in lower, part
    assert len(patients) == 3
