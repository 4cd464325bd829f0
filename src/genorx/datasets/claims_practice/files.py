"""Claims in the file formats of clearing houses and payers: X12 837, FHIR, and a research file (RIF).

They are for teaching and tests: small, correct, and with parts that a reader has to skip (another payer's loops, a
pay-to address, service lines of another payer).
Source: ASC X12N implementation guides 005010X222A1 and 005010X223A2; https://hl7.org/fhir/R4/explanationofbenefit.html;
CMS, record layout of carrier claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_HCPCS = "https://bluebutton.cms.gov/resources/codesystem/hcpcs"
_NPI = "http://hl7.org/fhir/sid/us-npi"
#: Separators of an interchange in X12.
_ELEMENT, _COMPONENT, _TERMINATOR = "*:~"
_ICD_10 = "http://hl7.org/fhir/sid/icd-10-cm"
_GUIDES = {False: ("837P", "005010X222A1"), True: ("837I", "005010X223A2")}
_RIF_COLUMNS = (
    *("CLM_ID", "LINE_NUM", "BENE_ID", "PRF_PHYSN_NPI", "CARR_CLM_BLG_NPI_NUM", "LINE_1ST_EXPNS_DT"),
    *("LINE_LAST_EXPNS_DT", "HCPCS_CD", "HCPCS_1ST_MDFR_CD", "HCPCS_2ND_MDFR_CD", "LINE_SRVC_CNT"),
    *("LINE_SBMTD_CHRG_AMT", "LINE_ICD_DGNS_CD", "LINE_NDC_CD", "LINE_PLACE_OF_SRVC_CD", "CLM_FREQ_CD"),
)


def as_837(claims: pd.DataFrame, *, institutional: bool = False) -> str:
    """Return claims as one X12 837 interchange, with one transaction set per hundred claims.

    Parameters
    ----------
    claims : DataFrame
        Claim lines with the columns of a claims CSV.
    institutional : bool
        Whether lines are written as SV2 (837I) instead of SV1 (837P).
    """
    groups = [group for _, group in claims.groupby("claim_id", sort=True)]
    sets = [groups[start : start + 100] for start in range(0, len(groups), 100)]
    guide = _GUIDES[institutional][1]
    body = [["GS", "HC", "SENDER", "RECEIVER", "20240101", "1200", "1", "X", guide]]
    for number, batch in enumerate(sets, start=1):
        inner = [segment for group in batch for segment in _claim_837(group, institutional=institutional)]
        start = [["ST", "837", f"{number:04d}", guide], ["BHT", "0019", "00", "1", "20240101", "1200", "CH"]]
        body += [*start, *inner, ["SE", str(len(start) + len(inner) + 1), f"{number:04d}"]]
    body += [["GE", str(len(sets)), "1"], ["IEA", "1", "000000001"]]
    isa = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{'SENDER':15}", "ZZ", f"{'RECEIVER':15}", "240101", "1200"]
    whole = [[*isa, "^", "00501", "000000001", "0", "T", _COMPONENT], *body]
    return "".join(_ELEMENT.join(segment) + _TERMINATOR + "\n" for segment in whole)


def _claim_837(group: pd.DataFrame, *, institutional: bool) -> Iterator[list[str]]:
    """Yield the segments of a claim with its provider and subscriber."""
    first = group.iloc[0]
    total = sum(round(100 * charge) for charge in group["charge"])
    yield ["HL", "1", "", "20", "1"]
    yield ["NM1", "85", "2", "A PRACTICE", "", "", "", "", "XX", str(first["npi"])]
    yield ["NM1", "87", "2"]
    yield ["HL", "2", "1", "22", "0"]
    yield ["SBR", "P", "18", "", "", "", "", "", "", "CI"]
    yield ["NM1", "IL", "1", "NOBODY", "NO", "", "", "", "MI", str(first["patient_id"])]
    where = ["11", "B", str(first["frequency"])]
    yield ["CLM", str(first["claim_id"]), f"{total / 100:.2f}", "", "", _COMPONENT.join(where), "Y", "A", "Y", "Y"]
    if first["original_claim"]:
        yield ["REF", "F8", str(first["original_claim"])]
    yield ["HI", f"ABK{_COMPONENT}{first['diagnosis']}"]
    # another payer's answer on the claim and its lines is not needed
    yield ["SBR", "S", "18", "", "", "", "", "", "", "MB"]
    yield ["NM1", "IL", "1", "NOBODY", "NO", "", "", "", "MI", "OTHER-NUMBER"]
    for row in group.to_dict("records"):
        yield from _line_837(row, institutional=institutional)


def _line_837(row: dict[Any, Any], *, institutional: bool) -> Iterator[list[str]]:
    service = _COMPONENT.join(["HC", row["code"], *str(row["modifiers"]).split()])
    amounts = [f"{row['charge']:.2f}", "UN", f"{row['units']:g}"]
    day = str(row["service_date"]).replace("-", "")
    yield ["LX", str(row["line"])]
    yield ["SV2", "0636", service, *amounts] if institutional else ["SV1", service, *amounts, "", "", "1"]
    yield ["DTP", "472", "D8", day]
    yield ["SVD", "PAYER", "1.00", f"HC{_COMPONENT}X9999", "", "7"]
    yield ["DTP", "573", "D8", "20250101"]


def as_fhir(claims: pd.DataFrame, *, stu3: bool = False) -> dict[str, Any]:
    """Return claims as a FHIR Bundle of ExplanationOfBenefit resources, of R4 or with the element names of STU3."""
    groups = (group.to_dict("records") for _, group in claims.groupby("claim_id", sort=True))
    resources = [_benefit(rows, stu3=stu3) for rows in groups]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def _benefit(rows: list[dict[Any, Any]], *, stu3: bool) -> dict[str, Any]:
    first = rows[0]
    provider = {"identifier": {"system": _NPI, "value": str(first["npi"])}}
    member = {"sequence": 2, "provider": provider, "role": {"coding": [{"code": "performing"}]}}
    coded = {"coding": [{"system": _ICD_10, "code": str(first["diagnosis"])}]}
    made: dict[str, Any] = {
        "resourceType": "ExplanationOfBenefit",
        "id": first["claim_id"],
        "status": "cancelled" if first["frequency"] == "8" else "active",
        "patient": {"reference": f"Patient/{first['patient_id']}"},
        "provider": provider,
        "careTeam": [member],
        "diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": coded}],
        "item": [_item(row, stu3=stu3) for row in rows],
    }
    if first["original_claim"]:
        prior = {"coding": [{"code": "prior"}]}
        made["related"] = [{"relationship": prior, "claim": {"reference": f"Claim/{first['original_claim']}"}}]
    return made


def _item(row: dict[Any, Any], *, stu3: bool) -> dict[str, Any]:
    team, diagnosis, service = ("careTeamSequence", "diagnosisSequence", "productOrService")
    if stu3:
        team, diagnosis, service = "careTeamLinkId", "diagnosisLinkId", "service"
    return {
        "sequence": int(row["line"]),
        team: [2],
        diagnosis: [1],
        service: {"coding": [{"system": _HCPCS, "code": row["code"]}]},
        "modifier": [{"coding": [{"code": modifier}]} for modifier in str(row["modifiers"]).split()],
        "servicedDate": row["service_date"],
        "quantity": {"value": float(row["units"])},
        "net": {"value": float(row["charge"]), "currency": "USD"},
    }


def as_rif(claims: pd.DataFrame) -> str:
    """Return claims as a carrier research file: pipe-separated cells, days as ``27-OCT-1999``."""
    lines = ["|".join(_RIF_COLUMNS)]
    for row in claims.to_dict("records"):
        modifiers = [*str(row["modifiers"]).split(), "", ""][:2]
        day = _rif_day(str(row["service_date"]))
        cells = [
            row["claim_id"],
            row["line"],
            row["patient_id"],
            row["npi"],
            row["npi"],
            day,
            day,
            row["code"],
            *modifiers,
        ]
        cells += [f"{row['units']:g}", f"{row['charge']:.2f}", row["diagnosis"], "", "11", row["frequency"]]
        lines.append("|".join(map(str, cells)))
    return "\n".join(lines) + "\n"


def _rif_day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"
