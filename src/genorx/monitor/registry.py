"""The registry: a folder of model files, and a journal of each model's parent, reason and look results.

Append-only; no server, no pickle.  A model's file is written before its line, so that each line has its file even if
the process is killed.  The newest line is not yet protected by a later one; ``verify`` returns the digest of the whole,
which can be noted elsewhere.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.provenance import file_digest, json_digest, today
from genorx._core.whole_files import atomic_path
from genorx.errors import InputError, UsageError, shown
from genorx.monitor.journal import Journal
from genorx.monitor.policy import Policy, policy_of
from genorx.ranking import TreatmentRanker, load_model

if TYPE_CHECKING:
    from genorx.monitor.look_report import LookReport

_COLUMNS = ("id", "digest", "parent", "study", "metrics", "policy", "reason", "date", "file")
_SHORT = 12
Entries = list[dict[str, Any]]  # within the class ``list`` is a method


class Registry:
    """A folder of models with their parents, reasons and digests.

    Parameters
    ----------
    folder : path
        Created if absent.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._journal = Journal(self.folder / "registry.jsonl", "registry-changed")

    def add(
        self,
        model: TreatmentRanker | str | Path,
        policy: Policy | str | Path | None = None,
        reason: str = "",
    ) -> str:
        """Add a model and return its id; the same model is not added twice.

        Parameters
        ----------
        model : TreatmentRanker or path
            Fitted ranker, or a model file.
        policy : Policy or path, optional
            Policy under which the model was accepted.
        reason : str, default ""
            Reason for the model.

        Raises
        ------
        UsageError
            If ``model`` is neither a fitted ranker nor a model file.
        InputError
            If the journal or the model file was changed.
        """
        ranker, source = _model_of(model)
        digest = ranker.digest_
        entries = self._models()
        same = [entry for entry in entries if entry["digest"] == digest]
        if same:
            return str(same[0]["id"])
        name = f"{digest[:_SHORT]}.model"
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / name
        if source is not None:
            with atomic_path(target) as part:
                shutil.copyfile(source, part)
        else:
            ranker.save(target)
        lineage = ranker.training_.get("lineage", {})
        self._journal.append(
            {
                "kind": "model",
                "id": digest[:_SHORT],
                "digest": digest,
                "parent": lineage.get("parent"),
                "study": ranker.study_digest_,
                "metrics": json_digest(ranker.metrics_),
                "policy": None if policy is None else policy_of(policy).digest,
                "reason": reason or lineage.get("reason", ""),
                "date": today(),
                "file": name,
                "file_digest": file_digest(target),
            }
        )
        return digest[:_SHORT]

    def list(self) -> pd.DataFrame:
        """Return the models, in order of addition."""
        return pd.DataFrame(self._models(), columns=[*_COLUMNS])

    def looks(self, model: str | None = None) -> Entries:
        """Return the results of looks, for one model or all."""
        entries = [entry for entry in self._journal.read() if entry.get("kind") == "look"]
        return [entry for entry in entries if model is None or entry.get("id") == model]

    def add_look(self, model: str, report: LookReport) -> None:
        """Record the result of a look."""
        self._journal.append(
            {
                "kind": "look",
                "id": model,
                "look": report.look,
                "as_of": report.as_of,
                "action": report.action,
                "reasons": list(report.reasons),
                "snapshot": report.provenance["snapshot"],
                "patients": report.provenance["patients"],
                "events": report.provenance["events"],
                "date": today(),
            }
        )

    def verify(self) -> str:
        """Check every line and every model file, and return the digest of the whole.

        Raises
        ------
        InputError
            ``registry-changed``: with the line, or the model file; ``registry-empty``: the registry has no entry.
        """
        entries = self._journal.read()
        if not entries:
            hint = "genorx registry add DIR MODEL adds the first entry"
            raise InputError("there is no entry", file=self.folder, hint=hint, code="registry-empty")
        for entry in entries:
            if entry.get("kind") == "model":
                self._check_file(entry)
        return file_digest(self._journal.path)

    def load(self, name: str) -> TreatmentRanker:
        """Return a model by its id, or a prefix of it.

        Raises
        ------
        UsageError
            ``no-such-model``.
        InputError
            If its file was changed.
        """
        entry = self._entry(name)
        return load_model(self._check_file(entry))

    def diff(self, first: str, second: str) -> str:
        """Describe the differences between two models.

        Raises
        ------
        UsageError
            ``no-such-model``.
        """
        from genorx.monitor.difference import difference

        one, two = self._entry(first), self._entry(second)
        return difference(self.load(first), self.load(second), one, two)

    def _models(self) -> Entries:
        return [entry for entry in self._journal.read() if entry.get("kind") == "model"]

    def _entry(self, name: str) -> dict[str, Any]:
        found = [entry for entry in self._models() if name and str(entry["id"]).startswith(name)]
        if len(found) != 1:
            known = ", ".join(str(entry["id"]) for entry in self._models()) or "none"
            hint = f"models are {known}"
            raise UsageError(
                f"there is no single model {shown(name)!r}", file=self.folder, hint=hint, code="no-such-model"
            )
        entry: dict[str, Any] = found[0]
        return entry

    def _check_file(self, entry: dict[str, Any]) -> Path:
        path = self.folder / Path(str(entry["file"])).name
        if not path.is_file() or file_digest(path) != entry["file_digest"]:
            reason = "the model file was changed" if path.is_file() else "the model file is missing"
            hint = "restore it from a copy, or fit again"
            raise InputError(reason, file=path, hint=hint, code="registry-changed")
        return path


def _model_of(model: TreatmentRanker | str | Path) -> tuple[TreatmentRanker, Path | None]:
    if isinstance(model, TreatmentRanker):
        return model, None
    if isinstance(model, str | Path):
        return load_model(model), Path(model)
    raise UsageError(f"a model is a fitted ranker or a model file, not a {type(model).__name__}", code="usage")
