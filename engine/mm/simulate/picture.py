"""Histograms of profit, one over the other, as in the paper's figures.

Knows what it is given: names and numbers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from mm.picture import BLUE, RED, picture
from mm.simulate.statistics import Floats

_BINS: Final = 60  # of 1000 profits, the tallest bar then has some 60


def draw(path: Path, profits: Mapping[str, Floats], title: str) -> None:
    """Write the picture.

    Raises:
        UsageError: the file cannot be written.
    """
    every = np.concatenate(list(profits.values()))
    edges = np.linspace(every.min(), every.max() + 1e-9, _BINS + 1).tolist()
    with picture(path, 8.0, 4.8) as figure:
        axes = figure.add_subplot()
        for (name, values), colour in zip(profits.items(), (BLUE, RED), strict=False):
            label = f"{name}: mean {values.mean():.1f}, sd {values.std():.1f}"
            axes.hist(values, bins=edges, alpha=0.6, color=colour, label=label)
        axes.set_xlabel("profit of a path [settlement currency]")
        axes.set_ylabel("paths")
        axes.set_title(title)
        axes.legend(frameon=False)
