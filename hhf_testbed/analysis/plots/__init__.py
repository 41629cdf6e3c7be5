# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of finished trials, the only place that draws."""

from hhf_testbed.analysis.plots.gallery import FIGURES, Drawn, Picture, draw_all

__all__ = ["FIGURES", "Drawn", "Picture", "draw_all"]
