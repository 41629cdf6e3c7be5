# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmark of the model, which is part of the package: ``hhf model bench`` runs it."""

from hhf_testbed.compiled.benchmark import PATTERN, arrivals, measure, run, traffic

__all__ = ["PATTERN", "arrivals", "measure", "run", "traffic"]
