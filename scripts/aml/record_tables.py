"""The tables beside the VCF: clinical, cytogenetics, laboratory, treatments, outcomes; and the genes that it gives."""

from __future__ import annotations

import pandas as pd

SEX = {"1": "male", "2": "female"}
AML_TYPE = {"AML": "primary", "sAML": "secondary", "tAML": "therapy_related", "oAML": "other"}
DONOR = {
    "ALLO": "allogeneic_family",
    "FREMD": "allogeneic_unrelated",
    "HAPLO": "allogeneic_haploidentical",
    "AUTO": "autologous",
    "TPL_(Spenderart_unbekannt)": "unknown_donor",
}
EVENT = {
    "Death_in_CR": "death_in_remission",
    "Death_in_Induktion": "death_in_induction",
    "RD_after_Ind1": "refractory_after_induction_1",
    "RD_or_PR_after_Ind2": "refractory_or_partial_after_induction_2",
    "Recurrence": "relapse",
}

#: Column, column of the source, and words for its codes.
CLINICAL = [
    ("study", "Study", None),
    ("centre", "Center", None),
    ("age_years", "AOD", None),
    ("sex", "gender", SEX),
    ("aml_type", "TypeAML", AML_TYPE),
    ("ecog", "Performance_ECOG", None),
    ("bm_blasts_pct", "BM_Blasts", None),
    ("pb_blasts_pct", "PB_Blasts", None),
    ("wbc_1e9_per_l", "wbc", None),
    ("hb_g_per_dl", "HB", None),
    ("platelets_1e9_per_l", "platelet", None),
    ("ldh_u_per_l", "LDH", None),
    ("splenomegaly", "Splenomegaly", None),
    ("eln2010_risk", "M_Risk", None),
    ("cytogenetic_risk", "C_Risk", None),
]
FUSIONS = ["inv3_t3_3", "t_9_22", "t_15_17", "t_8_21", "inv16_t16_16", "t_6_9", "t_9_11", "t_v_11"]
CNAS = [
    "minus5_5q",
    "minus7",
    "minus7q",
    "abn7other",
    "plus8_8q",
    "minus9q",
    "mono12_12p_abn12p",
    "plus13",
    "mono17_17p_abn17p",
    "minus18_18q",
    "minus20_20q",
    "plus21",
    "plus22",
    "minusY",
    "abn3q_other",
    "plus11_11q",
    "mono4_4q_abn4q",
    "complex",
]
LAB = {
    "npm1": "NPM1",
    "flt3_itd": "FLT3_ITD",
    "flt3_tkd": "FLT3_TKD",
    "flt3_other": "FLT3_other",
    "cebpa_alleles": "CEBPA",
    "mll_ptd": "MLL_PTD",
}


def recode(series, mapping):
    """Map values, leave missing as missing."""
    return series if mapping is None else series.map(lambda value: mapping.get(value, "") if value else "")


def difference(later, earlier):
    """Difference of two day columns as text, '' where either is missing."""
    delta = pd.to_numeric(later, errors="coerce") - pd.to_numeric(earlier, errors="coerce")
    return delta.map(lambda value: "" if pd.isna(value) else str(int(value)))


def build_tables(clinical, karyotypes, classification, genetic, patients):
    """All CSV tables for the given patients, by the name of the file."""
    clinical = clinical[clinical.PDID.isin(patients)].set_index("PDID").loc[list(patients)]
    pdid = pd.Series(list(patients), index=clinical.index, name="pdid")
    return {
        "clinical.csv": pd.DataFrame(
            {"pdid": pdid, **{name: recode(clinical[source], mapping) for name, source, mapping in CLINICAL}}
        ),
        "cytogenetics.csv": _cytogenetics(clinical, karyotypes, pdid),
        "molecular_lab.csv": _molecular_lab(clinical, classification, pdid),
        "gene_matrix.csv": _gene_matrix(clinical, genetic, pdid),
        "treatments.csv": treatment_table(clinical),
        "outcomes.csv": outcome_table(clinical, pdid),
    }


def _cytogenetics(clinical, karyotypes, pdid):
    text = karyotypes.drop_duplicates("PDID").set_index("PDID").karyotype.reindex(clinical.index).fillna("")
    frame = pd.DataFrame(
        {
            "pdid": pdid,
            "karyotype": text.map(lambda value: "" if value == "na" else value),
            "normal_karyotype": clinical["NK"],
            "missing_cytogenetics": (clinical["t_15_17"] == "").astype(int).astype(str),
        }
    )
    for name in FUSIONS + CNAS:
        frame[name] = clinical[name].replace({"True": "1", "False": "0"})
    return frame


def _molecular_lab(clinical, classification, pdid):
    frame = pd.DataFrame({"pdid": pdid, **{name: clinical[source] for name, source in LAB.items()}})
    classes = classification.set_index("ID").Overall_classification
    frame["genomic_class_2016"] = classes.reindex(clinical.index).fillna("")
    return frame


def _gene_matrix(clinical, genetic, pdid):
    """Genes with an accepted oncogenic or possibly oncogenic mutation, which reading the VCF must give back."""
    accepted = genetic[genetic.Result.isin(["ONCOGENIC", "POSSIBLE"]) & (genetic.FINAL_CALL == "OK")]
    counts = pd.crosstab(accepted.SAMPLE_NAME, accepted.GENE) > 0
    genes = sorted(set(genetic.GENE))
    matrix = counts.reindex(index=clinical.index, columns=genes, fill_value=False).astype(int).astype(str)
    return pd.concat([pdid, matrix], axis=1)


def treatment_table(clinical):
    """Long table of what was given and when (days from diagnosis)."""
    rows = []
    for pdid, row in clinical.iterrows():
        rows.append([pdid, "intensive_chemotherapy", row.Study, "", "0", "", ""])
        if row.ATRA_arm == "1":
            rows.append([pdid, "ATRA", "trial arm", "", "0", "", ""])
        if row.VPA == "1":
            rows.append([pdid, "VPA", "trial arm", "", "0", "", ""])
        if row.TPL_date != "":
            day = row.TPL_date
            since_cr = difference(pd.Series([day]), pd.Series([row.CR_date]))[0]
            since_rel = difference(pd.Series([day]), pd.Series([row.Recurrence_date]))[0]
            rows.append(
                [pdid, "HSCT", DONOR.get(row.TPL_type, "unknown_donor"), row.TPL_Phase, day, since_cr, since_rel]
            )
    return pd.DataFrame(
        rows, columns=["pdid", "treatment", "detail", "phase", "day", "day_since_cr", "day_since_relapse"]
    )


def outcome_table(clinical, pdid):
    """Times and events, all in days from diagnosis unless stated."""
    has_cr = clinical.CR_date != ""
    has_relapse = clinical.Recurrence_date != ""
    dead = clinical.Status == "1"
    state = pd.Series("alive_in_remission", index=clinical.index)
    state[~has_cr] = "alive_without_remission"
    state[has_relapse] = "alive_after_relapse"
    state[dead & ~has_cr] = "dead_without_remission"
    state[dead & has_cr] = "dead_in_remission"
    state[dead & has_relapse] = "dead_after_relapse"
    frame = pd.DataFrame(
        {
            "os_days": clinical.OS,
            "os_event": clinical.Status,
            "cr": has_cr.astype(int).astype(str),
            "cr_day": clinical.CR_date,
            "post_induction_response": clinical.Post_Induction_Therapy_Remission,
            "relapse": has_relapse.astype(int).astype(str),
            "relapse_day": clinical.Recurrence_date,
            "efs_days": clinical.efs,
            "efs_event": clinical.EFSSTAT,
            "efs_event_type": recode(clinical.ereignart, EVENT),
            "rfs_days_from_cr": clinical.rfs,
            "rfs_event": clinical.rfsstat,
            "rfs_cause": clinical.cuminc,
            "last_followup_day": clinical.Date_LF,
            "state_at_last_followup": state,
        }
    )
    frame.insert(0, "pdid", pdid)
    return frame
