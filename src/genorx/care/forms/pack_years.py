"""Conditional questions: never smokers are not asked for pack-years and cigarettes per day.

A condition is set only if no patient of the record contradicts it, and never without a column of smoking status.
"""

from __future__ import annotations

from typing import Any

from genorx.care.forms.form import Form, FormItem, FormTable
from genorx.cohort.lifestyle.columns import smoking_status
from genorx.cohort.tables.columns import name_form
from genorx.cohort.tables.variables import find_variable

_AMOUNTS = frozenset({"pack_years", "cigarettes_per_day", "smoking_duration", "years_since_quitting"})
_STATUS = frozenset({"smoking", "smoking_status", "smoking_history", "smoking_habit", "tobacco_use", "tobacco_status"})
Conditions = dict[str, dict[str, Any]]


def enable_when(form: Form) -> Conditions:
    """Return the conditions of items, by ``linkId``."""
    found: Conditions = {}
    for table in form.tables:
        status = [item for item in table.items if item.kind == "choice" and name_form(item.column) in _STATUS]
        never = [level for level in status[0].cells.levels if smoking_status(level) == "never"] if status else []
        if len(status) == 1 and never:
            amounts = [item for item in table.items if _is_amount(item)]
            found |= {
                item.link: _condition(status[0], never[0]) for item in amounts if _fits(table, status[0], never, item)
            }
    return found


def _is_amount(item: FormItem) -> bool:
    variable = find_variable(item.column)
    return variable is not None and variable.name in _AMOUNTS


def _fits(table: FormTable, status: FormItem, never: list[str], item: FormItem) -> bool:
    """Return whether no row of a never smoker has an amount."""
    return not (table.known[status.column].isin(never) & table.known[item.column].notna()).any()


def _condition(status: FormItem, never: str) -> dict[str, Any]:
    coding = {"system": status.system, "code": never}
    return {
        "enableWhen": [
            {"question": status.link, "operator": "exists", "answerBoolean": False},
            {"question": status.link, "operator": "!=", "answerCoding": coding},
        ],
        "enableBehavior": "any",
    }
