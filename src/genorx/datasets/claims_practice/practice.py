"""A simulated practice with its truth: claims, records, facts, and unsupported lines and providers.

No person in it exists.  Provider numbers are random digits with a correct check digit and may be in use by chance.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from numpy.random import Generator, default_rng

from genorx._core.short_repr import short
from genorx.datasets.claims_practice import care, discrepancies, files, look_alikes
from genorx.datasets.claims_practice.drugs import fact_tables
from genorx.datasets.claims_practice.ledger import Ledger, Patient, anybody, iso_day
from genorx.errors import UsageError

_PROVIDERS = 40
_INFLATING, _EVERYBODY, _HEAVY = 3, 2, 3
_EXCLUDED_SINCE = 60
_FEWEST = 300  # patients: each planted kind needs patients of its own
_NEEDED = "a practice needs at least 300 patients"


@short
@dataclass(frozen=True, kw_only=True, eq=False)
class ClaimsPractice:
    """A simulated practice.

    Attributes
    ----------
    claims : DataFrame
        One row per claim line, with the columns of a claims CSV.
    records, facts : mapping of str to DataFrame
        Tables by name, in the form of ``audit.Records.load`` and ``audit.Facts.load``.
    truth : DataFrame
        ``claim_id, line, rule, amount`` of each line that a rule must flag, sorted by claim, line and rule.
    look_alikes : DataFrame
        ``claim_id, line, kind`` of lines that look wrong but are correct.
    providers : DataFrame
        ``npi, kind`` of providers with outlying rates, justified (heavy patients) or not.
    """

    claims: pd.DataFrame
    records: Mapping[str, pd.DataFrame]
    facts: Mapping[str, pd.DataFrame]
    truth: pd.DataFrame
    look_alikes: pd.DataFrame
    providers: pd.DataFrame

    def write(self, folder: str | Path) -> Path:
        """Write ``claims.csv``, the folders ``records`` and ``facts``, and the truth; return the folder."""
        place = Path(folder)
        tables = {"": {"claims": self.claims}, "records": self.records, "facts": self.facts}
        truth = {"truth": self.truth, "look_alikes": self.look_alikes, "providers_truth": self.providers}
        for name, frames in (*tables.items(), ("truth", truth)):
            (place / name).mkdir(parents=True, exist_ok=True)
            for table, frame in frames.items():
                frame.to_csv(place / name / f"{table}.csv", index=False)
        return place

    def write_as(self, form: str, path: str | Path) -> Path:
        """Write the claims as one file and return its path.

        Parameters
        ----------
        form : {"837P", "837I", "fhir", "stu3", "rif"}
            File format.
        path : path
            File to write.

        Raises
        ------
        UsageError
            If ``form`` is none of these.
        """
        if form not in _FORMS:
            raise UsageError(f"form {form!r} is none of {', '.join(_FORMS)}")
        place = Path(path)
        place.write_text(_FORMS[form](self.claims), encoding="utf-8")
        return place


_FORMS: dict[str, Callable[[pd.DataFrame], str]] = {
    "837P": files.as_837,
    "837I": lambda claims: files.as_837(claims, institutional=True),
    "fhir": lambda claims: json.dumps(files.as_fhir(claims)),
    "stu3": lambda claims: json.dumps(files.as_fhir(claims, stu3=True)),
    "rif": files.as_rif,
}


def make_claims_practice(*, patients: int = 420, seed: int = 0, planted: int = 6) -> ClaimsPractice:
    """Simulate one year of a practice with forty providers.

    Parameters
    ----------
    patients : int, default 420
        Number of patients, at least 300.
    seed : int, default 0
        The same arguments give the same practice.
    planted : int, default 6
        Number of discrepancies of each kind of line, and of look-alikes of each kind; with 0 nothing is planted,
        neither lines nor providers, and all lines are correct.

    Raises
    ------
    UsageError
        If there are fewer patients than the planted kinds need.
    """
    if patients < _FEWEST:
        raise UsageError(_NEEDED)
    rng = default_rng(seed)
    providers = care.make_providers(_PROVIDERS, rng)
    inflating, everybody = set(providers[:_INFLATING]), set(providers[_INFLATING : _INFLATING + _EVERYBODY])
    heavy = set(providers[_INFLATING + _EVERYBODY :][:_HEAVY])
    excluded = care.make_providers(1, rng)[0]
    people = care.make_patients(patients, providers, heavy, rng)
    ledger = Ledger()
    for patient in people:
        care.treat(ledger, patient, rng)
    if planted:
        discrepancies.inflate(ledger, inflating, rng)
        _plant(ledger, people, rng, everybody=everybody, excluded=excluded, each=planted)
    kinds = dict.fromkeys(heavy, "look-alike: heavy patients")
    if planted:
        kinds |= dict.fromkeys(inflating, "inflated units") | dict.fromkeys(everybody, "panel for everybody")
    return _practice(ledger, people, fact_tables(excluded, iso_day(_EXCLUDED_SINCE)), kinds)


def _plant(
    ledger: Ledger, people: list[Patient], rng: Generator, *, everybody: set[str], excluded: str, each: int
) -> None:
    """Add panels for everybody, then each kind of discrepancy and of look-alike on patients of their own."""
    for patient in people:
        if patient.npi in everybody:
            discrepancies.without_reason(ledger, patient, rng)
    free = [patient for patient in people if patient.npi not in everybody]
    rng.shuffle(free)
    for plant, fits in discrepancies.PLANTED:
        for patient in _taken(free, fits, each):
            plant(ledger, patient, rng)
    for patient in _taken(free, anybody, each):
        discrepancies.by_excluded(ledger, patient, excluded)
    for spare, fits in look_alikes.LOOK_ALIKES:
        for patient in _taken(free, fits, each):
            spare(ledger, patient)
    for patient in _taken(free, anybody, 4 * each):
        care.test_for_a_reason(ledger, patient, rng)


def _taken(free: list[Patient], fits: Callable[[Patient], bool], number: int) -> list[Patient]:
    chosen = [patient for patient in free if fits(patient)][:number]
    if len(chosen) < number:
        raise UsageError(
            "there are too few patients for this number of planted lines", hint="more patients, or fewer lines"
        )
    for patient in chosen:
        free.remove(patient)
    return chosen


def _practice(
    ledger: Ledger, people: list[Patient], facts: dict[str, pd.DataFrame], kinds: dict[str, str]
) -> ClaimsPractice:
    rows = [
        {
            "patient_id": each.patient_id,
            "sex": each.sex,
            "birth": each.birth,
            "death": each.death,
            "weight_kg": each.weight,
            "npi": each.npi,
        }
        for each in people
    ]
    names = ("administrations", "results", "stays", "orders")
    records = {"patients": pd.DataFrame(rows)} | {name: ledger.frame(name) for name in names}
    truth = pd.DataFrame(ledger.truth, columns=["claim_id", "line", "rule", "amount"])
    return ClaimsPractice(
        claims=ledger.frame("claims"),
        records={name: frame for name, frame in records.items() if len(frame)},
        facts=facts,
        truth=truth.sort_values(["claim_id", "line", "rule"], ignore_index=True),
        look_alikes=pd.DataFrame(ledger.look_alikes, columns=["claim_id", "line", "kind"]),
        providers=pd.DataFrame({"npi": list(kinds), "kind": list(kinds.values())}),
    )
