"""A study: its file, and the reading, joining and checking of its inputs.

Keys of the file and the rules between them are in ``study_file``; the steps of joining ``cohort.assemble``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.provenance import file_digest, json_digest
from genorx._core.short_repr import short
from genorx.cohort.assemble import Assembly
from genorx.cohort.cohort import Cohort
from genorx.cohort.faults import Faults
from genorx.cohort.sources import panel_of, table_names, variant_paths
from genorx.cohort.study_file.rules import check_rules
from genorx.cohort.study_file.utility import utility_of
from genorx.cohort.tables.by_name import Frames, Tables
from genorx.cohort.tables.records import files_of_section

if TYPE_CHECKING:
    from genorx.cohort.checks.audit import Audit
    from genorx.cohort.study_file.sections import StudyFile


@short
@dataclass(frozen=True, kw_only=True)
class Study:
    """A study file that was parsed and checked; the files it names are not opened yet.

    Attributes
    ----------
    path : Path
        The study file; paths in it are relative to its folder.
    content : StudyFile
        Keys and values of the file.
    text : str
        Text of the file.
    frames : Frames or None
        Data frames used instead of files, if the study was built by ``from_frames``.

    Examples
    --------
    >>> import genorx as gx
    >>> cohort = gx.Study.read("study.toml").load()  # doctest: +SKIP
    """

    path: Path
    content: StudyFile
    text: str
    frames: Frames | None = field(default=None, repr=False, compare=False)

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """Read a study file.

        Raises
        ------
        StudyError
            With every fault of the file and its line: TOML, unknown keys, wrong values, rules between keys.
        """
        from genorx.cohort.study_file.sections import read_study_file  # loads pydantic

        path = Path(path)
        content, text = read_study_file(path)
        check_rules(content, text, path)
        return cls(path=path, content=content, text=text)

    @classmethod
    def from_frames(cls, study: Mapping[str, Any], tables: Mapping[str, Any]) -> Study:
        """Build a study from data frames: the content of a study file, and the tables by the names used in it.

        The frames are read by the same rules as files: types, units, missing values, faults and findings are the same.
        Rows are counted from 1, and an error adds the index label if that names the patient.

        Parameters
        ----------
        study : mapping
            Keys of a study file, ``{"study": {...}, "tables": [{"path": "clinical", "role": "clinical"}], ...}``.
            Variant files are files: their paths are relative to the working folder.
        tables : mapping of name to DataFrame
            From pandas, polars or pyarrow, or structured arrays.  The patient is in the column, or the index, named
            by ``patient_id``.  A path ``clinical.csv`` also finds the frame ``clinical``.

        Raises
        ------
        StudyError
            As ``read``, without lines.

        Notes
        -----
        An ordered category becomes an ordinal with its levels, an unordered one of numbers a category; a boolean is 0
        or 1.  Frames are read when the study is loaded.

        Examples
        --------
        >>> import pandas as pd
        >>> content = {
        ...     "study": {"name": "small", "patient_id": "pid"},
        ...     "tables": [{"path": "clinical", "role": "clinical"}],
        ... }
        >>> clinical = pd.DataFrame({"age_years": [61, 52], "sex": ["f", "m"]}, index=pd.Index(["a", "b"], name="pid"))
        >>> Study.from_frames(content, {"clinical": clinical}).load().features["age_years"].tolist()
        [61.0, 52.0]
        """
        from genorx.cohort.study_file.sections import study_of  # loads pydantic

        path = Path("study")
        content, text = study_of(study, path)
        check_rules(content, "", path)
        frames = Frames(folder=path.parent, frames=dict(tables), patient_id=content.study.patient_id)
        return cls(path=path, content=content, text=text, frames=frames)

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.content.study.name

    @property
    def tables(self) -> Tables:
        """Tables by the names used in the study."""
        return self.frames or Tables(folder=self.path.parent)

    def load(self, *, outcomes: bool = True, schema: Sequence[FeatureSpec] | None = None) -> Cohort:
        """Read all files of the study and join them by patient.

        Parameters
        ----------
        outcomes : bool, default True
            False for patients whose outcome is to be predicted: outcomes and treatments are not read.
        schema : sequence of FeatureSpec, optional
            Features of a fitted model: the frame has these, in this order and type; absent ones are missing.

        Returns
        -------
        Cohort
            Patients with a row in any feature table or variant file and, with outcomes, a known primary outcome
            (the first outcome where ``[ranking]`` names none).

        Raises
        ------
        InputError
            With every file, row and column that cannot be read.
        SupportError
            If no patient is left, or an option has no eligible patient.
        """
        return self._load(self.tables, outcomes=outcomes, schema=schema, digest=self.digest)

    def load_rows(self, rows: Tables, schema: Sequence[FeatureSpec], digest: str) -> Cohort:
        """Read some rows of the study's table, as ``load`` reads all; ``digest`` is that of the whole.

        Raises
        ------
        InputError
            As ``load``.
        """
        return self._load(rows, outcomes=False, schema=schema, digest=lambda **_: digest)

    def _load(
        self, tables: Tables, *, outcomes: bool, schema: Sequence[FeatureSpec] | None, digest: Callable[..., str]
    ) -> Cohort:
        steps = Assembly(study=self.content, path=self.path, tables=tables, faults=Faults())
        steps.read(outcomes=outcomes, schema=schema)
        steps.faults.raise_if_any()
        steps.join(schema=schema)
        steps.faults.raise_if_any()
        if outcomes:
            steps.compare()
            steps.faults.raise_if_any()
        return self._cohort(steps, outcomes=outcomes, digest=digest(outcomes=outcomes))

    def _cohort(self, steps: Assembly, *, outcomes: bool, digest: str) -> Cohort:
        joined = steps.joined
        if joined is None:  # join() leaves a fault or a result
            raise RuntimeError("joining gave neither a fault nor a result")
        return Cohort(
            features=joined.features,
            specs=joined.specs,
            outcomes=steps.outcomes,
            design=steps.design,
            strategies=steps.strategies,
            flow=pd.DataFrame(steps.flow, columns=["step", "patients", "lost", "reason"]),
            findings=steps.all_findings(),
            name=self.name,
            primary=self.content.ranking.primary,
            horizon=self.content.ranking.horizon,
            smallest_difference=self.content.ranking.smallest_difference,
            possible=steps.possible,
            other_landmarks=steps.other_landmarks,
            utility=utility_of(self.content),
            site=steps.site() if outcomes else None,
            assembly=steps.assembly,
            releases={name: release for source in steps.sources for name, release in source.releases.items()},
            digest=digest,
            labels=self.content.labels,
        )

    def audit(self) -> Audit:
        """Read everything, fit nothing, and return all findings and faults."""
        from genorx.cohort.checks.audit import audit_study

        return audit_study(self)

    def files(self, *, outcomes: bool = True, variants: bool = True) -> list[Path]:
        """Return the files that the study names, in its order; with ``variants=False``, only those of its tables.

        Raises
        ------
        StudyError
            If a variant file does not exist (``file-not-found``).
        """
        content, folder = self.content, self.path.parent
        from_files = [table for table in content.tables if table.format is not None or not self.frames]
        named = [path for table in from_files for path in files_of_section(table, folder)]
        named += [folder / table.retest for table in from_files if table.retest is not None]
        if outcomes and not self.frames:
            named += [folder / content.treatment.table] if content.treatment else []
            named += [folder / outcome.table for outcome in content.outcomes.values()]
        if content.variants is not None and variants:
            named += variant_paths(content.variants, folder, self.path)
            named += [folder / content.variants.samples] if content.variants.samples else []
            panel = panel_of(content.variants, folder)
            named += [panel] if isinstance(panel, Path) else []
        return list(dict.fromkeys(named))

    def digest(self, *, outcomes: bool = True, variants: bool = True) -> str:
        """Return the digest of the study file's text and of all files it names: by content, not by path."""
        text = hashlib.sha256(self.text.encode()).hexdigest()
        content: dict[str, Any] = {"study": text}
        content["files"] = [file_digest(path) for path in self.files(outcomes=outcomes, variants=variants)]
        if self.frames:
            records = {table.path for table in self.content.tables if table.format is not None}
            names = [name for name in table_names(self.content, outcomes=outcomes) if name not in records]
            content["tables"] = {name: self.frames.digest(name) for name in names}
        return json_digest(content)
