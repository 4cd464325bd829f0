"""Types of the keys of a study file, and how its sections are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from genorx.cohort.study_file.toml_sections import CLOSED

Text = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]

#: Unknown keys are faults; the docstring below a key is its description in the schema.
SECTION = ConfigDict(**CLOSED, use_attribute_docstrings=True)
