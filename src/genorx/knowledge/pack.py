"""A knowledge pack: definitions, phenotypes and guidance of one release, with licence, attribution and checksum.

Packs are JSON, compressed if the name ends in ``.gz``; they contain no code.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from genorx._core.provenance import json_digest
from genorx._core.short_repr import short
from genorx._core.whole_files import atomic_path
from genorx.errors import Finding, PackError
from genorx.knowledge import _serialise
from genorx.knowledge._checked import PACK_FILE
from genorx.knowledge.definition import GeneDefinition
from genorx.knowledge.guidance import Guideline
from genorx.knowledge.phenotype import PhenotypeTable
from genorx.knowledge.staleness import stale_knowledge

#: Version of the schema that is written, and newest version that can be read.
SCHEMA = 1


@short
@dataclass(frozen=True, kw_only=True)
class Pack:
    """Facts of one release.

    Attributes
    ----------
    release : str
        Release of the definitions and phenotypes by the source; it begins with its date.
    guidance_release : str
        Release of the guidance, which may differ.
    licences, attribution : tuple of str
        Terms of use and attribution.
    sources : dict
        SHA-256 of the files of the source, by name.
    notes : tuple of Finding
        Findings of building the pack; not saved with it.
    doubts : tuple of Finding
        Contradictions in a user's own facts; included in ``findings``.
    """

    name: str
    release: str
    guidance_release: str = ""
    genes: dict[str, GeneDefinition] = field(default_factory=dict)
    phenotypes: dict[str, PhenotypeTable] = field(default_factory=dict)
    guidelines: tuple[Guideline, ...] = ()
    licences: tuple[str, ...] = ()
    attribution: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    notes: tuple[Finding, ...] = field(default=(), compare=False)
    doubts: tuple[Finding, ...] = field(default=(), compare=False)

    @cached_property
    def drugs(self) -> tuple[str, ...]:
        """Every drug named in a guideline of the pack, sorted."""
        return tuple(sorted({drug for guideline in self.guidelines for drug in guideline.drugs}))

    @cached_property
    def drug_genes(self) -> dict[str, tuple[str, ...]]:
        """Genes on which the guidance on each drug depends, sorted."""
        return {
            drug: tuple(sorted({gene for each in self.guidelines if drug in each.drugs for gene in each.genes}))
            for drug in self.drugs
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return json_digest(_serialise.body_of(self))

    def save(self, path: str | Path) -> None:
        """Write the pack to a file; equal packs give equal bytes."""
        body = _serialise.body_of(self)
        text = json.dumps({"schema": SCHEMA, "sha256": json_digest(body), **body}, ensure_ascii=False, sort_keys=True)
        data = text.encode()
        with atomic_path(path) as part:
            part.write_bytes(gzip.compress(data, 9, mtime=0) if str(path).endswith(".gz") else data)

    def findings(self, day: str | None = None) -> list[Finding]:
        """Return the findings on the pack: its contradictions, and a release older than three years."""
        return [*self.doubts, *stale_knowledge(self.name, (self.release, self.guidance_release), day)]


def load_pack(path: str | Path) -> Pack:
    """Load a pack from a file in genorx's own format.

    Raises
    ------
    PackError
        If the file is not a pack, was damaged or changed (checksum), or has a newer schema.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.knowledge import default_pack
    >>> default_pack().save(folder / "pack.json.gz")
    >>> load_pack(folder / "pack.json.gz").release == default_pack().release
    True
    """
    where = Path(path)
    value = PACK_FILE.read_json(where)
    if not isinstance(value, dict) or "schema" not in value or "sha256" not in value:
        reason, hint = (
            "not a knowledge pack: the keys schema and sha256 are missing",
            "genorx knowledge import makes packs",
        )
        raise PackError(reason, file=where, hint=hint, code="pack-format")
    schema = value.pop("schema")
    if not isinstance(schema, int) or schema > SCHEMA:
        raise PackError(
            f"schema {schema!r} is newer than {SCHEMA}", file=where, hint="Update genorx", code="pack-schema"
        )
    if value.pop("sha256") != json_digest(value):
        raise PackError("the content does not fit its checksum", file=where, code="pack-checksum")
    try:
        return _serialise.pack_of(value)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise PackError(
            f"a part of the pack does not fit the schema: {error!r}", file=where, code="pack-format"
        ) from error
