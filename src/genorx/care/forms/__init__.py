"""Questionnaires of a study's tables, and answers back to rows."""

from __future__ import annotations

from genorx.care.forms.answers import answers
from genorx.care.forms.audit import audit_answers
from genorx.care.forms.questionnaire import questionnaire

__all__ = ["answers", "audit_answers", "questionnaire"]
