"""Kinds of outcome for models, effects and rankings: likelihood, draws and scores, one module each."""

from genorx.outcomes.kinds.base import Drawn, Family
from genorx.outcomes.kinds.known import FAMILIES, family_of, family_seen, value_family
from genorx.outcomes.kinds.valued import ResponseFit, ValueFamily

__all__ = ["FAMILIES", "Drawn", "Family", "ResponseFit", "ValueFamily", "family_of", "family_seen", "value_family"]
