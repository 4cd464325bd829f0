"""The loader of the AML knowledge bank, against the numbers of its README."""

import pytest

from genorx.datasets import load_aml_knowledge_bank
from genorx.errors import InputError


def test_knowledge_bank_loads_with_landmark_design(aml):
    """README of the data: 1,068 patients, three trials; options compared from 90 days after remission on."""
    cohort = load_aml_knowledge_bank(aml)
    assert len(cohort.patients) == 1068
    assert cohort.assembly == "GRCh37"
    assert cohort.design.kind == "landmark"
    assert set(cohort.design.strata) == {"AMLHD98A", "AMLHD98B", "AMLSG0704"}
    assert {"NPM1", "FLT3", "DNMT3A"} <= set(cohort.features.columns)
    assert not {"eln2010_risk", "cytogenetic_risk", "centre", "karyotype"} & set(cohort.features.columns)


def test_knowledge_bank_can_be_read_for_prognosis_alone(aml):
    """Without a treatment section there is no design."""
    assert load_aml_knowledge_bank(aml, treatment=False).design is None


def test_all_missing_files_are_named_at_once(tmp_path):
    """Class, code and the names of what lacks."""
    (tmp_path / "clinical.csv").write_text("pdid\n")
    with pytest.raises(InputError, match=r"lacks cohort.vcf.gz, cytogenetics.csv, .*outcomes.csv") as caught:
        load_aml_knowledge_bank(tmp_path)
    assert caught.value.code == "dataset-absent"
    assert "clinical.csv" not in caught.value.reason
