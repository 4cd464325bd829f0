"""Feature tables and variant files of a study, read one by one, each with its own faults."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.faults import Faults
from genorx.cohort.image_tables import image_table
from genorx.cohort.join import Source
from genorx.cohort.tables.by_name import Tables
from genorx.cohort.tables.columns import ColumnSpec, name_form
from genorx.cohort.tables.raw import RawTable, read_raw
from genorx.cohort.tables.records import read_section
from genorx.cohort.tables.table import TableSpec, load_table
from genorx.cohort.treatment_tables import treatment_source
from genorx.errors import Finding, StudyError, TableError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import StudyFile, VariantsSection
    from genorx.cohort.study_file.table_section import TableSection

#: Groups of features that come from variant files.
_VARIANT_GROUPS = frozenset({"gene", "gene class", "site", "burden", "pgx", "score"})
_BUILT_IN_PANELS = frozenset({"genes", "sites", "burden", "pgx"})
_GLOB = frozenset("*?[")
#: Names of the sample column in a table of samples (cBioPortal, GDC).
_SAMPLE_NAMES = ("sample_id", "sample", "tumor_sample_barcode", "sample_barcode")


def is_from_variants(spec: FeatureSpec) -> bool:
    """Return whether a feature comes from variant files."""
    return spec.group in _VARIANT_GROUPS


def table_names(study: StudyFile, *, outcomes: bool = True) -> tuple[str, ...]:
    """Return the distinct tables that a study names: features, repeated images, treatment, outcomes."""
    names = [table.path for table in study.tables]
    names += [table.retest for table in study.tables if table.retest is not None]
    if outcomes:
        names += [study.treatment.table] if study.treatment else []
        names += [outcome.table for outcome in study.outcomes.values()]
    return tuple(dict.fromkeys(names))


def short_name(study: StudyFile, path: str) -> str:
    """Return a table's name for findings and the audit: the file's name, or its path if two share it."""
    name = Path(path).name
    return name if sum(Path(other).name == name for other in table_names(study)) == 1 else path


def named(finding: Finding, names: Mapping[str, str]) -> Finding:
    """Return a finding with a file's name in place of its path: findings are the same on every machine."""
    place = finding.place
    for path, name in names.items():
        place = None if place is None else place.replace(path, name)
    return finding if place == finding.place else replace(finding, place=place)


def variant_paths(section: VariantsSection, folder: Path, study: Path) -> list[Path]:
    """Return the variant files that a study names, globs expanded and sorted.

    Raises
    ------
    StudyError
        ``file-not-found`` if a name or glob matches no file.
    """
    paths: dict[Path, None] = {}
    for name in section.files:
        exact = folder / name
        if exact.exists() or not _GLOB & set(name):
            found = [exact]
        else:
            found = [folder / match for match in sorted(glob.glob(name, root_dir=folder, recursive=True))]
        if not found or not found[0].exists():
            hint = "paths are relative to the study file"
            raise StudyError(f'no variant file "{shown(name)}"', file=study, hint=hint, code="file-not-found")
        paths |= dict.fromkeys(found)
    return list(paths)


def panel_of(section: VariantsSection, folder: Path) -> str | Path:
    """Return the panel: a built-in name or a path; by default genes for tumours and sites for the germline."""
    if section.panel is None:
        return "genes" if section.origin == "somatic" else "sites"
    return section.panel if section.panel in _BUILT_IN_PANELS else folder / section.panel


def read_sources(
    study: StudyFile, tables: Tables, path: Path, *, faults: Faults, schema: Sequence[FeatureSpec] | None
) -> tuple[list[Source], str | None]:
    """Read the features of each readable table and of the variant files, and the assembly.

    Parameters
    ----------
    study : StudyFile
    tables : Tables
        Tables by their names in the study.
    path : Path
        The study file; paths of variant files are relative to its folder.
    faults : Faults
        Collects the faults of files that could not be read.
    schema : sequence of FeatureSpec or None
        Features of a fitted model; None to read all features.
    """
    sources: list[Source] = []
    treatments = []
    for section, cells, expected in _read_tables(study, tables, schema, faults):
        if section.role == "treatment":
            treatments.append((section, cells, expected))
            continue
        with faults.catch():
            more: tuple[Finding, ...] = ()
            spec, raw = table_spec(study, section, cells.path), cells
            if section.role == "imaging":
                spec, raw, more = image_table(spec, raw, section, study, tables, training=schema is None)
            table = load_table(spec, schema=expected, raw=raw)
            sources.append(
                Source(
                    name=short_name(study, section.path),
                    role=section.role,
                    frame=table.frame,
                    specs=tuple(replace(each, source=short_name(study, section.path)) for each in table.specs),
                    findings=(*table.findings, *more),
                    columns=table.columns,
                )
            )
    recorded = tuple(sources)
    for section, cells, expected in treatments:  # the patients are known now: one without a row had no treatment
        with faults.catch():
            made = treatment_source(
                section, cells, study, tables, recorded, group=_group(study, section), expected=expected
            )
            name = short_name(study, section.path)
            sources.append(replace(made, name=name, specs=tuple(replace(each, source=name) for each in made.specs)))
    assembly = None
    if study.variants is not None:
        with faults.catch():
            source, assembly = _variants(study, study.variants, path, schema)
            sources.append(source)
    return sources, assembly


def _read_tables(
    study: StudyFile, tables: Tables, schema: Sequence[FeatureSpec] | None, faults: Faults
) -> Iterator[tuple[TableSection, RawTable, tuple[FeatureSpec, ...] | None]]:
    """Yield the cells of each readable table, and the features of the schema expected in it.

    Each is read once: one at a time, or all together if a schema needs to know which of them has a column.
    """
    raws: dict[int, RawTable] = {}
    for place, section in enumerate(study.tables):
        with faults.catch():
            raws[place] = read_section(section, tables, study.study.patient_id)
        if schema is None and place in raws:
            yield section, raws.pop(place), None
    if schema is None:
        return
    expected = _expected_by_table(study, {place: raw.columns for place, raw in raws.items()}, schema)
    for place in list(raws):
        yield study.tables[place], raws.pop(place), expected[place]


def table_spec(study: StudyFile, section: TableSection, path: Path) -> TableSpec:
    """Return the table specification of a study."""
    columns = {
        name: ColumnSpec(unit=column.unit, type=column.type, levels=tuple(column.levels), missing=tuple(column.missing))
        for name, column in section.columns.items()
        if column.age_on is None
    }
    return TableSpec(
        path=path,
        role=section.role,
        patient_id=study.study.patient_id,
        exclude=tuple(section.exclude),
        columns=columns,
        group=_group(study, section),
    )


def _group(study: StudyFile, section: TableSection) -> str:
    """Return the shrinkage group of a table: its role, with its name if several tables have the role."""
    same = [table for table in study.tables if table.role == section.role]
    return section.role if len(same) == 1 else f"{section.role}:{Path(section.path).name.partition('.')[0]}"


def _expected_by_table(
    study: StudyFile, columns: Mapping[int, Collection[str]], schema: Sequence[FeatureSpec]
) -> list[tuple[FeatureSpec, ...]]:
    """Return, for each table, the features of the schema expected in it.

    A feature is expected in a table with a column of its name, otherwise (computed from other columns, such as body
    mass index) in the table of its group, otherwise in the first of its role.
    """
    headers = [frozenset(columns.get(place, ())) - set(section.exclude) for place, section in enumerate(study.tables)]
    expected: list[list[FeatureSpec]] = [[] for _ in study.tables]
    for spec in schema:
        named = [place for place, header in enumerate(headers) if spec.name in header]
        if is_from_variants(spec) and (study.variants is not None or not named):
            continue  # without variant files a table may hold genes
        grouped = [place for place, section in enumerate(study.tables) if _group(study, section) == spec.group]
        of_role = [place for place, table in enumerate(study.tables) if table.role == spec.group.partition(":")[0]]
        for place in (named or grouped or of_role)[:1]:
            expected[place].append(spec)
    return [tuple(specs) for specs in expected]


def _people(study: StudyFile, section: VariantsSection, folder: Path) -> dict[str, str] | None:
    """Return the patient of each sample, by the table that the study names.

    Raises
    ------
    TableError
        ``no-column`` without a column of samples, ``missing-id`` for a row without sample or patient, ``sample-of-two``
        for a sample of two patients.
    """
    if section.samples is None:
        return None
    raw = read_raw(folder / section.samples)
    raw.require_column(study.study.patient_id, what="patient id column")
    column = next((name for name in raw.columns if name_form(name) in _SAMPLE_NAMES), "sample_id")
    samples, patients = raw.text(column), raw.text(study.study.patient_id)
    people: dict[str, str] = {}
    for at, (sample, patient) in enumerate(zip(samples, patients, strict=True)):
        if pd.isna(sample) or pd.isna(patient):
            reason = "the row names no sample or no patient"
            raise TableError(reason, file=raw.path, place=raw.place(at, column), code="missing-id")
        if people.setdefault(str(sample), str(patient)) != patient:
            reason = "the sample belongs to two patients"
            raise TableError(reason, file=raw.path, place=raw.place(at, column), code="sample-of-two")
    return people


def _variants(
    study: StudyFile, section: VariantsSection, path: Path, schema: Sequence[FeatureSpec] | None
) -> tuple[Source, str | None]:
    from genorx.features import features_of_files

    folder = path.parent
    paths = variant_paths(section, folder, path)
    read = features_of_files(
        paths,
        panel_of(section, folder),
        origin=section.origin,
        absent=section.absent,
        filters=tuple(section.filters),
        assembly=section.assembly,
        people=_people(study, section, folder),
    )
    name = ", ".join(Path(pattern).name for pattern in section.files)
    source = Source(
        name=name,
        role="variants",
        frame=read.frame,
        specs=tuple(replace(spec, source=name) for spec in read.specs),
        findings=tuple(named(finding, {str(path): path.name for path in paths}) for finding in read.findings),
        sexes=read.sexes,
        releases=read.releases,
    )
    if schema is not None:
        source = _with_wanted_genes(source, section, schema)
    return source, read.assembly


def _with_wanted_genes(source: Source, section: VariantsSection, schema: Sequence[FeatureSpec]) -> Source:
    """Add a model's genes without a record in these files: 0 where the study declares them as tested."""
    if section.absent != "reference" or section.panel not in (None, "genes") or section.origin != "somatic":
        return source
    here = set(source.frame.columns)
    absent = [spec for spec in schema if spec.group == "gene" and spec.name not in here]
    zeros = {spec.name: pd.Series(0, index=source.frame.index, dtype="Int8") for spec in absent}
    frame = pd.concat([source.frame, pd.DataFrame(zeros, index=source.frame.index)], axis=1)
    return replace(source, frame=frame, specs=(*source.specs, *absent))
