"""Reading of pharmacogene reports written by ``genorx pgx``.

Content that is not in the file remains empty: scores of pairs, possible pairs, outcomes of unknown positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from genorx._core.files import FileKind
from genorx._core.short_repr import Results
from genorx.errors import FINDINGS, Finding, InputError, shown
from genorx.knowledge import GuidanceRow, Guideline
from genorx.knowledge.guidance import Action
from genorx.pgx.guidance.guidance import DrugGuidance
from genorx.pgx.guidance.phenotype import NO_RESULT, UNKNOWN, Reading
from genorx.pgx.matching.caller import GeneCall
from genorx.pgx.report import GeneReport, PgxReport

_FILE = FileKind(name="report of pharmacogenes", error=InputError, code="pgx-schema", absent="file-not-found")
_SCHEMA = "data_schemas/pgx.schema.json"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Gene(_Part):
    called: bool
    source: str = "vcf"
    diplotypes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    alleles: tuple[str, ...] = ()
    lookup_pairs: tuple[tuple[str, ...], ...] = ()
    phenotypes: tuple[str, ...] = ()
    activity_scores: tuple[str, ...] = ()
    lookup_keys: tuple[str, ...] = ()
    uncallable_alleles: tuple[str, ...] = ()
    missing_positions: tuple[str, ...] = ()
    phased: bool = False
    warnings: tuple[str, ...] = ()


class _Row(_Part):
    source: str
    guideline_id: str = ""
    date: str = ""
    population: str | None = None
    classification: str | None = None
    lookup_keys: dict[str, str]
    action: Action
    dose_change_pct: float | None = None
    dosing: bool = False
    alternatives: bool = False
    other: bool = False
    conditional: bool = False
    row: str = ""
    pmids: tuple[str, ...] = ()
    text: str | None = None
    implications: tuple[str, ...] = ()


class _Knowledge(_Part):
    release: str
    guidance_release: str = ""


class _Finding(_Part):
    code: str
    severity: str
    message: str
    patient_id: str | None = None
    place: str | None = None


class _Report(_Part):
    sample: str = Field(min_length=1)
    assembly: str
    knowledge: _Knowledge
    genes: dict[str, _Gene]
    vcf_warnings: dict[str, tuple[str, ...]] = {}
    drugs: dict[str, tuple[_Row, ...]]
    not_evaluated: dict[str, tuple[str, ...]] = {}
    certainty: dict[str, float] = {}
    extra_genotypes: dict[str, str] = {}
    findings: tuple[_Finding, ...] = ()


_REPORTS: TypeAdapter[list[_Report]] = TypeAdapter(list[_Report])


def read_reports(path: str | Path) -> Results[PgxReport]:
    """Return the reports in a file written by ``genorx pgx --out F.json``.

    Raises
    ------
    InputError
        ``pgx-schema``, with the place, if the file is not such a report; ``file-not-found``.
    """
    return reports_of(_FILE.read_json(path), file=path)


def reports_of(records: object, *, file: str | Path | None = None) -> Results[PgxReport]:
    """Parse reports from plain objects in the shape of ``data_schemas/pgx.schema.json``, one or a list.

    Raises
    ------
    InputError
        ``pgx-schema`` if an object does not fit the schema.
    """
    try:
        found = _REPORTS.validate_python([records] if isinstance(records, Mapping) else records)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(shown(step) for step in fault["loc"]) or None
        reason = f"not a report of pharmacogenes: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
        hint = f"give the JSON output of genorx pgx ({_SCHEMA})"
        raise InputError(reason, file=file, place=place, hint=hint, code="pgx-schema") from error
    return Results(_report(each) for each in found)


def _report(found: _Report) -> PgxReport:
    return PgxReport(
        sample=found.sample,
        assembly=found.assembly,
        release=found.knowledge.release,
        guidance_release=found.knowledge.guidance_release,
        genes={name: _gene(name, gene) for name, gene in found.genes.items()},
        vcf_warnings=found.vcf_warnings,
        drugs={drug: [_guidance(drug, row) for row in rows] for drug, rows in found.drugs.items()},
        findings=tuple(_findings(found.findings)),
        drug_genes=_drug_genes(found),
        extra_genotypes=found.extra_genotypes,
        certainty=found.certainty,
    )


def _drug_genes(found: _Report) -> dict[str, tuple[str, ...]]:
    """Return the genes relevant to guidance on each drug: those of its rows, and the unknown ones."""
    genes = {}
    for drug, rows in found.drugs.items():
        named = [gene for row in rows for gene in row.lookup_keys]
        genes[drug] = tuple(dict.fromkeys([*named, *found.not_evaluated.get(drug, ())]))
    return genes


def _findings(found: Iterable[_Finding]) -> Iterable[Finding]:
    """Yield the findings whose codes are known to this version."""
    for each in found:
        if each.code in FINDINGS:
            values: dict[str, Any] = each.model_dump()
            yield Finding(**values)


def _gene(name: str, found: _Gene) -> GeneReport:
    call = GeneCall(
        gene=name,
        source=found.source,
        pairs=tuple(tuple(each.split("/")) for each in found.diplotypes),
        alleles=found.alleles,
        labels=found.labels,
        uncallable=found.uncallable_alleles,
        missing=found.missing_positions,
        phased=found.phased,
        warnings=found.warnings,
        given=found.called and not (found.diplotypes or found.alleles),
    )
    return GeneReport(call=call, readings=_readings(name, found), printed=found.printed)


def _readings(name: str, found: _Gene) -> tuple[Reading, ...]:
    """Return a reading for each pair; the file merges the interpretations of all pairs, so each gets all."""
    return tuple(
        Reading(
            gene=name,
            alleles=None if set(pair) == {UNKNOWN} else pair,
            phenotypes=found.phenotypes or (NO_RESULT,),
            scores=found.activity_scores,
            keys=found.lookup_keys,
        )
        for pair in found.lookup_pairs or ((UNKNOWN, UNKNOWN),)
    )


def _guidance(drug: str, found: _Row) -> DrugGuidance:
    row = GuidanceRow(
        id=found.row,
        drugs=(drug,),
        population=found.population,
        classification=found.classification,
        keys=(),
        action=found.action,
        dose_change_pct=found.dose_change_pct,
        dosing=found.dosing,
        alternatives=found.alternatives,
        other=found.other,
        conditional=found.conditional,
        text=found.text,
        implications=found.implications,
    )
    guideline = Guideline(
        id=found.guideline_id,
        source=found.source,
        genes=tuple(found.lookup_keys),
        drugs=(drug,),
        rows=(row,),
        date=found.date,
        pmids=found.pmids,
    )
    return DrugGuidance(drug=drug, guideline=guideline, row=row, keys=found.lookup_keys)
