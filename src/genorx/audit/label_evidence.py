"""Label rows of a user's evidence table, as facts on drugs: which drug needs which result.

Facts of the site have priority: a drug whose code has ``needs_gene`` is compared with that and with no label row.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from genorx.audit.fact_reading import FactSource
from genorx.errors import Finding, shown
from genorx.knowledge.staleness import stale_knowledge
from genorx.oncology.label_needs import LabelNeed, label_needs
from genorx.oncology.table import EvidenceTable, read_table_folder

#: Drugs that a message names; the others are counted.
_NAMED = 5


def read_label_evidence(
    evidence: EvidenceTable | str | Path,
) -> tuple[dict[str, LabelNeed], FactSource, tuple[Finding, ...]]:
    """Return the needs of drugs by the label rows of an evidence table, its source, and a finding if it is old.

    Parameters
    ----------
    evidence : EvidenceTable or path
        A table, or a folder written by ``EvidenceTable.write``.

    Raises
    ------
    PackError
        ``pack-missing``, ``pack-checksum``, ``pack-format``.
    """
    table = evidence if isinstance(evidence, EvidenceTable) else read_table_folder(evidence)
    needs = label_needs(table)
    rows = len({row.evidence_id for need in needs.values() for row in need.rows})
    named = " ".join(str(table.manifest.get(key) or "") for key in ("name", "release")).strip()
    digest = str(table.manifest.get("sha256") or "")
    source = FactSource(table="label_evidence", file=named or "evidence", rows=rows, sha256=digest)
    old = stale_knowledge(named or "evidence", {row.release for need in needs.values() for row in need.rows})
    return needs, source, tuple(old)


def label_finding(needs: Mapping[str, LabelNeed], drug_codes: pd.DataFrame | None) -> Finding:
    """Return the finding that lists drugs compared with label rows, and drugs that are not."""
    known = set() if drug_codes is None else set(drug_codes["drug"])
    silent = set() if drug_codes is None else set(drug_codes["drug"][drug_codes["needs_gene"] == ""])
    here = [need for drug, need in needs.items() if drug in silent]
    held = [need.drug for need in here if not need.unsettled]
    left = [need.drug for need in here if need.unsettled]
    message = f"according to label rows, {len(held)} of {len(known)} drugs of the facts need a result{_names(held)}"
    if left:
        message += f"; {len(left)} not assessed: their label rows together do not state a need{_names(left)}"
    return Finding(code="label-evidence", severity="info" if held else "warning", message=message)


def _names(drugs: list[str]) -> str:
    if not drugs:
        return ""
    more = f" and {len(drugs) - _NAMED} more" if len(drugs) > _NAMED else ""
    return f" ({', '.join(shown(drug) for drug in drugs[:_NAMED])}{more})"
