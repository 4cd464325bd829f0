"""A new model from a look's update: the old one with a correction, its parent and the reason; never deployed."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from genorx.errors import UsageError
from genorx.monitor.look_report import LookReport
from genorx.monitor.model_watch import ModelWatch
from genorx.monitor.update import Update
from genorx.outcomes.recalibration.base import Base, CalibrationBase
from genorx.outcomes.recalibration.offset_regression import Prior
from genorx.ranking import TreatmentRanker

_MEASURED = ("scores", "effects", "counts", "folds")


def proposed(watched: ModelWatch, report: LookReport) -> TreatmentRanker:
    """Return the model with the update of a look.

    Raises
    ------
    UsageError
        ``nothing-to-propose``: the look keeps or holds; ``policy-forbids``: the policy does not allow this change.
    """
    if not report.updates:
        reason = f"the action of the look is {report.action}: there is no update to propose"
        raise UsageError(reason, code="nothing-to-propose")
    if not watched.policy.allows(report.action):
        hint = "the old model stays; [description] of the policy names the allowed changes"
        raise UsageError(f"the policy does not allow to {report.action}", hint=hint, code="policy-forbids")
    old = watched.ranker
    parent = old.digest_
    new = copy.copy(old)
    primary = old.fits_[0]
    lines = (*primary.recalibration, *((each.part, each.line) for each in report.updates))
    new.fits_ = (replace(primary, recalibration=lines), *old.fits_[1:])
    new.training_ = copy.deepcopy(old.training_)
    new.training_["lineage"] = _lineage(parent, report)
    new.training_["monitoring"] = _base_after(watched.base, report.updates).to_dict()
    # the evaluation of the old model's primary outcome does not hold for the new one
    new.metrics_ = {key: value for key, value in old.metrics_.items() if key not in _MEASURED}
    new.notes_ = (*old.notes_, f"Corrected on later data ({report.action}): {report.reasons[0]}.")
    return new


def _lineage(parent: str, report: LookReport) -> dict[str, Any]:
    return {
        "parent": parent,
        "action": report.action,
        "reason": report.reasons[0],
        "as_of": report.as_of,
        "look": report.look,
        "update": report.update,
        "snapshot": report.provenance["snapshot"],
    }


def _base_after(base: Base, updates: tuple[Update, ...]) -> Base:
    """Return the base of the new model, whose calibration and its precision come from the new outcomes."""
    by_part = {each.part: each for each in updates}
    parts = tuple(_part_after(part, by_part[part.part]) if part.part in by_part else part for part in base.parts)
    return replace(base, parts=parts)


def _part_after(part: CalibrationBase, update: Update) -> CalibrationBase:
    covariance = np.linalg.inv(part.prior.precision) + update.line.covariance
    old = part.directions
    directions = replace(
        old,
        index_mean=old.index_mean + float(update.line.mean[0]),
        index_scale=max(old.index_scale + float(update.line.mean[1]), 1e-6),
    )
    prior = Prior(
        mean=np.zeros_like(part.prior.mean), precision=np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    )
    return replace(part, directions=directions, prior=prior)
