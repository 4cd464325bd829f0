"""Time to one event, or to censoring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from genorx.cohort.kinds.timed import EventData
from genorx.cohort.kinds.valued import yes_no

if TYPE_CHECKING:
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection


class SurvivalData(EventData):
    """Columns ``time`` and ``event``, coded 0 and 1."""

    name = "survival"
    one_event = True

    def ended(self, section: OutcomeSection, rows: PatientRows) -> pd.Series[float]:
        """Return 1 for the event and 0 for censoring (``event-coding`` for anything else)."""
        return yes_no(rows, str(section.event), code="event-coding")
