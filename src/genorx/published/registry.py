"""The published models, and loading by name and version."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pandas as pd

from genorx._core.nearest import did_you_mean
from genorx.errors import InputError, UsageError, shown
from genorx.published.cards.card import read_card, versions_of
from genorx.published.model import PublishedModel

# module and class of each family; modules are imported on request
_HOMES = {
    "albi": ("kidney_lung_liver", "Albi"),
    "cha2ds2-vasc": ("points", "Cha2ds2Vasc"),
    "cts5": ("points", "Cts5"),
    "gage": ("doses", "Gage"),
    "has-bled": ("points", "HasBled"),
    "ipssm": ("myelodysplasia", "IpssM"),
    "ipssr": ("myelodysplasia", "IpssR"),
    "iwpc": ("doses", "Iwpc"),
    "kfre": ("kidney_lung_liver", "Kfre"),
    "khorana": ("points", "Khorana"),
    "mayo-nodule": ("kidney_lung_liver", "MayoNodule"),
    "plcom2012": ("kidney_lung_liver", "PlcoM2012"),
    "pooled-cohort": ("cardiovascular", "PooledCohort"),
    "predict-breast": ("predict_breast", "PredictBreast"),
    "predict-prostate": ("predict_prostate", "PredictProstate"),
    "prevent": ("prevent", "Prevent"),
    "score2": ("cardiovascular", "Score2"),
    "score2-diabetes": ("cardiovascular", "Score2Diabetes"),
    "score2-op": ("cardiovascular", "Score2Op"),
    "tacrolimus-passey": ("doses", "TacrolimusPassey"),
}


def names() -> tuple[str, ...]:
    """Return every model as ``name@version``."""
    return tuple(f"{family}@{version}" for family in _HOMES for version in versions_of(family))


def list_models() -> pd.DataFrame:
    """Return one row per model and version: name, title, question, status, horizons, population."""
    cards = [read_card(*name.split("@")) for name in names()]
    rows = [
        {
            "name": card.id,
            "title": card.title,
            "question": card.question,
            "status": card.status,
            "released": card.released,
            "horizons": ", ".join(f"{each:g}" for each in card.horizons),
            "time_unit": card.time_unit,
            "population": card.population["who"],
            "treatments": ", ".join(str(each["name"]) for each in card.options),
            "superseded_by": card.superseded_by or "",
        }
        for card in cards
    ]
    return pd.DataFrame(rows)


def load(name: str, **options: Any) -> PublishedModel:
    """Return a published model, ready to predict.

    Parameters
    ----------
    name : str
        Name and version, ``predict-breast@3.1``.  There is no default version.
    **options
        Parameters of the model: ``variant`` and ``horizon`` of models with several; ``mapping``, ``values`` and
        ``trusted`` of every model.

    Raises
    ------
    InputError
        If there is no such model or version, or no version is given; the hint lists the existing ones.
    UsageError
        If the model does not have a parameter, variant or horizon.
    ModelFileError
        If the digest of the coefficient table differs from that of the checked one.
    """
    family, _, version = str(name).partition("@")
    if family not in _HOMES:
        raise InputError(
            f"there is no published model {shown(family)!r}",
            hint=f"{did_you_mean(family, _HOMES)} there are {', '.join(_HOMES)}".strip(),
            code="published-name",
        )
    if not version:
        known = ", ".join(f"{family}@{each}" for each in versions_of(family))
        raise InputError(
            f"{family} requires a version, since versions differ", hint=f"there are: {known}", code="published-version"
        )
    read_card(family, version)
    module, cls = _HOMES[family]
    made = getattr(import_module(f"genorx.published.models.{module}"), cls)
    try:
        model: PublishedModel = made(version=version, **options)
    except TypeError as fault:
        known = ", ".join(made(version=version).get_params())
        raise UsageError(
            f"an option that {name} does not have", hint=f"it has {known}", code="published-option"
        ) from fault
    model.card  # noqa: B018  a wrong variant or horizon is an error now
    model.table  # noqa: B018  and a changed table
    return model
