"""Draw the README's picture: one patient of the demo, survival under each option and differences, with the truth."""

import tempfile
from pathlib import Path

from matplotlib.figure import Figure

from genorx.cohort import Study
from genorx.datasets import load_demo_truth, write_demo
from genorx.ranking import TreatmentRanker
from genorx.report import plot_differences, plot_survival

TARGET = Path(__file__).resolve().parent.parent / "docs" / "_static" / "demo.png"
PATIENT = "P0852"

with tempfile.TemporaryDirectory() as folder:
    files = write_demo(folder)
    ranker = TreatmentRanker().fit(Study.read(files.study).load())
    ranking = ranker.rank(Study.read(files.patients).load(outcomes=False, schema=ranker.specs_))
    table = load_demo_truth(files.truth)

pairs = list(zip(table["patient_id"], table["option"], strict=True))
figure = Figure(figsize=(10, 3.6), layout="constrained", dpi=160)
left, right = figure.subplots(1, 2, width_ratios=(1.1, 1))
plot_survival(ranking, patient_id=PATIENT, ax=left, truth=dict(zip(pairs, table["survival"], strict=True)))
plot_differences(ranking, patient_id=PATIENT, ax=right, truth=dict(zip(pairs, table["delta_rmst"], strict=True)))
left.set_title("Survival under each option, 95 % bands", loc="left", fontsize="medium")
right.set_title("Difference against chemotherapy, 95 % intervals", loc="left", fontsize="medium")
figure.savefig(TARGET, metadata={"Software": None})
