"""Pharmacogenes as a panel's features; expected phenotypes are CPIC's tables for the alleles put into the file."""

import pandas as pd
import pytest

from genorx.datasets import write_pgx_cohort
from genorx.errors import PanelError
from genorx.features import Panel, features_of_files, variant_features

PANEL = '[pgx]\ngenes = ["CYP2C19", "DPYD"]\n'


@pytest.fixture
def panel(tmp_path):
    def write(text=PANEL):
        path = tmp_path / "panel.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def cohort(tmp_path):
    """Everybody is CYP2C19 *2/*2 and DPYD *2A/*2A."""
    path = tmp_path / "c.vcf.gz"
    write_pgx_cohort(path, n=4, frequencies={"CYP2C19": {"*2": 1.0}, "DPYD": {"c.1905+1G>A (*2A)": 1.0}})
    return path


def rewritten(path, change):
    """Write a file again with its lines changed, as plain text."""
    import gzip

    plain = path.with_name("changed.vcf")
    plain.write_text("".join(map(change, gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True))))
    return plain


def test_phenotypes_are_ordered_and_activity_is_a_number(cohort, panel):
    """CYP2C19 *2/*2 is a poor metabolizer without score; DPYD *2A/*2A has activity 0."""
    made = features_of_files([cohort], panel(), origin="germline")
    assert list(made.frame) == ["CYP2C19_phenotype", "DPYD_phenotype", "DPYD_activity"]
    assert made.frame.index.name == "patient_id"
    assert set(made.frame["CYP2C19_phenotype"]) == {"Poor Metabolizer"}
    levels = list(made.frame["CYP2C19_phenotype"].cat.categories)
    assert made.frame["CYP2C19_phenotype"].cat.ordered
    assert levels.index("Poor Metabolizer") < levels.index("Normal Metabolizer") < levels.index("Rapid Metabolizer")
    assert made.frame["DPYD_activity"].tolist() == [0.0] * 4
    assert [(s.name, s.kind, s.group) for s in made.specs] == [
        ("CYP2C19_phenotype", "ordinal", "pgx"),
        ("DPYD_phenotype", "ordinal", "pgx"),
        ("DPYD_activity", "number", "pgx"),
    ]
    assert made.specs[0].levels == tuple(levels)
    assert (made.specs[2].lower, made.specs[2].upper) == (0.0, 0.0)


def test_a_gene_that_the_file_does_not_cover_is_missing_not_normal(cohort, panel):
    without = rewritten(cohort, lambda line: "" if line.startswith("chr10\t") else line)
    frame = features_of_files([without], panel(), origin="germline").frame
    assert frame["CYP2C19_phenotype"].isna().all()
    assert frame["DPYD_activity"].notna().all()


@pytest.mark.parametrize("fault", ["filter", "depth", "sample filter"])
def test_calls_that_a_study_does_not_accept_are_missing(cohort, panel, fault):
    """The study's rules hold for pharmacogenes too: FILTER, FT and depth 0 make no-calls, never reference calls."""

    def change(line):
        if not line.startswith("chr10\t"):
            return line
        if fault == "filter":
            return line.replace("PASS", "q10")
        cells = line.rstrip("\n").split("\t")
        key, value = ("DP", "0") if fault == "depth" else ("FT", "q10")
        return "\t".join([*cells[:8], f"GT:{key}", *(f"{cell}:{value}" for cell in cells[9:])]) + "\n"

    changed = rewritten(cohort, change)
    assert features_of_files([changed], panel(), origin="germline").frame["CYP2C19_phenotype"].isna().all()
    accepted = features_of_files([changed], panel(), origin="germline", filters=None).frame["CYP2C19_phenotype"]
    assert accepted.isna().all() if fault == "depth" else accepted.notna().all()  # no filter makes reads of none


def test_samples_are_chosen_and_kept_in_their_order(cohort, panel):
    frame = variant_features(cohort, panel(), samples=["S0003", "S0001"])
    assert list(frame.index) == ["S0003", "S0001"]
    assert set(frame["CYP2C19_phenotype"]) == {"Poor Metabolizer"}


def test_the_built_in_panel_has_every_gene_that_a_file_tells(cohort):
    frame = variant_features(cohort, "pgx")
    assert {"TPMT_phenotype", "CYP2C9_activity", "VKORC1_phenotype"} <= set(frame)
    assert not [name for name in frame if name.startswith(("CYP2D6", "HLA", "CYP4F2", "TPMT_activity"))]
    assert isinstance(frame["G6PD_phenotype"].dtype, pd.CategoricalDtype)


def test_pharmacogenes_of_somatic_files_are_a_serious_finding(cohort, panel):
    made = features_of_files([cohort], panel(), origin="somatic")
    assert ("pgx-tumour-file", "serious") in [(f.code, f.severity) for f in made.findings]
    assert "pgx-tumour-file" not in [f.code for f in features_of_files([cohort], panel(), origin="germline").findings]


def test_a_site_with_the_name_of_a_pharmacogene_column_is_refused(cohort, panel):
    site = '[[sites]]\nid = "CYP2C19_phenotype"\nchrom = "10"\npos_GRCh38 = 94781859\nref = "G"\nalt = "A"\n'
    with pytest.raises(PanelError) as caught:
        features_of_files([cohort], panel(PANEL + site), origin="germline")
    assert caught.value.code == "panel-name-twice"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('[pgx]\ngens = ["CYP2C19"]', "panel-key", "pgx.gens"),
        ('[pgx]\ngenes = ["CYP2D6"]', "panel-value", "pgx.genes"),
        ('[pgx]\ngenes = ["HLA-B"]', "panel-value", "pgx.genes"),
        ('[pgx]\ngenes = ["TPMT", "TPMT"]', "panel-name-twice", "pgx.genes"),
        ('[pgx]\ncolumns = ["diplotype"]', "panel-value", "pgx.columns"),
        ('[pgx]\ngenes = ["TPMT"]\ncolumns = ["activity"]', "panel-value", "pgx.columns"),
        ("pgx = 3", "panel-value", "pgx"),
    ],
)
def test_a_wrong_pgx_table_is_refused_with_its_key(panel, text, code, place):
    with pytest.raises(PanelError) as caught:
        Panel.read(panel(text))
    assert (caught.value.code, caught.value.place) == (code, place)


def test_a_study_takes_pharmacogenes_as_features(cohort, panel, tmp_path):
    """A whole study: the columns stand beside the clinical ones, a patient without sample has them missing."""
    import genorx as gx

    panel()
    (tmp_path / "clinical.csv").write_text("pid,age_years\nS0001,50\nS0002,61\nS0009,70\n")
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "s"\npatient_id = "pid"\n[variants]\nfiles = ["c.vcf.gz"]\nassembly = "GRCh38"\n'
        'origin = "germline"\npanel = "panel.toml"\n[[tables]]\npath = "clinical.csv"\nrole = "clinical"\n'
    )
    loaded = gx.Study.read(tmp_path / "study.toml").load()
    column = loaded.features["CYP2C19_phenotype"]
    assert column.loc[["S0001", "S0002"]].tolist() == ["Poor Metabolizer"] * 2
    assert column.isna().loc["S0009"]
    assert {"pgx", "clinical"} == {spec.group for spec in loaded.specs}


def test_the_audit_of_a_study_lists_phenotypes_with_their_levels(cohort, panel, tmp_path):
    """A phenotype has levels and no range; an activity score has a range (DPYD *2A/*2A: 0 to 0)."""
    import jsonschema

    import genorx as gx
    from genorx.cohort.checks.audit_json import study_schemas

    panel()
    (tmp_path / "clinical.csv").write_text("pid,age_years\nS0001,50\nS0002,61\n")
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "s"\npatient_id = "pid"\n[variants]\nfiles = ["c.vcf.gz"]\nassembly = "GRCh38"\n'
        'origin = "germline"\npanel = "panel.toml"\n[[tables]]\npath = "clinical.csv"\nrole = "clinical"\n'
    )
    audit = gx.Study.read(tmp_path / "study.toml").audit()
    columns = audit.columns.set_index("column")
    assert "Poor Metabolizer" in columns.loc["CYP2C19_phenotype", "levels"]
    assert pd.isna(columns.loc["CYP2C19_phenotype", "lower"])
    assert (columns.loc["DPYD_activity", "lower"], columns.loc["DPYD_activity", "upper"]) == (0.0, 0.0)
    jsonschema.validate(audit.to_dict(), study_schemas()["audit"])
    assert "CYP2C19_phenotype" in str(audit)
