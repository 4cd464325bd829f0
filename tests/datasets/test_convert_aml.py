"""The published files of the AML knowledge bank as VCF and tables: made files with its columns, answers by hand."""

import importlib
import sys
from pathlib import Path

import pandas as pd
import pysam
import pytest

import genorx as gx

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
_COLUMNS = """SAMPLE_NAME CHR POSITION MAX_POSITION WT MT VARIANT_TYPE GENE ACCESSION CDNA_CHANGE AA_CHANGE CONSEQUENCE
Result FINAL_CALL TUM_DEPTH %_MUT_IN_TUM"""
GENETIC = _COLUMNS.split()
ROWS = [
    "P1 2 25457242 25457242 C T Sub DNMT3A ENST1 c.2645G>A p.R882H missense ONCOGENIC OK 200 45",
    "P2 2 25457242 25457242 C T Sub DNMT3A ENST1 c.2645G>A p.R882H missense ONCOGENIC OK 100 10",
    "P1 17 74732959 74732959 G T Sub SFRS2 ENST2 c.284C>A p.P95H missense POSSIBLE OK 50 40",
    "P2 4 106155185 106155185 C - D TET2 ENST3 c.86delC p.P29fs*1 frameshift ONCOGENIC REVIEW 60 30",
    "P3 5 170837543 170837544 - TCTG I NPM1 ENST4 c.859_860insTCTG p.L287fs*13 frameshift ONCOGENIC OK 80 40",
    "P3 4 106155000 106155030 ggcgg<14>cgggg - D TET2 ENST3 c.1_24del na frameshift ONCOGENIC OK 80 40",
    "P1 13 na na - - ITD FLT3 ENST5 na ITD ITD ONCOGENIC OK na na",
    "P2 13 na na - - ITD FLT3 ENST5 na ITD ITD ONCOGENIC OK na na",
    "P3 11 118307205 118355690 - - PTD MLL ENST6 na NA PTD ONCOGENIC OK na na",
    "P3 13 na 28592640 - - Sub FLT3 ENST5 na p.D835? missense ONCOGENIC OK na na",
    "P4 19 na na - - I CEBPA ENST7 c.68dupC p.H24fs*84 frameshift ONCOGENIC OK na na",
    "P4 19 na na - - D CEBPA ENST8 na na na ONCOGENIC OK na na",
]
ITD = ["ID", "FLT3_ITD_status", "Insertion_pt", "Inserted_sequence", "NTS", "Read_count", "Coverage", "Second_ITD"]
ITDS = ["P1 ITD 13:28608250 ACGTACGTACGT . 30 100 .", "P5 ITD 13:28608250 ACGTACGTACGT . 5 100 ."]
_PATIENT = """Study=AMLSG0704 Center=1 AOD=50 gender=1 TypeAML=AML Performance_ECOG=1 BM_Blasts=80 PB_Blasts=30 wbc=12.5
HB=9.1 platelet=60 LDH=400 Splenomegaly=0 M_Risk=Favorable C_Risk=intermediate NK=1 NPM1=1 FLT3_ITD=0 FLT3_TKD=0
FLT3_other=0 CEBPA=0 MLL_PTD=0 ATRA_arm=1 VPA=0 TPL_date= TPL_type= TPL_Phase= CR_date=40 Recurrence_date= Status=0
OS=900 Post_Induction_Therapy_Remission=CR efs=900 EFSSTAT=0 ereignart= rfs=860 rfsstat=0 cuminc=0 Date_LF=900"""
CLINICAL = dict(each.split("=") for each in _PATIENT.split())
CHANGED = {"P2": {"TPL_date": "120", "TPL_type": "FREMD", "TPL_Phase": "CR1", "Status": "1", "OS": "500"}}


@pytest.fixture(scope="module")
def convert():
    """``convert`` of the script, which finds its modules beside it."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        return importlib.import_module("convert_aml").convert
    finally:
        sys.path.remove(str(SCRIPTS))


def lines(columns, rows):
    return "\n".join("\t".join(each) for each in [columns, *(row.split() for row in rows)]) + "\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory, convert):
    folder = tmp_path_factory.mktemp("published")
    (folder / "AMLSG_Genetic.txt").write_text(lines(GENETIC, ROWS))
    (folder / "AMLSG_FLT3ITD.txt").write_text(lines(ITD, ITDS).replace("\n", "\r\n"))
    (folder / "AMLSG_Karyotypes.txt").write_text("PDID\tkaryotype\nP1\t46,XX\nP2\tna\n")
    (folder / "AMLSG_Classification.txt").write_text("ID\tOverall_classification\nP1\tNPM1\n")
    tables = importlib.import_module("aml.record_tables")
    flags = dict.fromkeys(tables.FUSIONS + tables.CNAS, "0")
    rows = [{"PDID": name, **CLINICAL, **flags, **CHANGED.get(name, {})} for name in ("P3", "P1", "P2", "P4", "P5")]
    pd.DataFrame(rows).to_csv(folder / "AMLSG_Clinical_Anon.tsv", sep="\t", index=False)
    return folder


@pytest.fixture(scope="module")
def made(source, convert, tmp_path_factory):
    out = tmp_path_factory.mktemp("converted")
    return out, convert(source, out, "all")


def test_each_row_is_placed_and_counted(made):
    out, report = made
    assert report["patients"] == 5
    assert report["substitution, explicit alleles"] == 3
    assert report["deletion with elided sequence as <DEL>"] == report["deletion, explicit alleles"] == 1
    assert report["FLT3-ITD, unconfirmed (FILTER=ITDUnconfirmed)"] == 1
    with pysam.VariantFile(str(out / "cohort.vcf.gz")) as file:
        found = {(rec.chrom, rec.pos, rec.alts[0]): rec for rec in file}
    shared = found["2", 25457242, "T"]
    assert [shared.samples[name]["GT"] for name in ("P1", "P2", "P3")] == [(0, 1), (0, 1), (0, 0)]
    assert shared.samples["P1"]["AD"] == (110, 90)  # 45 % of 200
    assert shared.info["AC"] == (2,)
    assert ("5", 170837543, "CTCTG") in found  # NPM1 type A: c.859 is C of GATCTCTGG at 170837543
    deleted = found["4", 106154999, "<DEL>"]
    assert (deleted.stop, deleted.info["SVLEN"]) == (106155023, (-24,))
    assert found["19", 33793252, "NG"].info["PADN"]  # c.68 lies at 33793321 - 68


def test_genes_are_those_of_the_published_table_under_their_present_names(made):
    """A call under review, and reads with a duplication that was not called, are no mutation."""
    out, _ = made
    genes = gx.variant_features(out / "cohort.vcf.gz", "genes")
    assert genes.loc["P1"].loc[lambda row: row == 1].index.tolist() == ["DNMT3A", "FLT3", "SRSF2"]
    assert genes.loc["P2"].loc[lambda row: row == 1].index.tolist() == ["DNMT3A", "FLT3"]
    assert genes.loc["P3"].loc[lambda row: row == 1].index.tolist() == ["FLT3", "KMT2A", "NPM1", "TET2"]
    assert genes.loc["P5"].sum() == 0


def test_treatments_are_dated_and_outcomes_say_how_it_ended(made):
    out, _ = made
    treatments = pd.read_csv(out / "treatments.csv").query("pdid == 'P2'").set_index("treatment")
    assert treatments.index.tolist() == ["intensive_chemotherapy", "ATRA", "HSCT"]
    assert treatments.loc["HSCT", ["detail", "phase", "day", "day_since_cr"]].tolist() == [
        "allogeneic_unrelated", "CR1", 120, 80.0,
    ]  # fmt: skip
    outcomes = pd.read_csv(out / "outcomes.csv").set_index("pdid")
    assert outcomes.loc["P2", "state_at_last_followup"] == "dead_in_remission"
    assert outcomes.loc["P1", ["os_days", "os_event", "cr"]].tolist() == [900, 0, 1]


def test_the_loader_reads_what_was_written(made):
    out, _ = made
    cohort = gx.datasets.load_aml_knowledge_bank(out, treatment=False)
    assert sorted(cohort.features.index) == ["P1", "P2", "P3", "P4", "P5"]
    assert cohort.outcomes["os"].frame.loc["P2", "time"] == 500
