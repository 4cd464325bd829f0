"""Interface of a published model to the modules that rank its options, combine it with trials, or recalibrate it.

``PublishedModel`` has the common parts; families give the formulas.  Users call ``predict``, ``evaluate`` and ``rank``
of a model instead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import pandas as pd

from genorx.errors import Finding
from genorx.published.estimates import AS_RECORDED, Addition, Availability, Estimated
from genorx.published.inputs.inputs import Floats, Inputs, TableSource

WHOLE_TABLE = TableSource()


class Formulas(ABC):
    """A model's inputs, options and estimates, each as one array over all patients."""

    @abstractmethod
    def read(self, frame: pd.DataFrame, source: TableSource = WHOLE_TABLE) -> Inputs:
        """Read the frame, with exclusions; see ``published.inputs``."""

    @abstractmethod
    def estimates(self, inputs: Inputs, horizons: Sequence[float], options: Sequence[str]) -> list[Estimated]:
        """Return the estimates of all patients by the source's formula."""

    @abstractmethod
    def chosen_options(self, inputs: Inputs, options: Sequence[str] | None) -> tuple[str, ...]:
        """Return the distinct requested options; by default those of the model.

        Raises
        ------
        UsageError
            ``published-option`` if the model has no such option.
        """

    @abstractmethod
    def checked_horizons(self, horizons: Sequence[float]) -> tuple[float, ...]:
        """Return the horizons.

        Raises
        ------
        UsageError
            ``published-horizon`` if the model does not have a horizon.
        """

    @abstractmethod
    def general_findings(self, made: Sequence[Estimated]) -> list[Finding]:
        """Return the findings that concern every patient: no interval, no paper."""

    def all_options(self) -> tuple[str, ...]:
        """Return every option of the model."""
        return (AS_RECORDED,)

    def default_options(self, _inputs: Inputs) -> tuple[str, ...]:
        """Return the options that are compared by default."""
        return self.all_options()

    def reference_option(self) -> str:
        """Return the default reference option."""
        return self.all_options()[0]

    def availability(self, inputs: Inputs, _option: str) -> Availability:
        """Return to whom an option applies."""
        return Availability(state=np.zeros(len(inputs), dtype=np.int8))

    def additions(self, _inputs: Inputs, _option: str) -> tuple[Addition, ...]:
        """Return the treatments of an option, each with the option without it."""
        return ()

    def difference_bounds(
        self, _inputs: Inputs, _option: str, _reference: str, _horizon: float
    ) -> tuple[Floats, Floats] | None:
        """Return the limits of an option's difference if the source has an interval of the treatment effect."""
        return None
