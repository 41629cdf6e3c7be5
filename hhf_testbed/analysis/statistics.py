# SPDX-License-Identifier: GPL-2.0-or-later
"""Percentiles that say when they cannot be given, and fairness."""

from typing import Any

import numpy as np

from hhf_testbed.analysis.series import Floats

BEYOND = 10
"""A percentile stands on the samples beyond it; with fewer than ten it is mostly chance: the count
of samples beyond the true value is Poisson, so ten of them are 10 plus or minus 3."""
DIGITS = 6


def percentiles(values_ms: Floats, which: tuple[int, ...] = (50, 95, 99)) -> dict[str, Any]:
    """Return percentiles in ms, by name, with the count of samples.

    A percentile with fewer than ``BEYOND`` samples beyond it is None, and ``refused`` says why.
    Values between two samples are interpolated linearly.
    """
    result: dict[str, Any] = {"count": len(values_ms)}
    refused = {}
    for percent in which:
        needed = -(-100 * BEYOND // (100 - percent))
        name = f"p{percent}_ms"
        result[name] = None
        if len(values_ms) >= needed:
            result[name] = rounded(float(np.percentile(values_ms, percent)))
        else:
            refused[name] = f"takes {needed} samples, there are {len(values_ms)}"
    return result | ({"refused": refused} if refused else {})


def jain(values: Floats) -> float | None:
    """Return Jain's fairness index: 1 if all get the same, 1/n if one gets all; None for none.

    R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness and Discrimination for Resource
    Allocation in Shared Computer Systems", DEC TR-301, 1984.
    """
    squares = float(len(values) * np.sum(values**2))
    return rounded(float(np.sum(values)) ** 2 / squares) if squares else None


def rounded(value: float) -> float:
    """Return the value with six significant digits, more than any figure here can mean."""
    return float(f"{value:.{DIGITS}g}")
