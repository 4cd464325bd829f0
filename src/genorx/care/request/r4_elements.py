"""Elements of Claim and ClaimResponse in FHIR R4, by path; any other element is of another release.

Source: https://hl7.org/fhir/R4/claim.html and claimresponse.html (4.0.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from genorx.interop.fhir_in.elements import Resource

_RESOURCE = "contained extension id implicitRules language meta modifierExtension resourceType text"
_PART = "extension id modifierExtension"
_CHOICES = "locationAddress locationCodeableConcept locationReference servicedDate servicedPeriod"
_PRICE = "factor net quantity unitPrice"
_ADJUDICATION = "amount category reason value"

#: Names of the elements of each part; nested details are not checked.
_R4 = {
    "Claim": "accident billablePeriod careTeam created diagnosis enterer facility fundsReserve identifier insurance "
    "insurer item originalPrescription patient payee prescription priority procedure provider referral related status "
    "subType supportingInfo total type use",
    "Claim.accident": "date locationAddress locationReference type",
    "Claim.careTeam": "provider qualification responsible role sequence",
    "Claim.diagnosis": "diagnosisCodeableConcept diagnosisReference onAdmission packageCode sequence type",
    "Claim.insurance": "businessArrangement claimResponse coverage focal identifier preAuthRef sequence",
    "Claim.item": "bodySite careTeamSequence category detail diagnosisSequence encounter informationSequence modifier "
    f"procedureSequence productOrService programCode revenue sequence subSite udi {_CHOICES} {_PRICE}",
    "Claim.payee": "party type",
    "Claim.procedure": "date procedureCodeableConcept procedureReference sequence type udi",
    "Claim.related": "claim reference relationship",
    "Claim.supportingInfo": "category code reason sequence timingDate timingPeriod valueAttachment valueBoolean "
    "valueQuantity valueReference valueString",
    "ClaimResponse": "addItem adjudication communicationRequest created disposition error form formCode fundsReserve "
    "identifier insurance insurer item outcome patient payeeType payment preAuthPeriod preAuthRef processNote request "
    "requestor status subType total type use",
    "ClaimResponse.addItem": "adjudication bodySite detail detailSequence itemSequence modifier noteNumber "
    f"productOrService programCode provider subSite subdetailSequence {_CHOICES} {_PRICE}",
    "ClaimResponse.adjudication": _ADJUDICATION,
    "ClaimResponse.error": "code detailSequence itemSequence subDetailSequence",
    "ClaimResponse.insurance": "businessArrangement claimResponse coverage focal sequence",
    "ClaimResponse.item": "adjudication detail itemSequence noteNumber",
    "ClaimResponse.item.adjudication": _ADJUDICATION,
    "ClaimResponse.payment": "adjustment adjustmentReason amount date identifier type",
    "ClaimResponse.processNote": "language number text type",
    "ClaimResponse.total": "amount category",
}
_NAMES = {path: frozenset(f"{names} {_PART if '.' in path else _RESOURCE}".split()) for path, names in _R4.items()}


def strange_elements(resource: Resource) -> Iterator[str]:
    """Yield the path of each element of a Claim or ClaimResponse that R4 lacks, such as ``encounter``."""
    kind = str(resource.get("resourceType"))
    waiting: list[tuple[Any, str, str]] = [(resource, kind, "")]
    while waiting:
        found, path, at = waiting.pop(0)
        for number, each in enumerate(found if isinstance(found, list) else [found]):
            if not isinstance(each, dict):
                continue
            here = f"{at}[{number}]" if isinstance(found, list) else at
            for name, value in each.items():
                inner = f"{here}.{name}".removeprefix(".")
                if name.removeprefix("_") not in _NAMES[path]:
                    yield inner
                elif f"{path}.{name}" in _NAMES:
                    waiting.append((value, f"{path}.{name}", inner))
