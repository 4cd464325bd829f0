"""Codes of errors and findings with their texts; one module for each group of rooms.

Programs read the codes, so they never change.  ``errors.ERRORS`` and ``errors.FINDINGS`` show them to users.
"""

from __future__ import annotations

from genorx._codes import (
    errors_care,
    errors_claims,
    errors_course,
    errors_data,
    errors_models,
    errors_multistate,
    findings_care,
    findings_claims,
    findings_core,
    findings_course,
    findings_multistate,
)

ERROR_TABLES = (
    errors_data.CODES,
    errors_models.CODES,
    errors_care.CODES,
    errors_claims.CODES,
    errors_course.CODES,
    errors_multistate.CODES,
)
FINDING_TABLES = (
    findings_core.CODES,
    findings_care.CODES,
    findings_claims.CODES,
    findings_course.CODES,
    findings_multistate.CODES,
)
