"""Draw the README's picture: one patient of the demo, estimates with the truth, and guidance and evidence beside."""

import tempfile
from pathlib import Path

from matplotlib.figure import Figure

from genorx.cli.demo import ranked_with_all_three
from genorx.cohort import Study
from genorx.datasets import load_demo_truth, write_demo
from genorx.ranking import TreatmentRanker
from genorx.report import plot_differences, plot_survival
from genorx.report.labelled import labelled, labelled_truth
from genorx.report.view import patient_view, read_truth

TARGET = Path(__file__).resolve().parent.parent / "docs" / "_static" / "demo.png"
PATIENT = "P0852"

with tempfile.TemporaryDirectory() as folder:
    files = write_demo(folder)
    ranker = TreatmentRanker().fit(Study.read(files.study).load())
    found = ranked_with_all_three(ranker, files)
    table = load_demo_truth(files.truth)

ranking, truth = labelled(found), labelled_truth(read_truth(table), found.labels)
figure = Figure(figsize=(10, 5.8), layout="constrained", dpi=160)
grid = figure.add_gridspec(2, 2, width_ratios=(1.1, 1), height_ratios=(3.6, 2.2))
left, right, below = (figure.add_subplot(place) for place in (grid[0, 0], grid[0, 1], grid[1, :]))
plot_survival(ranking, patient_id=PATIENT, ax=left, truth=truth.values["survival"])
plot_differences(ranking, patient_id=PATIENT, ax=right, truth=truth.difference)
left.set_title("Survival under each option, 95 % bands", loc="left", fontsize="medium")
right.set_title("Difference, 95 % intervals", loc="left", fontsize="medium")

answer = next(each for each in ranking if each.patient_id == PATIENT)
rows = patient_view(ranking, answer, 1, truth, figures=()).options
told = [row.guidance.replace("; ", "\n").replace(", by ", ",\n    by ") or "none found" for row in rows]
cells = [(row.option, said, row.evidence.replace("; ", "\n")) for row, said in zip(rows, told, strict=True)]
heads = ("Option (simulated patient)", "Guidance on its drugs, by genotype", "Public evidence on the tumour")
shown = below.table(
    cells, colLabels=heads, cellLoc="left", colLoc="left", edges="B", colWidths=(0.2, 0.59, 0.21), bbox=(0, 0, 1, 1)
)
shown.auto_set_font_size(False)
shown.set_fontsize(8.5)
lines = [1.2, *(1.2 + max(text.count("\n") for text in row) for row in cells)]
for (row, _), cell in shown.get_celld().items():
    cell.set_height(lines[row])
    cell.set_edgecolor("#c9ced6")
    cell.PAD = 0.02
below.axis("off")
figure.savefig(TARGET, metadata={"Software": None})
