"""Simulated studies with known truth, and published ones."""

from genorx.datasets._equations import OptionEffect
from genorx.datasets.claims_practice.practice import ClaimsPractice, make_claims_practice
from genorx.datasets.course import CourseCohort, make_course_cohort
from genorx.datasets.demo import DEMO_DRUGS, DEMO_TUMOUR, DemoFiles, load_demo_truth, write_demo
from genorx.datasets.effect_tables import SCENARIOS, EffectTables, Scenario, make_effect_tables
from genorx.datasets.iwpc_vcf import write_iwpc_vcf
from genorx.datasets.leukaemia import load_aml_knowledge_bank, write_aml_study
from genorx.datasets.monitoring import HISTORIES, MonitoringHistory, make_monitoring_history
from genorx.datasets.pharmacogenes import write_pgx_cohort
from genorx.datasets.published import (
    load_actg320,
    load_colon,
    load_iwpc,
    load_myeloid,
    load_nhefs,
    load_nhefs_codebook,
)
from genorx.datasets.screening import ScreeningCohort, make_screening_cohort
from genorx.datasets.smoking import NHEFS_COVARIATES, write_nhefs_study
from genorx.datasets.trial import Trial, make_trial

__all__ = [
    "DEMO_DRUGS",
    "DEMO_TUMOUR",
    "HISTORIES",
    "NHEFS_COVARIATES",
    "SCENARIOS",
    "ClaimsPractice",
    "CourseCohort",
    "DemoFiles",
    "EffectTables",
    "MonitoringHistory",
    "OptionEffect",
    "Scenario",
    "ScreeningCohort",
    "Trial",
    "load_actg320",
    "load_aml_knowledge_bank",
    "load_colon",
    "load_demo_truth",
    "load_iwpc",
    "load_myeloid",
    "load_nhefs",
    "load_nhefs_codebook",
    "make_claims_practice",
    "make_course_cohort",
    "make_effect_tables",
    "make_monitoring_history",
    "make_screening_cohort",
    "make_trial",
    "write_aml_study",
    "write_demo",
    "write_iwpc_vcf",
    "write_nhefs_study",
    "write_pgx_cohort",
]
