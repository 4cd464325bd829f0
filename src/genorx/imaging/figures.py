"""A region on its image: slices in grey with the region's outline, and the histogram of its grey levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.figures import own_axes, tidy
from genorx.imaging.image import Image, Mask

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Customary windows by unit: the intensities drawn as black and white.
_WINDOWS = {"HU": (-160.0, 240.0), "SUVbw": (0.0, 10.0)}
_OUTLINE = "#e07b00"
_MARGIN = 15.0  # mm around the region


def window_of(image: Image, mask: Mask) -> tuple[float, float]:
    """Return the intensities drawn as black and white.

    These are the customary window of the unit (soft tissue: -160 to 240 HU; SUV 0 to 10) if it holds most of the
    region, otherwise the 1 % and 99 % quantiles of the region.
    """
    values = image.array[mask.array]
    values = values[np.isfinite(values)]
    low, high = _WINDOWS.get(image.unit, (0.0, 0.0))
    if values.size and not (low < float(np.median(values)) < high):
        low, high = (float(each) for each in np.percentile(values, [1, 99]))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def slices_of(mask: Mask, number: int = 3) -> list[int]:
    """Return slices to show: the one with most of the region, and evenly spaced others.

    There are fewer if the region has fewer slices.
    """
    areas = mask.array.sum(axis=(0, 1))
    there = np.flatnonzero(areas)
    if len(there) <= number:
        return [int(k) for k in there]
    at = ((np.arange(number) + 0.5) * len(there) / number).astype(int)
    chosen = {int(k) for k in there[at]}
    largest = int(np.argmax(areas))
    nearest = min(chosen, key=lambda k: abs(k - largest))
    return sorted(chosen - {nearest} | {largest})


def plot_region(im: Image, roi: Mask, *, slice_number: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw a slice with the outline of the region; return the Axes.

    Parameters
    ----------
    im : Image
        Image to draw.
    roi : Mask
        Region on the grid of the image.
    slice_number : int, optional
        Number of the slice, from 0; by default that with most of the region.
    ax : Axes, optional
        Axes to draw on; by default new ones.
    """
    ax = own_axes(ax)
    k = int(np.argmax(roi.array.sum(axis=(0, 1)))) if slice_number is None else slice_number
    low, high = window_of(im, roi)
    width, height, _ = im.spacing
    columns, rows, slices = im.shape
    extent = (-width / 2, (columns - 0.5) * width, (rows - 0.5) * height, -height / 2)
    ax.imshow(im.array[:, :, k].T, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="nearest")
    for x, y in _edges(roi.array[:, :, k]):
        ax.plot((x - 0.5) * width, (y - 0.5) * height, color=_OUTLINE, linewidth=1.2)
    _show_around(ax, roi, im)
    unit = "" if im.unit == "arbitrary" else f" {im.unit}"
    window = f"{low:g} to {high:g}{unit}".replace("-", "\N{MINUS SIGN}")
    ax.set_title(f"Slice {k + 1} of {slices}, window {window}", fontsize="medium")
    ax.set_xlabel("x (mm)")
    ax.set_ylabel("y (mm)")
    return ax


def plot_histogram(levels: NDArray[np.int64], *, ax: Axes | None = None) -> Axes:
    """Draw the histogram of a region's grey levels; return the Axes."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax = own_axes(ax)
    counts = np.bincount(levels)[1:]
    ax.bar(np.arange(1, counts.size + 1), counts, width=1.0, color="0.55", edgecolor="white", linewidth=0.3)
    ax.set_xlabel("Grey level (bin)")
    ax.set_ylabel("Voxels")
    ax.set_xlim(0, counts.size + 1)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    return tidy(ax, grid=False)


def _show_around(ax: Axes, roi: Mask, im: Image) -> None:
    """Zoom to the region with a margin; show the whole image if it is small."""
    if not roi.array.any():
        return
    limits: list[tuple[float, float]] = []
    for axis in (0, 1):
        inside = np.flatnonzero(roi.array.any(axis=tuple(each for each in range(3) if each != axis)))
        side, size = im.spacing[axis], im.shape[axis]
        low, high = (inside[0] - 0.5) * side - _MARGIN, (inside[-1] + 0.5) * side + _MARGIN
        limits.append((max(low, -side / 2), min(high, (size - 0.5) * side)))
    ax.set_xlim(*limits[0])
    ax.set_ylim(limits[1][1], limits[1][0])


def _edges(mask: NDArray[np.bool_]) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Return the pixel edges between inside and outside: vertices, with gaps between the edges.

    Pixel (i, j) reaches from (i, j) to (i + 1, j + 1).
    """
    wide = np.pad(mask, 1).astype(np.int8)
    i, j = np.nonzero(np.diff(wide, axis=0)[:, 1:-1])
    across = (np.column_stack([i, i, np.full(i.size, np.nan)]), np.column_stack([j, j + 1, np.full(j.size, np.nan)]))
    k, m = np.nonzero(np.diff(wide, axis=1)[1:-1])
    along = (np.column_stack([k, k + 1, np.full(k.size, np.nan)]), np.column_stack([m, m, np.full(m.size, np.nan)]))
    return [(x.ravel(), y.ravel()) for x, y in (across, along) if x.size]
