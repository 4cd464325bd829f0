"""The pack of facts that comes with genorx: billing units and vial sizes of cancer drugs, with release and checksum.

It holds no description of a code.  Which vials a site buys, the site knows: its own table comes first.
Source: CMS, HCPCS Level II and ASP NDC-HCPCS crosswalk; FDA labels, section 16.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import pandas as pd

from genorx._core.packaged import packaged_rows
from genorx.audit.fact_reading import FactSource, Tables, typed_facts
from genorx.audit.fact_tables import FACT_TABLES
from genorx.audit.table_folder import table_of_rows
from genorx.errors import PackError

_FOLDER = ("genorx.audit", "data")
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
    """Return the pack.

    Raises
    ------
    PackError
        ``pack-checksum`` where the file is not the one that its manifest names.
    """
    folder = files(_FOLDER[0]).joinpath(_FOLDER[1])
    manifest = json.loads(folder.joinpath("manifest.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256(folder.joinpath(_FILE).read_bytes()).hexdigest()
    if digest != manifest["files"][_FILE]:
        raise PackError("the facts do not fit their checksum", file=_FILE, code="pack-checksum")
    table = table_of_rows(_TABLE, _FILE, packaged_rows(*_FOLDER, _FILE), digest)
    return FactPack(
        name=manifest["name"],
        release=manifest["release"],
        licence=manifest["licence"],
        attribution=manifest["attribution"],
        sha256=digest,
        drug_codes=typed_facts(table, FACT_TABLES[_TABLE]),
    )


def with_pack(tables: Tables, sources: tuple[FactSource, ...]) -> tuple[Tables, tuple[FactSource, ...]]:
    """Return tables of facts with the pack's drugs, for codes that the tables lack on all days."""
    pack = default_fact_pack()
    own = tables.get(_TABLE)
    more = pack.drug_codes if own is None else pack.drug_codes[~pack.drug_codes["code"].isin(own["code"])]
    whole = more if own is None else pd.concat([own, more], ignore_index=True)
    source = FactSource(table=_TABLE, file=f"{pack.name} {pack.release}", rows=len(more), sha256=pack.sha256)
    return {**tables, _TABLE: whole.reset_index(drop=True)}, (*sources, source)
