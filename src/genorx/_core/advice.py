"""The words of advice on an option; what earns each is ``effects.decision``."""

from __future__ import annotations

from typing import Literal

#: What is said of an option.
Advice = Literal["recommend", "reasonable", "equipoise", "not_advised", "no_estimate"]
