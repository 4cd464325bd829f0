"""From a ranking to visits, requests, questions and cards that a person reads, changes and sends."""

from __future__ import annotations

from genorx.care.forms import answers, questionnaire
from genorx.care.questions import questions

__all__ = ["answers", "questionnaire", "questions"]
