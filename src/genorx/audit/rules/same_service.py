"""C01: a service that is billed twice.

Repeated lines are set aside by ``versions``, before any other rule is applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.audit.exact import cents
from genorx.audit.rules.rule import Integers, Rule, Verdict
from genorx.audit.rules.scopes import drug_lines

if TYPE_CHECKING:
    from genorx.audit.case import Case


def same_service(case: Case, at: Integers) -> Verdict:  # noqa: ARG001  lines that are set aside are not judged
    """C01: a drug line after the first with the same patient, provider, day, code and set of modifiers."""
    found = np.flatnonzero(case.repeats >= 0)
    first = case.claims.iloc[case.repeats[found]]
    line = pd.Series(first["line"].to_numpy()).astype(str).astype(object)
    words = "same patient, provider, day, code and modifiers as claim " + pd.Series(
        first["claim_id"].to_numpy(dtype=object)
    )
    words += " line " + line
    charge = cents(case.claims["charge"].to_numpy()[found])
    return Verdict(at=found, cents=charge, reason=words.to_numpy(dtype=object))


RULES = (
    Rule(
        number="C01",
        title="same service twice",
        scope=drug_lines,
        judge=same_service,
        facts=("drug_codes",),
        fact_key="drug_codes",
        line_needs=("day", "patient", "provider"),
        clears="a record of two services on that day, and the modifier for it",
    ),
)
