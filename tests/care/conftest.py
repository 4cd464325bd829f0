"""What tests of care share: a ranking of two patients with guidance and evidence, and pharmacogenes of two people."""

import pytest

import genorx as gx
from genorx.datasets import write_pgx_cohort
from genorx.ranking import Ranking
from genorx.ranking.answer.answer import Difference, Estimate, OptionAnswer, PatientAnswer


def _safety(gene, phenotype, drug, action, source="CPIC guideline"):
    row = {"gene": gene, "phenotype": phenotype, "drug": drug, "action": action, "strength": "Strong"}
    return row | {"source": source}


def _gap(estimate, lower, upper):
    return Difference(outcome="os", measure="rmst", horizon=365, unit="days", estimate=estimate, lower=lower,
                      upper=upper, probability_better=0.99)  # fmt: skip


def _options():
    evidence = {"source": "civic", "id": "civic:EID1", "tier": "I-A", "relation": "exact", "level": "A",
                "direction": "supports sensitivity", "therapy": "Irinotecan", "reason": "r"}  # fmt: skip
    gap = _gap(20.0, 5.0, 40.0)
    time = Estimate(outcome="os", measure="rmst", horizon=365, unit="days", estimate=310.0, lower=300.0, upper=320.0,
                    difference=gap)  # fmt: skip
    first = OptionAnswer(
        option="folfiri", rank=1, advice="recommend", estimates=(time,), difference=gap, evidence=(evidence,),
        safety=(_safety("UGT1A1", "Poor Metabolizer", "irinotecan", "reduce"),
                _safety("DPYD", "Normal Metabolizer", "fluorouracil", "standard"),
                _safety("MTHFR", "n/a", "leucovorin", "no_recommendation")),
    )  # fmt: skip
    second = OptionAnswer(
        option="capecitabine", rank=2, advice="not_advised", estimates=(time,),
        evidence=(evidence | {"id": "civic:EID2", "tier": "R-I", "therapy": "Capecitabine"},
                  evidence | {"id": "civic:EID3", "tier": "II-C"}),
        safety=(_safety("DPYD", "Poor Metabolizer", "capecitabine", "avoid"),
                _safety("DPYD", "Poor Metabolizer", "capecitabine", "avoid", "DPWG guideline")),
    )  # fmt: skip
    third = OptionAnswer(option="old", rank=None, advice="no_estimate", no_estimate_reason="age is outside")
    return first, second, third


@pytest.fixture(scope="session")
def ranking():
    """Three options of two patients: recommended, not advised, without estimate."""
    answers = tuple(PatientAnswer(patient_id=name, reference="old", options=_options()) for name in ("P1", "P2"))
    provenance = {"model": "a" * 64, "date": "2026-01-02", "knowledge": {"civic": "2026-05"}}
    provenance |= {"versions": {"genorx": gx.__version__}}
    return Ranking(answers=answers, provenance=provenance, primary="os", horizon=365, unit="days", name="trial")


@pytest.fixture
def ranking_file(ranking, tmp_path):
    path = tmp_path / "ranking.json"
    path.write_text(ranking.to_json())
    return path


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Pharmacogenes of two made people."""
    path = tmp_path_factory.mktemp("pgx") / "cohort.vcf.gz"
    write_pgx_cohort(path, 2, seed=4)
    return gx.pgx.call(path)
