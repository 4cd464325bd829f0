"""Sensitivity to the landmark: the same comparison from other landmark days.

Source: Dafni U 2011, Circ Cardiovasc Qual Outcomes 4:363 (the choice of the landmark).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from genorx.cohort.design.design import Design
from genorx.cohort.design.treatment import build_design
from genorx.errors import Finding, SupportError

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import TreatmentSection

#: Default of the other days, as multiples of the landmark.
_PARTS = (0.5, 1.5)


def vary_landmark(
    section: TreatmentSection, inputs: Mapping[str, Any]
) -> tuple[tuple[Design, ...], tuple[Finding, ...]]:
    """Return the design at each other landmark day, and a finding where it cannot be built.

    Days are ``sensitivity_landmarks``, by default half the landmark and one and a half times it; none for other
    designs.  ``inputs`` are those of ``build_design``.
    """
    if section.design != "landmark" or section.landmark is None:
        return (), ()
    days = section.sensitivity_landmarks
    if days is None:
        days = [part * section.landmark for part in _PARTS]
    designs, findings = [], []
    for day in sorted(set(days) - {section.landmark}):
        try:
            designs.append(build_design(section.model_copy(update={"landmark": day}), **inputs)[0])
        except SupportError as error:
            message = f"options cannot be compared from day {day:g}: {error.reason}"
            findings.append(Finding(code="landmark-not-varied", severity="info", message=message))
    return tuple(designs), tuple(findings)
