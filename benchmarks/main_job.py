"""Time and memory of a whole study, the AML knowledge bank: check, fit, predict, rank, each a process of its own.

The ratio is against scikit-survival's elastic net path with five-fold choice of its penalty on the same gene table, in
the same run; absolute figures depend on the machine.

    python benchmarks/main_job.py FOLDER_OF_THE_AML_KNOWLEDGE_BANK
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from genorx.datasets import write_aml_study

PEER = """
import sys
import numpy as np, pandas as pd
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.util import Surv
folder = sys.argv[1] + "/"
X = pd.concat([pd.read_csv(folder + name, index_col="pdid").select_dtypes("number")
               for name in ("clinical.csv", "cytogenetics.csv", "gene_matrix.csv")], axis=1)
X = X.fillna(X.median()).loc[:, lambda frame: frame.std() > 0]
y = pd.read_csv(folder + "outcomes.csv", index_col="pdid").loc[X.index]
target = Surv.from_arrays(y["os_event"] == 1, y["os_days"].clip(lower=0.5))
path = make_pipeline(StandardScaler(), CoxnetSurvivalAnalysis(l1_ratio=0.5, alpha_min_ratio=0.01))
alphas = path.fit(X, target)[-1].alphas_
grid = {"coxnetsurvivalanalysis__alphas": [[alpha] for alpha in alphas[::5]]}
GridSearchCV(path, grid, cv=KFold(5)).fit(X, target)
"""


def measured(*command: str) -> dict[str, float]:
    """Wall seconds and peak MiB of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return {"seconds": round(time.perf_counter() - start, 2), "peak_mib": round(usage.ru_maxrss * unit / 2**20)}


def main(folder: Path) -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        prognosis = str(write_aml_study(folder, home / "prognosis.toml", treatment=False))
        compared = str(write_aml_study(folder, home / "compared.toml", treatment=True))
        model, ranker = str(home / "prognosis.model"), str(home / "compared.model")
        patient = (folder / "clinical.csv").read_text().splitlines()[1].partition(",")[0]
        command = [sys.executable, "-c", "from genorx.cli import main; main()"]
        figures = {
            "study check": measured(*command, "study", "check", compared, "--out", str(home / "audit.json")),
            "fit, prognosis with choice of model": measured(*command, "fit", prognosis, "--out", model),
            "fit, two options from a landmark": measured(*command, "fit", compared, "--out", ranker),
            "predict 1,068 patients": measured(*command, "predict", model, prognosis, "--out", str(home / "p.csv")),
            "rank one patient": measured(
                *command, "rank", ranker, prognosis, "--out", str(home / "r.json"), "--patient", patient
            ),
            "peer: elastic net with chosen penalty": measured(sys.executable, "-c", PEER, str(folder)),
        }
    peer = figures["peer: elastic net with chosen penalty"]["seconds"]
    for row in figures.values():
        row["ratio_to_peer"] = round(row["seconds"] / peer, 2)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
