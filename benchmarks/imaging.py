"""Processor time and memory of image features: this library, a loop over voxels, and MIRP where it is installed.

    python benchmarks/imaging.py [--voxels 125000] [--mirp PYTHON]

A made CT region of so many voxels, five configurations (two by slice, three by volume).  The loop over voxels makes one
matrix of the 210 features' kind (co-occurrence, one configuration) and says how long it takes; MIRP runs the same five
configurations in the interpreter that is named.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nibabel
import numpy as np
from scipy.ndimage import gaussian_filter

import genorx as gx

CONFIGURATIONS = {
    "A": {"by_slice": True, "bin_width": 25.0, "intensity_range": [-500.0, 400.0]},
    "B": {"by_slice": True, "spacing": 2.0, "bins": 32, "intensity_range": [-500.0, 400.0]},
    "C": {"spacing": 2.0, "bin_width": 25.0, "intensity_range": [-1000.0, 400.0]},
    "D": {"spacing": 2.0, "bins": 32, "outlier_sigma": 3.0},
    "E": {"spacing": 2.0, "bins": 32, "intensity_range": [-1000.0, 400.0], "interpolation": "cubic"},
}
MIRP = """
import sys, time, json, resource, warnings
warnings.filterwarnings("ignore")
from mirp import extract_features
folder, configurations = sys.argv[1], json.loads(sys.argv[2])
start = time.process_time()
for settings in configurations.values():
    more = {}
    if "spacing" in settings: more["new_spacing"] = settings["spacing"]
    if "bins" in settings: more.update(base_discretisation_method="fixed_bin_number", base_discretisation_n_bins=32)
    else: more.update(base_discretisation_method="fixed_bin_size", base_discretisation_bin_width=25.0)
    if "intensity_range" in settings: more["resegmentation_intensity_range"] = settings["intensity_range"]
    else: more["resegmentation_method"] = "sigma"
    two = ["2d_average", "2d_slice_merge", "2.5d_direction_merge", "2.5d_volume_merge"]
    three = ["3d_average", "3d_volume_merge"]
    flat = bool(settings.get("by_slice"))
    for name in ("glcm", "glrlm"): more[name + "_spatial_method"] = two if flat else three
    plain = ["2d", "2.5d"] if flat else ["3d"]
    for name in ("glszm", "gldzm", "ngtdm", "ngldm"): more[name + "_spatial_method"] = plain
    order = 3 if settings.get("interpolation") == "cubic" else 1
    extract_features(image=folder + "/image.nii.gz", mask=folder + "/mask.nii.gz", image_modality="CT", by_slice=flat,
                     anti_aliasing=False, spline_order=order, **more)
print(json.dumps([time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def made(voxels: int, seed: int = 1) -> tuple[gx.imaging.Image, gx.imaging.Mask]:
    """A ball of about so many voxels of 2 mm in a CT with smooth texture."""
    radius = (3 * voxels / (4 * np.pi)) ** (1 / 3)
    side = int(2 * radius) + 20
    rng = np.random.default_rng(seed)
    array = gaussian_filter(rng.normal(size=(side, side, side)), 1.5) * 800
    x, y, z = (each - side / 2 for each in np.ogrid[:side, :side, :side])
    mask = x**2 + y**2 + z**2 < radius**2
    image = gx.imaging.Image(array=np.rint(array), spacing=(2.0, 2.0, 2.0), modality="CT", unit="HU", patient_id="made")
    return image, gx.imaging.Mask(array=mask)


def ours(pair) -> dict[str, float]:
    """Seconds of the processor of each configuration."""
    seconds = {}
    for name, settings in CONFIGURATIONS.items():
        start = time.process_time()
        gx.imaging.IBSIFeatures(**settings).fit([pair]).transform([pair])
        seconds[name] = time.process_time() - start
    return seconds


def loop(pair) -> float:
    """Seconds of one co-occurrence matrix (13 directions) by a loop over the voxels of a twentieth of the region."""
    image, mask = pair
    values = image.array[mask.array]
    bins = np.minimum(np.floor(32 * (image.array - values.min()) / np.ptp(values)).astype(int) + 1, 32)
    places = np.argwhere(mask.array)[::20]
    inside, matrix = mask.array, np.zeros((33, 33))
    ways = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) > (0, 0, 0)]
    start = time.process_time()
    for i, j, k in places:
        for x, y, z in ways:
            if inside[i + x, j + y, k + z]:
                a, b = bins[i, j, k], bins[i + x, j + y, k + z]
                matrix[a, b] += 1
                matrix[b, a] += 1
    return (time.process_time() - start) * 20


def mirp(pair, python: str) -> list[float]:
    """Seconds and MB of the same configurations by MIRP."""
    with tempfile.TemporaryDirectory() as folder:
        affine = np.diag([2.0, 2.0, 2.0, 1.0])
        nibabel.save(nibabel.Nifti1Image(pair[0].array.astype(np.float32), affine), Path(folder) / "image.nii.gz")
        nibabel.save(nibabel.Nifti1Image(pair[1].array.astype(np.uint8), affine), Path(folder) / "mask.nii.gz")
        script = Path(folder) / "run.py"
        script.write_text(MIRP, encoding="utf-8")
        call = [python, str(script), folder, json.dumps(CONFIGURATIONS)]
        found = subprocess.run(call, capture_output=True, text=True, check=True)
    return json.loads(found.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voxels", type=int, default=125_000)
    parser.add_argument("--mirp", help="interpreter of an environment with MIRP")
    arguments = parser.parse_args()
    pair = made(arguments.voxels)
    print(f"region of {int(pair[1].array.sum()):,} voxels")
    seconds = ours(pair)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stated = ", ".join(f"{name} {each:.1f}" for name, each in seconds.items())
    print(f"genorx: {sum(seconds.values()):.1f} s for five configurations ({stated}), {memory:.0f} MB")
    print(f"a loop over voxels, one co-occurrence matrix of one configuration: {loop(pair):.0f} s")
    if arguments.mirp:
        total, peak = mirp(pair, arguments.mirp)
        print(f"MIRP: {total:.1f} s for the same five configurations, {peak:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
