"""Value of information of open questions: possible answers, resolved uncertainty, and the advice after each."""

from __future__ import annotations
