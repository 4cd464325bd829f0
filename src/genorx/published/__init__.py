"""Published models: estimates without a cohort, each with a card that states its population."""

from genorx.published.cards.card import Card, InputColumn
from genorx.published.comparison import Comparison, compare
from genorx.published.inputs.genes import brca_carriers, cyp3a5_genes, ipssm_genes, warfarin_genes, warfarin_sites
from genorx.published.inputs.warfarin import warfarin_formula, warfarin_inputs
from genorx.published.local.validation import Validation, validate
from genorx.published.model import PublishedModel
from genorx.published.models.cardiovascular import PooledCohort, Score2, Score2Diabetes, Score2Op
from genorx.published.models.doses import Gage, Iwpc, TacrolimusPassey
from genorx.published.models.kidney_lung_liver import Albi, Kfre, MayoNodule, PlcoM2012
from genorx.published.models.myelodysplasia import IpssM, IpssR
from genorx.published.models.points import Cha2ds2Vasc, Cts5, HasBled, Khorana
from genorx.published.models.predict_breast import PredictBreast
from genorx.published.models.predict_prostate import PredictProstate
from genorx.published.models.prevent import Prevent
from genorx.published.options.combine import Combine, RelativeEffect, trial_effects
from genorx.published.options.ranked import gains
from genorx.published.registry import list_models as list  # noqa: A004  a fixed public name
from genorx.published.registry import load, names
from genorx.published.screening.answers import ScreeningDecision, screening_decision
from genorx.published.screening.declared import ScreeningOptions
from genorx.published.screening.followed_up import FollowedUp, ScreeningSpec, evaluate_table
from genorx.published.screening.risks import ScreenedPeople, screening_risks

__all__ = [
    "Albi",
    "Card",
    "Cha2ds2Vasc",
    "Combine",
    "Comparison",
    "Cts5",
    "FollowedUp",
    "Gage",
    "HasBled",
    "InputColumn",
    "IpssM",
    "IpssR",
    "Iwpc",
    "Kfre",
    "Khorana",
    "MayoNodule",
    "PlcoM2012",
    "PooledCohort",
    "PredictBreast",
    "PredictProstate",
    "Prevent",
    "PublishedModel",
    "RelativeEffect",
    "Score2",
    "Score2Diabetes",
    "Score2Op",
    "ScreenedPeople",
    "ScreeningDecision",
    "ScreeningOptions",
    "ScreeningSpec",
    "TacrolimusPassey",
    "Validation",
    "brca_carriers",
    "compare",
    "cyp3a5_genes",
    "evaluate_table",
    "gains",
    "ipssm_genes",
    "list",
    "load",
    "names",
    "screening_decision",
    "screening_risks",
    "trial_effects",
    "validate",
    "warfarin_formula",
    "warfarin_genes",
    "warfarin_inputs",
    "warfarin_sites",
]
