"""Every error that genorx raises on purpose, and every finding it can attach to a result.

::

    GenorxError                  (exit 3 unless said otherwise)
    ├── UsageError               exit 2: the call itself is wrong
    ├── InputError               exit 3: a file, table or value cannot be taken
    │   ├── VariantFileError     VCF, BCF, gVCF that is not what it claims to be
    │   │   └── AssemblyError    wrong, mixed or unknown reference assembly
    │   ├── PanelError           a panel file that cannot be used
    │   ├── StudyError           the study file, or files that contradict it
    │   ├── TableError           a record table
    │   ├── PackError            a knowledge pack, or the source that one is made from
    │   ├── OutsideCallError     a table of outside calls of pharmacogenes
    │   ├── ModelFileError       a model file that is damaged, changed, too new or made for other data
    │   └── MissingExtraError    an optional dependency that is not installed
    └── NotAnswerableError       exit 4: these data cannot answer the question
        ├── HorizonError         a horizon beyond follow-up
        └── SupportError         nothing to compare, no overlap, too few events

An error prints as one line, ``error[CODE] FILE:PLACE: reason. hint``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["info", "warning", "serious"]

#: Longest piece of a user's text that is repeated in a message.
_SHOWN = 80


def shown(text: object) -> str:
    """Return text of a user's file fit for one line of a terminal: no control characters, bounded length."""
    clean = "".join(c if c.isprintable() else "?" for c in str(text))
    return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1] + "…"


class GenorxError(Exception):
    """Base of every error raised on purpose; the command prints it and exits with ``exit_code``.

    Parameters
    ----------
    reason : str
        What is wrong, naming the value and the rule; no full stop at the end, no personal data.
    file : path, optional
        The file in which it is wrong.
    place : str or int, optional
        Line number, ``row 12 column "age_years"``, or ``chr10:94781859 sample P0001``.
    hint : str, optional
        What to do about it.
    code : str, optional
        Stable kebab-case name of this fault; the default is that of the class.
    """

    exit_code = 3
    default_code = "genorx"

    def __init__(
        self,
        reason: str,
        *,
        file: str | Path | None = None,
        place: str | int | None = None,
        hint: str | None = None,
        code: str | None = None,
    ) -> None:
        self.reason = reason
        self.file = None if file is None else str(file)
        self.place = None if place is None else str(place)
        self.hint = hint
        self.code = code or self.default_code
        super().__init__(str(self))

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, self.place) if part is not None)
        text = f"error[{self.code}] {where}: {self.reason}" if where else f"error[{self.code}] {self.reason}"
        text = f"{text}. {self.hint}" if self.hint else text
        return "".join(c if c.isprintable() else " " for c in text)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Survive the way back from a worker process."""
        make = partial(type(self), file=self.file, place=self.place, hint=self.hint, code=self.code)
        return make, (self.reason,)

    def to_dict(self) -> dict[str, str | None]:
        """Return ``code``, ``file``, ``place``, ``reason`` and ``hint``, as ``--errors json`` prints them."""
        names = ("code", "file", "place", "reason", "hint")
        return {name: getattr(self, name) for name in names}


class UsageError(GenorxError, ValueError):
    """The call itself is wrong: an argument that no data could make right."""

    exit_code = 2
    default_code = "usage"


class InputError(GenorxError, ValueError):
    """A file, table or value that cannot be taken as what it claims to be."""

    default_code = "input"


class VariantFileError(InputError):
    """A VCF, gVCF or BCF file that cannot be read as what it claims to be."""

    default_code = "variant-file"


class AssemblyError(VariantFileError):
    """The reference assembly is wrong, mixed, or cannot be told."""

    default_code = "assembly"


class PanelError(InputError):
    """A panel file that cannot be used."""

    default_code = "panel"


class StudyError(InputError):
    """A study file that is wrong in itself, or whose files contradict it."""

    default_code = "study"


class TableError(InputError):
    """A record table that cannot be read, or whose content breaks a rule.

    Parameters
    ----------
    faults : sequence of dict, optional
        Every fault of the table: ``row``, ``column``, ``rule``, ``code``; the message names the first.
    """

    default_code = "table"

    def __init__(self, reason: str, *, faults: Sequence[Mapping[str, Any]] = (), **where: Any) -> None:
        super().__init__(reason, **where)
        self.faults = tuple(dict(fault) for fault in faults)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        make, arguments = super().__reduce__()
        return partial(make, faults=self.faults), arguments

    @property
    def failures(self) -> pd.DataFrame:
        """All faults as a frame with columns ``row``, ``column``, ``rule``, ``code``; holds no values of patients."""
        import pandas as pd

        return pd.DataFrame(list(self.faults), columns=["row", "column", "rule", "code"])


class PackError(InputError):
    """A knowledge pack, or a source to make one from, that is damaged, changed, too new or contradicts itself."""

    default_code = "pack"


class OutsideCallError(InputError):
    """A table of outside calls of pharmacogenes that breaks a rule of its format."""

    default_code = "outside-call"


class ModelFileError(InputError):
    """A model file that is damaged, changed, too new, or made for another assembly or schema."""

    default_code = "model-file"


class MissingExtraError(InputError, ImportError):
    """An optional dependency that is asked for but not installed."""

    default_code = "missing-extra"


class NotAnswerableError(GenorxError):
    """These data cannot answer the question."""

    exit_code = 4
    default_code = "not-answerable"


class HorizonError(NotAnswerableError, ValueError):
    """A horizon lies beyond what follow-up can tell."""

    default_code = "horizon"


class SupportError(NotAnswerableError, ValueError):
    """Nothing to compare, no overlap, or too few patients or events."""

    default_code = "support"


class GenorxWarning(UserWarning):
    """Something a caller may want to know that changes no clinical result."""


#: Every finding code and what it says; the documentation's list is made from it.  One section a room.
FINDINGS: dict[str, str] = {
    # knowledge and pharmacogenes
    "stale-knowledge": "the facts used are older than three years",
    "file-not-used": "files of an imported folder hold no facts for a pack, or older ones than another file",
    "action-unread": "rows of guidance whose words name no known action are coded as no recommendation",
    "opposite-rows": "two rows of a guideline say opposite things for the same person",
    "unknown-phenotype-term": "guidance asks for a phenotype that no table has",
    "no-release": "allele definitions name no release",
    "pgx-no-site": "no record of the file lies at a pharmacogene with the expected reference base",
    "pgx-tumour-file": "pharmacogenes were asked of a file of somatic variants",
    "pgx-unplaced": "a position of a pharmacogene has no known place on the file's assembly",
    "assembly-inferred": "the header names no assembly; the reference bases of the records decided",
    "outside-unknown-gene": "an outside call of a gene that no pack knows was left out",
    "outside-unknown-allele": "an outside call names an allele that is in no table",
    "outside-unknown-phenotype": "an outside call names a phenotype that is in no table",
    "outside-several": "a gene has more than one outside call",
    "outside-unknown-sample": "outside calls of somebody who is no sample of the variant files are not used",
    "pgx-outside-replaces": "an outside call stands in place of what the file says",
    "pgx-files-joined": "files of the same samples and of different sites were put together",
    "pgx-array": "pharmacogenes were read from a genotype table of an array",
    "drug-without-row": "no row of guidance applies to a drug and this person; that does not mean safe",
    "guidance-not-evaluated": "guidance on a drug also asks for a gene that is not known, or was not looked up",
    "modulator-unknown": "drugs of the medication are not known as inhibitors or inducers; they may still interact",
    "drug-avoided": "guidance says to avoid a drug of an option for this patient; the option is not advised",
    "pgx-no-report": "a ranked patient has no pharmacogene report; guidance was not looked up",
    "option-without-drugs": "no drugs are named for an option; guidance was not looked up",
    "drug-unknown": "no pack has guidance for a drug that was asked for",
    # variants and features
    "annotation-absent": "A variant file has no consequence annotations.",
    "annotation-unattributed": "An annotation fits none of several alleles of a record; carriers are missing there.",
    "assembly-contradiction": "The header names one assembly, its contig lengths are those of another.",
    "assembly-unknown": "The reference assembly cannot be told from the header.",
    "consequence-unknown": "Changes are counted by place in a gene; what they do is not known.",
    "contig-twice": "A contig is declared twice in a header.",
    "contig-undeclared": "Records lie on a contig that the header does not declare.",
    "file-without-records": "A variant file has no record.",
    "index-stale": "An index does not belong to the variant file as it is now.",
    "last-line-open": "The last line of a variant file has no line end.",
    "mitochondrion-hg19": "The mitochondrial contig is that of hg19.",
    "no-calls": "No-calls of a variant file, kept as missing.",
    "records-filtered": "Records or calls of a variant file that did not pass the filters.",
    "records-unsorted": "Records of a variant file are not sorted.",
    "site-contradiction": "The same site stands twice with different genotypes.",
    "site-twice": "The same site stands twice.",
    "text-not-utf8": "Bytes of a variant file are not UTF-8.",
    # records, cohort and design
    "alcohol-contradiction": "A patient who is said not to drink has an amount of alcohol above zero.",
    "alcohol-unit-assumed": "The size of a drink or unit of alcohol is not told and a standard one was taken.",
    "blank-row": "Rows without any value were passed over.",
    "bmi-contradiction": "Body mass index differs by more than 1 kg/m2 from weight and height of the patient.",
    "byte-order-mark": "The file starts with a byte-order mark and was read in the encoding that it names.",
    "cause-never-seen": "A cause of a competing outcome never ended anybody's time.",
    "column-not-in-model": "A column is not one of the model's features and was left out.",
    "constant-column": "A column has one value for all and was left out.",
    "date-column": "A column of dates was left out: a date is a feature only as a number of days.",
    "date-order": "Dates are written in two orders, or their order cannot be told; the column was left out.",
    "decimal-comma": "Numbers with decimal commas were read.",
    "derived-feature": "A feature was computed from others.",
    "detection-limit": "Cells hold a limit of detection in place of a number and were taken as missing.",
    "empty-column": "A column has no values and was left out.",
    "feature-absent": "A feature of the model is absent from the table and missing for all.",
    "free-text": "A column of free text was left out.",
    "id-as-decimal": "Patient ids end in .0: a program has read them as numbers.",
    "identifier-column": "A column that numbers or names persons was left out.",
    "impossible-value": "A value that no patient can have was taken as missing.",
    "missing-code-suspect": "A value far outside of the others looks like a code for missing.",
    "mixed-boolean": "Yes and no are written in more than one way in a column.",
    "mixed-column": "Cells of text in a column of numbers were taken as missing.",
    "mixed-units": "Values of a column fall into two groups that differ by the factor of two units.",
    "near-duplicate-ids": "Patient ids of one table differ only in case, spaces or leading zeros.",
    "near-duplicate-levels": "Levels of a category look like spellings of one; they were not merged.",
    "not-an-integer": "A value with decimals stands where the model knows whole numbers and was taken as missing.",
    "outside-training-range": "A value is outside of what the model was trained on.",
    "personal-data": "A column that seems to hold names, birth dates or addresses was left out.",
    "site-code": "A column that codes the site was left out of the features; strata can use it.",
    "smoking-contradiction": "A patient who is said never to have smoked has an amount of smoking above zero.",
    "unit-assumed": "A unit is not told and that of the model was taken.",
    "unit-not-told": "A column of a lifestyle needs a unit that nobody told; its numbers were taken as they are.",
    "unit-suspect": "Values fit another unit better than the one that is told.",
    "unnamed-column": "A column without a name was left out.",
    "unseen-level": "A category was not seen in training and was taken as missing.",
    "patient-not-in-table": "Patients of the cohort have no row in a table; its features are missing for them.",
    "near-ids": "Ids of one table are in no other but for leading zeros, case or punctuation.",
    "sample-without-record": "Samples of the variant files are in no record table, and are left out.",
    "no-features-of-patient": "Patients with an outcome are in no record table and no variant file, and are left out.",
    "duplicate-column": "A column stands in two tables with the same content; it is used once.",
    "design-column": "A column of an outcome or of the treatment is not a feature and is left out.",
    "leakage-suspect": "A feature tells the outcome nearly without fault and is left out.",
    "after-time-zero": "A column holds days after time zero and is left out of the features.",
    "missing-by-site": "What is missing identifies the site: a model may learn the site from it.",
    "event-without-time": "Patients have an event and no time, and are left out of the outcome.",
    "time-without-event": "Patients have a time and no event status, and are left out of the outcome.",
    "negative-follow-up": "Patients have a time below 0, and are left out of the outcome.",
    "zero-follow-up": "Patients have a time of 0, and are left out of the outcome.",
    "no-events": "An outcome has one value only; nothing can be fitted.",
    "horizon-beyond-follow-up": "A horizon lies beyond the last follow-up of the cohort.",
    "switched-after": "Patients started another option after the day of comparison.",
    "no-treatment-row": "Patients without a row in the treatment table count as the option without condition.",
    "near-option": "Patients of the option without condition had a row that nearly makes another option.",
    "late-treatment": "Treatments start after the day of comparison and no column of the study says so.",
    "possible-unknown": "Whether an option is possible for a patient is not known: a feature that decides is missing.",
    "landmark-not-varied": "The comparison cannot be made from another landmark day, so it is not seen if it holds.",
    "one-option-stratum": "Strata in which all patients had one option say nothing of a difference.",
    "missing-stratum": "Patients whose stratum is not known form a stratum of their own.",
    "treatment-not-used": "The study names a treatment, and no outcome to compare the options by.",
    # outcomes
    "calibration-slope": "Predictions out of fold are too extreme or not extreme enough",
    "dose-by-formula": "There is no cohort: the dose is that of a published formula, which gives no interval",
    "dose-outlier": "A dose lies far beyond all others and is set aside",
    "few-like-this": "Few patients of this group are in the cohort: the interval leans on all patients",
    "grade-borrowed": "Few patients had a grade or more (or less): its odds are those of its neighbour, moved",
    "grade-never-seen": "A grade was not seen in training: it has no probability of its own",
    "linked-site": "A site was not called: its dosage is what linked sites make expected",
    "no-skill": "Predictions out of fold are not shown to be better than the average of all patients",
    "too-many-sites": "There are too many sites to fill gaps from linked ones",
    # effects and ranking
    "outcome-unknown": "Patients without treatment, time or event are left out of the comparison.",
    "imputed": "Features of a patient are missing; the model took the cohort's typical value and its indicator.",
    "outside-support": "The patients compared do not cover this one under an option, which gets no estimate.",
    "reference-outside": "The reference option has no estimate for this patient, so no difference against it is given.",
    "nothing-to-compare": "Only one option has an estimate for this patient: it is not ranked against anything.",
    "option-not-possible": "An option is not possible for a patient, by the study's conditions, and is not ranked.",
    "below-smallest-difference": "An option is shown to be better, by less than the smallest difference that matters.",
    "effect-not-identified": "These data cannot tell the mean difference of an option; there is a reason, no number.",
    "negative-control-fails": "An outcome that no option can have an effect on differs: confounding is left.",
    "negative-control-not-checked": "A negative control of the study could not be checked.",
    "utility-not-made": "An outcome that utility weighs has no estimate under an option for this patient.",
    "few-alike": "Few patients like this one had an option: its estimate rests on the model more than on cases.",
    "outcome-not-estimated": "An outcome of the study could not be modelled, and is left out of the answer.",
    "what-if-refused": "A change cannot be made to a patient, or leads where no patient was: no estimate after it.",
    "what-if-follows": "Features follow from a changed one, and were computed anew.",
    "what-if-kept": "Features of the past stay as they are when a patient lives otherwise from now on.",
    "weights-large": "Patients hardly ever had an option: the average by weighting rests on few of them.",
    "option-not-estimated": "An option has too few events for an estimate, and gets none for anybody.",
    "outcome-outside-support": "An outcome has no estimate for a patient under an option that is ranked by another.",
    "evidence-conflict": "Rows of evidence on an option contradict each other; both sides stand in the answer.",
    "evidence-not-listed": "Therapies of which evidence rows speak are not listed as options.",
    "evidence-not-looked-up": "A patient's alterations were not given, so evidence beside the estimate is not known.",
    "evidence-resistance": "Evidence says that the tumour resists an option, whatever the model advises.",
    # oncology
    "allele-unknown": "Alleles without annotation are none that evidence names exactly.",
    "alteration-ambiguous": "An alteration that ends in X is read as a stop where evidence asks for substitutions.",
    "alteration-not-understood": "An alteration is written in a form that is not known, and matches nothing.",
    "alterations-filtered": "Alterations that a filter of the file marks are kept and not matched.",
    "alterations-left-out": "Records of a file that give no alteration, counted by reason.",
    "annotation-none": "A variant file has no consequence annotation: only exact known alleles can be found.",
    "copy-number-shallow": "Gains and single-copy losses of a copy-number table are not used unless asked for.",
    "possible-mnv": "Two substitutions in one codon may be one change; their phase is not known.",
    "protein-change-unreadable": "A protein change is empty or cannot be read and matches nothing.",
    "tmb-panel-small": "A tumour mutational burden from less than one megabase is imprecise.",
    "tumour-type-ambiguous": "A code or name of a tumour may mean more than one type.",
    "tumour-type-unknown": "A tumour type is in no vocabulary: hits are shown without tier.",
    # published models
    "published-brca-uncertain": "A carrier's variant of BRCA1 or BRCA2 is not known to be pathogenic.",
    "published-disagreement": "Two published models or versions put a patient into different bands.",
    "published-effect-conflict": "An effect of own data and that of a trial have intervals that do not meet.",
    "published-few-events": "Too few events to correct more than the intercept of a published model.",
    "published-gene-not-covered": "A gene that a published model asks for was not looked at, and is unknown.",
    "published-harm": "A treatment lowers this patient's survival by the model's own harm.",
    "published-input-ignored": "A column is an input of another version of a published model, and is not used.",
    "published-no-interval": "The source of a published model gives no interval.",
    "published-not-for-patient": "A published model does not hold for a patient, who gets no estimate.",
    "published-option-absent": "An option does not apply to a patient, and is not listed.",
    "published-option-unknown": "The record does not say whether an option applies; it has no estimate.",
    "published-outcome-unknown": "An outcome asks for a value that is not known; the others are estimated.",
    "published-outside-derivation": "A value is outside of what a published model was derived from.",
    "published-outside-range": "A value is outside of what a published model holds for: no estimate.",
    "published-recalibrated": "A published model was corrected on local data.",
    "published-scenarios": "Genes are unknown: best, mean and worst score are all the answer.",
    "published-source-value": "A value is not known, and the source's own value for unknown was taken.",
    "published-treatment-interval": "An interval carries the treatment effect's uncertainty and nothing else.",
    "published-unit-suspect": "The values of one or two patients would fit another unit better.",
    "published-unknown-input": "A value that a published model needs is not known: no estimate.",
    "published-unvalidated": "A version of a published model has no paper and no validation.",
    "warfarin-filled": "An input of a warfarin formula was not known and was filled by the rules of its paper.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a user must know about a result.

    Attributes
    ----------
    code : str
        Key of ``FINDINGS``.
    severity : {"info", "warning", "serious"}
        ``serious`` means that the result may be wrong or unusable for this patient.
    message : str
        One sentence that names the value and the rule.
    patient_id : str, optional
        The patient it concerns; absent when it concerns all.
    place : str, optional
        File, row, column or site.
    """

    code: str
    severity: Severity
    message: str
    patient_id: str | None = None
    place: str | None = None

    def __post_init__(self) -> None:
        if self.code not in FINDINGS:
            raise KeyError(f"finding code {self.code!r} is not in genorx.errors.FINDINGS")

    def to_dict(self) -> dict[str, str | None]:
        """Return the finding as a plain dictionary, in the order of the contract."""
        names = ("code", "severity", "patient_id", "place", "message")
        values = asdict(self)
        return {name: values[name] for name in names}
