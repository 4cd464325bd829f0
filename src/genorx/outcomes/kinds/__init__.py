"""Kinds of outcome as models, effects and rankings see them: likelihood, draws and scores, one module a kind."""

from genorx.outcomes.kinds.base import Drawn, Family
from genorx.outcomes.kinds.known import FAMILIES, family_of, family_seen, value_family
from genorx.outcomes.kinds.valued import ResponseFit, ValueFamily

__all__ = ["FAMILIES", "Drawn", "Family", "ResponseFit", "ValueFamily", "family_of", "family_seen", "value_family"]
