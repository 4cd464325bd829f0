"""Make the coefficient tables of ``genorx.published`` from a folder of collected numbers.

Usage: python scripts/make_published_pack.py FOLDER

FOLDER holds the JSON tables of published models (one a family, formulas as text).  Each becomes one table a model and
version in the project's own schema, with numbers only: centres and baselines are read out of the formula texts, so
that no number is typed twice.  ``digests.json`` then names the SHA-256 of each table's content.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from genorx._core.provenance import json_digest

HOME = Path(__file__).resolve().parent.parent / "src" / "genorx" / "published" / "data" / "tables"
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w])")
Table = dict[str, Any]


def numbers(text: str) -> list[float]:
    """Return the numbers of a formula text in order, a sign before them included."""
    return [float(each) for each in _NUMBER.findall(re.sub(r"([+-])\s+(?=\d)", r"\1", text).replace("+", " "))]


def last(text: str) -> float:
    """Return the centre of a term such as ``ln(size/100) + 1.545``: its last number with its sign."""
    return numbers(text)[-1]


def log_of_ratio(text: str) -> float:
    """Return the value of a text such as ``ln(1/(0.31+0.69*1.02^2))``; only numbers, + * / ^ and brackets."""
    inner = text.removeprefix("ln(").removesuffix(")")
    if not re.fullmatch(r"[0-9.+*/^() ]+", inner):
        raise ValueError(text)
    return math.log(eval(inner.replace("^", "**"), {"__builtins__": {}}))  # noqa: S307  a checked character set


def _status(source: Table, states: dict[str, Any]) -> dict[str, float]:
    return {"negative": source["0"], "positive": source["1"], "unknown": states.get("9", 0.0)}


def breast_2(source: Table) -> dict[str, Table]:
    """PREDICT Breast 2.2: two ER groups on breast death, one index on other death."""
    positive, negative = source["breast"]["er1"], source["breast"]["er0"]
    hormone = source["log_hazard_ratios"]
    made = {
        "breast": {
            "er_positive": {
                "age_inverse_square": [positive["age"][0]["beta"], last(positive["age"][0]["f"])],
                "age_inverse_square_log": [positive["age"][1]["beta"], last(positive["age"][1]["f"])],
                "log_size": [positive["size"]["beta"], last(positive["size"]["f"])],
                "log_nodes": [positive["nodes"]["beta"], last(positive["nodes"]["f"])],
                "grade": positive["grade"]["beta"],
                "screen": positive["screen"],
                "her2": _status(positive["her2"], positive["her2"]),
                "ki67": _status(positive["ki67"], positive["ki67"]),
                "baseline": numbers(positive["log_cum_baseline"].replace("ln(t)/sqrt(t)", "").replace("sqrt(t)", "")),
            },
            "er_negative": {
                "age": [negative["age"][0]["beta"], last(negative["age"][0]["f"])],
                "root_size": [negative["size"]["beta"], last(negative["size"]["f"])],
                "log_nodes": [negative["nodes"]["beta"], last(negative["nodes"]["f"])],
                "grade_2_or_3": negative["grade"]["beta"],
                "her2": _status(negative["her2"], negative["her2"]),
                "baseline": numbers(negative["log_cum_baseline"].replace("t^2", "t")),
            },
        },
        "other": {
            "age_square": [numbers(source["other"]["index"])[0], last(source["other"]["index"])],
            "baseline": numbers(source["other"]["log_cum_baseline"]),
        },
        "unknown": {"grade": 2.13, "screen": 0.204},
        "treatment": {
            "hormone": hormone["hormone"]["er_positive"],
            "hormone_years_11_15": hormone["hormone_10y_extra_years_11_15"],
            "chemotherapy": {"2": hormone["chemo_second_generation"], "3": hormone["chemo_third_generation"]},
            "trastuzumab": hormone["trastuzumab_if_her2_positive"],
            "bisphosphonate": hormone["bisphosphonate_postmenopausal"],
        },
    }
    return {"predict-breast@2.2": made}


def breast_3(source: Table) -> dict[str, Table]:
    """PREDICT Breast 3.1 and 3.2: the same coefficients, other offsets."""
    named, treat = source["coefficients"], source["log_hazard_ratios"]

    def group(er: str, h: str) -> Table:
        return {name: named[f"{name}_{er}"] for name in ("ag1", "ag2", "sz1", "nd1", "gr1", "sc1", "yr1")} | {
            "baseline": [named[f"{h}_i"], named[f"{h}_t1"], named[f"{h}_t2"]],
            "pr": _status(source[f"pr_{er}"], source[f"pr_{er}"]),
            "ki67": _status(source[f"ki67_{er}"], source[f"ki67_{er}"]),
        }

    positive = group("er1", "h1_br") | {
        "her2_by_year": {"negative": source["her2_er1_by_year"]["0"], "positive": source["her2_er1_by_year"]["1"]}
    }
    negative = group("er0", "h0_br") | {"her2": _status(source["her2_er0"], source["her2_er0"])}
    other = {
        "age_cube": named["ag_ot_ea.beta.1"],
        "age_cube_log": named["ag_ot_ea.beta.2"],
        "yr1": named["yr_ot_ea.beta"],
        "baseline": [named["h_ot_i"], named["h_ot_t1"], named["h_ot_t2"]],
        "smoking": {
            "never": log_of_ratio(source["smoking"]["never"]),
            "current": log_of_ratio(source["smoking"]["current"]),
        },
    }
    shared = {
        "breast": {"er_positive": positive, "er_negative": negative},
        "other": other,
        "diagnosis_year": source["year_of_diagnosis_fixed_at"],
        "unknown": {"grade": 2.13, "screen": 0.204},
        "treatment": {
            "hormone": treat["hormone_er_positive"],
            "hormone_years_11_15": treat["hormone_years_11_15_if_10y"],
            "chemotherapy": {"2": treat["chemo_second_generation"], "3": treat["chemo_third_generation"]},
            "trastuzumab": treat["trastuzumab_if_her2_positive"],
            "bisphosphonate": treat["bisphosphonate_postmenopausal"],
            "radiotherapy": log_of_ratio(treat["radiotherapy_breast"]),
            "radiotherapy_other_per_gy": log_of_ratio(treat["radiotherapy_other_per_gy"].removesuffix("*heart_gy")),
            "chemotherapy_other": log_of_ratio(treat["chemo_other"].removesuffix(" when any chemo")),
        },
    }
    first, second = source["offset"]["3.1"], source["offset"]["3.2"]
    breast = log_of_ratio(first["breast"])
    offsets = {
        "3.1": {"er_positive": breast, "er_negative": breast, "other": log_of_ratio(first["other"])},
        "3.2": {"er_positive": second["breast_er1"], "er_negative": second["breast_er0"], "other": second["other"]},
    }
    return {f"predict-breast@{version}": shared | {"offset": offset} for version, offset in offsets.items()}


def prostate(source: Table) -> dict[str, Table]:
    """PREDICT Prostate: two causes on days."""
    cancer, other = source["cancer"], source["other"]
    doubt = source["uncertainty_of_treatment_effect"]
    made = {
        "cancer": {
            "age_cube": [cancer["age"]["beta"], last(cancer["age"]["f"])],
            "log_psa": [cancer["psa"]["beta"], last(cancer["psa"]["f"])],
            "t_stage": list(cancer["t_stage"].values()),
            "grade_group": list(cancer["grade_group"].values()),
            "brca": cancer["brca"]["1"],
            "cores": [cancer["cores"]["beta"], last(cancer["cores"]["f"])],
            "cores_added": numbers(cancer["cores"]["f"])[0],
            "cores_unknown_percent": last(cancer["cores"]["ppc"].removesuffix(" when not known")),
            "baseline": numbers(cancer["log_cum_baseline"].replace("d^3", "")),
        },
        "other": {
            "age": [other["age"]["beta"], last(other["age"]["f"])],
            "comorbidity": other["charlson"]["1"],
            "baseline": numbers(other["log_cum_baseline"].replace("d^3", "")),
        },
        "days_per_year": 365,
        "treatment": {
            "radical": cancer["treatment"]["radical"],
            "radical_bounds": [log_of_ratio(doubt["low"]), log_of_ratio(doubt["high"])],
        },
    }
    return {"predict-prostate@2025.03": made}


def ipssm(source: Table) -> dict[str, Table]:
    """IPSS-M: weights, means, best and worst values."""
    names = ("beta", "mean", "best", "worst")
    made = {
        "terms": {term: dict(zip(names, row, strict=True)) for term, row in source["terms"].items()},
        "residual_genes": source["residual_genes"],
        "cuts": source["cutpoints"],
        "categories": source["categories"],
        "cytogenetics": source["derived"]["CYTOVEC"],
        "limits": {"hb": [4, 20], "blasts": 20, "platelets": 250, "tp53_vaf_lost": 0.55},
    }
    return {"ipssm@1.0.0": made}


def ipssr(source: Table) -> dict[str, Table]:
    """IPSS-R: points by band, and the age adjustment."""
    base, slope = numbers(source["age_adjusted"].split(")*(")[1])
    made = {
        "blasts": {
            "cuts": source["blasts_percent"]["breaks_right_closed"],
            "points": source["blasts_percent"]["points"],
        },
        "hb": {"cuts": source["hb_g_dl"]["breaks_left_closed"], "points": source["hb_g_dl"]["points"]},
        "platelets": {"cuts": source["platelets"]["breaks_left_closed"], "points": source["platelets"]["points"]},
        "anc": {"cuts": source["anc"]["breaks_left_closed"], "points": source["anc"]["points"]},
        "cytogenetics": source["cytogenetics"],
        "cuts": source["category_breaks_right_closed"],
        "categories": source["categories"],
        "age_adjustment": {"centre": 70, "base": base, "per_point": slope},
    }
    return {"ipssr@2012": made}


def prevent(source: Table) -> dict[str, Table]:
    """AHA PREVENT: one matrix a variant and horizon, columns sex by outcome."""
    outcomes = ("total_cvd", "ascvd", "heart_failure", "chd", "stroke")
    models = {}
    for name, terms in source["models"].items():
        variant, horizon = name.removesuffix("yr").split("_")
        weights = {
            term: {sex: [row[f"{sex}_{outcome}"] for outcome in outcomes] for sex in ("female", "male")}
            for term, row in terms.items()
        }
        models.setdefault(variant, {})[horizon] = weights
    return {"prevent@2023": {"outcomes": list(outcomes), "models": models, "mmol_per_mg_dl": 0.02586}}


def pooled_cohort(source: Table) -> dict[str, Table]:
    """Pooled cohort equations of 2013, and the logistic revision of 2018."""
    table = source["coefficients"]
    groups = table["sex_race"]
    first = {
        group: {name: row[position] for name, row in table.items() if name != "sex_race"}
        for position, group in enumerate(groups)
    }
    second = {sex: source["yadlowsky_2018"][sex] for sex in ("female", "male")}
    return {"pooled-cohort@2013": {"groups": first}, "pooled-cohort@2018-yadlowsky": {"groups": second}}


def score2(source: Table) -> dict[str, Table]:
    """SCORE2, SCORE2-OP in full precision, SCORE2-Diabetes."""
    sexes = ("female", "male")
    young, scales = source["score2"], source["region_scales"]["score2"]
    centre = {"age": [60, 5], "sbp": [120, 20], "tc": [6, 1], "hdl": [1.3, 0.5]}
    full, add_on = source["op_full_precision"], source["diabetes_add_on"]
    diabetes_centre = centre | {"dm_age": [50, 5], "hba1c": [31, 9.34], "lnegfr": [4.5, 0.15]}
    diabetes = {sex: add_on[sex] | {"s0": young[sex]["s0"]} for sex in sexes}
    return {
        "score2@2021": {"centre": centre, "weights": {sex: young[sex] for sex in sexes}, "scales": scales},
        "score2-op@2021": {
            "centre": {"age": [73, 1], "sbp": [150, 1], "tc": [6, 1], "hdl": [1.4, 1]},
            "weights": {sex: full[sex] for sex in sexes},
            "scales": full["scales"],
        },
        "score2-diabetes@2023": {"centre": diabetes_centre, "weights": diabetes, "scales": scales},
    }


def plco(source: Table) -> dict[str, Table]:
    """PLCOm2012: each term with its centre; groups of two peoples by the name of either as well."""
    terms = {}
    for text, beta in source["terms"].items():
        name, _, centre = ("inverse_cigs-" + text.split(" - ")[1] if text.startswith("(") else text).partition("-")
        terms[name] = [beta, float(centre) if centre else 0.0]
    race = dict(source["race"])
    race |= {part: beta for name, beta in source["race"].items() for part in name.split(" or ") if " or " in name}
    return {"plcom2012@2013": {"intercept": source["intercept"], "terms": terms, "race": race}}


def mayo() -> dict[str, Table]:
    """Malignancy of a solitary nodule (Mayo Clinic): the paper's equation; nothing of it is in the folder.

    Source: Swensen SJ et al. 1997, Arch Intern Med 157:849, as several public sources print it.
    """
    terms = {"age": 0.0391, "ever_smoker": 0.7917, "cancer_history": 1.3388}
    terms |= {"nodule_mm": 0.1274, "spiculation": 1.0407, "upper_lobe": 0.7838}
    return {"mayo-nodule@1997": {"intercept": -6.8272, "terms": terms}}


def kfre(source: Table) -> dict[str, Table]:
    """Kidney failure risk equation, four variables, North America."""
    names = {"age/10": "age", "male": "male", "egfr/5": "egfr", "ln(uacr)": "log_uacr"}
    terms = {}
    for text, beta in source["four_variable"].items():
        name, centre = text.rsplit("-", 1)
        terms[names[name]] = [beta, float(centre)]
    survival = {key.removesuffix("y"): value for key, value in source["s0"]["north_america"].items()}
    return {"kfre@2016": {"terms": terms, "survival": survival}}


def iwpc(source: Table) -> dict[str, Table]:
    """IWPC warfarin dose."""
    return {"iwpc@2009": {name: source[name] for name in ("pharmacogenetic", "clinical")}}


def gage(source: Table) -> dict[str, Table]:
    """Warfarin dose of Gage."""
    return {"gage@2008": {name: source[name] for name in ("pharmacogenetic", "clinical")}}


def points(source: Table) -> dict[str, Table]:
    """Scores that are sums of points, and two short formulas."""
    tacrolimus, khorana = source["tacrolimus_passey2011"], source["khorana"]
    factors = numbers(tacrolimus["cl_l_h"].replace("^-0.4", " -0.4").replace("/50", " 50"))
    score = numbers(source["cts5"]["score"].replace("s^2", "s"))
    albi = numbers(source["albi"]["score"].replace("log10", ""))
    days = {key.removeprefix("day "): value for key, value in tacrolimus["D"].items()}
    return {
        "tacrolimus-passey@2011": {
            "clearance": factors[0],
            "steroid_sparing": factors[1],
            "age": [factors[2], factors[3]],
            "calcium_blocker": factors[4],
            "day": days,
            "cyp3a5": tacrolimus["G"],
        },
        "cts5@2018": {
            "nodes": score[0],
            "bracket": score[1],
            "size": score[2],
            "size_square": score[3],
            "grade": score[4],
            "age": score[5],
            "size_cap": 30,
            "node_cuts": [1, 2, 4, 10],
            "cuts": source["cts5"]["cuts"],
        },
        "albi@2015": {"log_bilirubin": albi[0], "albumin": albi[1], "cuts": source["albi"]["cuts"]},
        "khorana@2008": {
            "site": {"very_high": 2, "high": 1, "other": 0},
            "points": [value for name, value in khorana["points"].items() if not name.startswith("site")],
            "limits": {"platelets": 350, "hb": 10, "wbc": 11, "bmi": 35},
            "bands": khorana["bands"],
        },
        "cha2ds2-vasc@2010": {"points": source["cha2ds2_vasc"]["points"]},
        "has-bled@2010": {"points": source["has_bled"]["points"]},
    }


FAMILIES: dict[str, Callable[[Table], dict[str, Table]]] = {
    "predict_breast_v2": breast_2,
    "predict_breast_v3": breast_3,
    "predict_prostate": prostate,
    "ipssm": ipssm,
    "ipssr": ipssr,
    "aha_prevent": prevent,
    "pooled_cohort": pooled_cohort,
    "score2": score2,
    "plcom2012": plco,
    "kfre": kfre,
    "iwpc": iwpc,
    "gage": gage,
    "point_scores": points,
}


def main(folder: Path) -> None:
    """Write every table and the list of digests."""
    HOME.mkdir(parents=True, exist_ok=True)
    digests = {}
    tables = mayo()
    for family, convert in FAMILIES.items():
        tables |= convert(json.loads((folder / f"{family}.json").read_text(encoding="utf-8")))
    for name, coefficients in tables.items():
        table = {"schema": 1, "model": name, "coefficients": coefficients}
        text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
        (HOME / f"{name}.json").write_text(text, encoding="utf-8")
        digests[name] = json_digest(json.loads(text))
    effects = json.loads((folder / "trial_effects.json").read_text(encoding="utf-8"))["effects"]
    table = {"schema": 1, "model": "trial-effects", "coefficients": {each.pop("id"): each for each in effects}}
    (HOME / "trial-effects.json").write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    digests["trial-effects"] = json_digest(table)
    listed = json.dumps(dict(sorted(digests.items())), indent=1) + "\n"
    (HOME / "digests.json").write_text(listed, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
