"""Audit of claim lines against the records of the same patients: discrepancies, and what could explain them."""

from __future__ import annotations

from genorx.audit.auditor import Auditor
from genorx.audit.billing import Billing, units
from genorx.audit.claims import read_claims
from genorx.audit.costs import costs
from genorx.audit.explanation import Explanation
from genorx.audit.fact_sources import import_facts
from genorx.audit.facts import Facts
from genorx.audit.records import Records
from genorx.audit.rules.own import LineRule
from genorx.audit.waste import waste

__all__ = [
    "Auditor",
    "Billing",
    "Explanation",
    "Facts",
    "LineRule",
    "Records",
    "costs",
    "import_facts",
    "read_claims",
    "units",
    "waste",
]
