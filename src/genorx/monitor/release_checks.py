"""Checks that variant features keep their meaning: assembly, panel, and release of the knowledge."""

from __future__ import annotations

from collections.abc import Iterator

from genorx.cohort.cohort import Cohort
from genorx.errors import shown
from genorx.monitor.checks import Check
from genorx.ranking import TreatmentRanker


def release_checks(ranker: TreatmentRanker, cohort: Cohort) -> Iterator[Check]:
    """Yield a check of each property that both model and cohort state; a difference results in hold.

    A model file of an earlier version has only its assembly.
    """
    before = {**ranker.training_.get("releases", {}), "assembly": ranker.assembly_}
    now = {**cohort.releases, "assembly": cohort.assembly}
    for name in sorted({*before} & {*now}):
        if before[name] is None or now[name] is None:
            continue
        message = (
            f"variant features are made with {name} {shown(now[name])}, those of the model with {shown(before[name])}: "
            "the same column may mean something else"
        )
        yield Check(
            check="origin of variant features",
            place=name,
            statistic=float(before[name] != now[name]),
            severity="hold",
            message=message,
            code="monitor-other-release",
        ).only_if(before[name] != now[name])
