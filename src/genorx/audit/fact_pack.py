"""The facts shipped with genorx: billing units and vial sizes of cancer drugs, with release and checksum.

It holds no descriptions of codes.  The site's own table has priority, since only the site knows which vials it buys.
Source: CMS, HCPCS Level II and ASP NDC-HCPCS crosswalk; FDA labels, section 16.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from genorx._core.packaged import packaged_rows
from genorx.audit.fact_reading import FactSource, Tables, typed_facts
from genorx.audit.fact_tables import FACT_TABLES
from genorx.audit.table_folder import table_of_rows
from genorx.errors import Finding
from genorx.knowledge.pack_folder import checked_bytes, read_manifest
from genorx.knowledge.staleness import stale_knowledge

_FOLDER = Path(__file__).parent / "data"
_FILE = "drug_units.tsv"
_TABLE = "drug_codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPack:
    """Release, licence and content of the pack."""

    name: str
    release: str
    licence: str
    attribution: str
    sha256: str
    drug_codes: pd.DataFrame


@lru_cache(maxsize=1)
def default_fact_pack() -> FactPack:
    """Return the shipped pack.

    Raises
    ------
    PackError
        ``pack-checksum`` if the file differs from the one named in its manifest.
    """
    manifest = read_manifest(_FOLDER)
    digest = hashlib.sha256(checked_bytes(_FOLDER, _FILE, manifest)).hexdigest()
    table = table_of_rows(_TABLE, _FILE, packaged_rows("genorx.audit", "data", _FILE), digest)
    return FactPack(
        name=manifest["name"],
        release=manifest["release"],
        licence=manifest["licence"],
        attribution=manifest["attribution"],
        sha256=digest,
        drug_codes=typed_facts(table, FACT_TABLES[_TABLE]),
    )


def stale_pack() -> list[Finding]:
    """Return a finding if the pack is over three years old."""
    pack = default_fact_pack()
    return stale_knowledge(pack.name, [pack.release])


def with_pack(tables: Tables, sources: tuple[FactSource, ...]) -> tuple[Tables, tuple[FactSource, ...]]:
    """Add the pack's drugs to tables of facts, for codes that the tables lack on all days."""
    pack = default_fact_pack()
    own = tables.get(_TABLE)
    more = pack.drug_codes if own is None else pack.drug_codes[~pack.drug_codes["code"].isin(own["code"])]
    whole = more if own is None else pd.concat([own, more], ignore_index=True)
    source = FactSource(table=_TABLE, file=f"{pack.name} {pack.release}", rows=len(more), sha256=pack.sha256)
    return {**tables, _TABLE: whole.reset_index(drop=True)}, (*sources, source)
