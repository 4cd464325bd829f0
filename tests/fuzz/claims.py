"""Small valid files of claims, records and facts, with a name that no error may repeat, and what reads them."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from genorx import audit
from genorx.audit.versions import repeated_services, resolve_versions
from genorx.datasets.claims_practice.files import as_837, as_fhir, as_rif

_HEADER = "claim_id,line,patient_id,npi,service_date,code,units,modifiers,diagnosis,frequency,original_claim,charge"
_ROWS = (
    "K1,1,P1,1234567893,2024-01-05,J9035,31,,C189,1,,1922.00",
    "K1,2,P1,1234567893,2024-01-05,J9035,9,JW,C189,1,,558.00",
    "K2,1,P2,1111111112,2024-01-06,J9271,200,JZ 59,C3490,7,K3,11000.00",
    "K3,1,P2,1111111112,2024-01-06,J9271,260,,C3490,1,,14300.00",
)
_DRUGS = "code,drug,mg_per_unit,vials_mg,single_dose,needs_gene,needs_result,valid_from,valid_to"
_LEIE = "LASTNAME,NPI,DOB,EXCLDATE,REINDATE\n{name},1234567893,19600101,20200101,00000000\n"


def claims_csv(name: str) -> str:
    """Four lines, with a column of names."""
    return "\n".join([f"{_HEADER},name", *(f"{row},{name}" for row in _ROWS)]) + "\n"


def claim_seeds(name: str) -> dict[str, bytes]:
    """One valid file of each format of claims, of records and of facts."""
    given = f"P1,2024-01-05,bevacizumab,305,{name}\nP2,20240106,x,,\n"
    drugs = f"J9035,bevacizumab,10,100 400,True,RAS,{name},2020-01-01,\nJ9271,x,1,100,0,,,,\n"
    rows = [dict(zip(_HEADER.split(","), row.split(","), strict=True)) for row in _ROWS]
    frame = pd.DataFrame(rows).astype({"line": int, "units": float, "charge": float})
    benefit = as_fhir(frame) | {"text": {"div": name}}
    return {
        "claims.csv": claims_csv(name).encode(),
        "claims.837": as_837(frame).replace("NOBODY", name).encode(),
        "claims.fhir": json.dumps(benefit).encode(),
        "claims.rif": as_rif(frame).encode(),
        "records.given": f"patient_id,date,drug,dose_mg,note\n{given}".encode(),
        "facts.drugs": f"{_DRUGS}\n{drugs}".encode(),
        "facts.leie": _LEIE.format(name=name).encode(),
    }


def read_lines(path: Path) -> None:
    """Read claims, settle versions and repeated services, and add costs up."""
    claims = audit.read_claims(path)
    found = resolve_versions(claims)
    repeated_services(claims, found.live, audit.Facts())
    audit.costs(claims)


def _in_folder(name: str, load: Callable[[Path], object], *, more: str = "") -> Callable[[Path], object]:
    def read(path: Path) -> None:
        home = path.parent / "folder"
        home.mkdir(exist_ok=True)
        (home / name).write_bytes(path.read_bytes())
        if more:
            (home / "patients.csv").write_text(more)
        load(home)

    return read


CLAIM_READERS: dict[str, tuple[Callable[[Path], object], ...]] = {
    **dict.fromkeys(("claims.csv", "claims.837", "claims.fhir", "claims.rif"), (read_lines,)),
    "records.given": (
        _in_folder("administrations.csv", audit.Records.load, more="patient_id,sex,birth,death\nP1,female,,\n"),
    ),
    "facts.drugs": (_in_folder("drug_codes.csv", audit.Facts.load),),
    "facts.leie": (lambda path: audit.import_facts("leie", path),),
}
CLAIM_SUFFIXES = {"claims.csv": "csv", "claims.837": "txt", "claims.fhir": "json", "claims.rif": "rif"}
CLAIM_COMMANDS = dict.fromkeys(CLAIM_SUFFIXES, ("claims", "FILE", "--out", "OUT"))
