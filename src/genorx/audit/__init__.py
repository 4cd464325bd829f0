"""Claim lines against the records of the same patients: which discrepancies there are, and what could explain them."""

from __future__ import annotations

from genorx.audit.claims import read_claims
from genorx.audit.costs import costs
from genorx.audit.fact_sources import import_facts
from genorx.audit.facts import Facts
from genorx.audit.records import Records

__all__ = ["Facts", "Records", "costs", "import_facts", "read_claims"]
