# SPDX-License-Identifier: GPL-2.0-or-later
import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from hhf_testbed.analysis.plots import FIGURES, draw_all
from hhf_testbed.analysis.plots.captions import TITLES, caption
from hhf_testbed.analysis.plots.shapes import cdf, envelope
from hhf_testbed.analysis.plots.style import BUCKET_LOOKS, CLASS_LOOKS, KNOWN, looks
from hhf_testbed.analysis.series import CLASSES, Probe, Queue
from tests.analysis.synthetic import trial

UNIT = re.compile(r".+ \((ms|s|%|Mbit/s|packets)\)$")


@pytest.fixture(scope="module")
def trials():
    return [trial(qdisc, packets=500) for qdisc in ("pfifo", "fq_codel", "hhf")]


def draw(name, trials):
    recipe = FIGURES[name]
    return [recipe.draw(trials, width_cm) for width_cm in recipe.widths_cm]


@pytest.fixture(scope="module")
def drawn(trials):
    return {name: draw(name, trials) for name in FIGURES}


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_with_numbers_has_a_label_with_a_unit(name, drawn):
    for figure in drawn[name]:
        for axes in figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                side = "labelbottom" if axis is axes.xaxis else "labelleft"
                if axis.get_tick_params()[side]:
                    assert UNIT.match(axis.get_label_text()), (axes.get_title("left"), side)


@pytest.mark.parametrize("name", FIGURES)
def test_every_row_and_column_of_panels_has_its_numbers(name, drawn):
    for figure in drawn[name]:
        shown = [
            (axes.xaxis.get_tick_params()["labelbottom"], axes.yaxis.get_tick_params()["labelleft"])
            for axes in figure.axes
        ]
        assert shown[0][1]
        assert shown[-1][0]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_as_wide_as_a_column_or_a_page(name, drawn):
    widths_cm = [round(figure.get_figwidth() * 2.54, 3) for figure in drawn[name]]
    assert widths_cm in ([17.0, 8.5], [8.5])


def test_every_figure_has_a_title_and_a_caption_of_whole_sentences(trials):
    for name in FIGURES:
        assert TITLES[name]
        assert len(caption(name, trials)) > 150
        assert caption(name, trials).endswith(".")


def test_lines_of_one_panel_differ_without_colour():
    for known in (KNOWN, CLASS_LOOKS, BUCKET_LOOKS):
        styles = [look.linestyle for look in known.values()]
        assert len(set(styles)) == len(styles)


def test_unknown_qdiscs_get_looks_of_their_own():
    found = looks(["sfq", "hhf", "cake"])
    assert len(set(found.values())) == 3


def test_what_cannot_be_drawn_is_left_out(tmp_path):
    nothing = replace(trial("pfifo", packets=50, short_flows=0), flows=())
    names = {drawn.name for drawn in draw_all([nothing], tmp_path)}
    assert names == {"rtt-over-time", "rtt-cdf", "queue"}
    assert not list(tmp_path.glob("model*"))


def test_a_trial_without_any_answer_is_drawn_beside_others(trials):
    silent = Probe(np.array([]), np.array([]), 100)
    for name in ("rtt-over-time", "rtt-cdf"):
        assert FIGURES[name].draw([trials[0], replace(trials[2], probe=silent)], 17.0)


@pytest.mark.parametrize("width_cm", [8.5, 17.0])
@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_qdiscs_can_be_drawn(count, width_cm):
    names = ("hhf", "sfq", "cake", "red", "drr")[:count]
    many = [trial(name, packets=50) for name in names]
    for recipe in FIGURES.values():
        assert recipe.draw(many, width_cm)


def test_a_queue_that_is_always_empty_and_a_path_without_delay_can_be_drawn(trials):
    empty = Queue(np.array([0.0, 1.0]), {name: np.array([0, 0]) for name in CLASSES})
    instant = Probe(np.array([0.0, 12.0]), np.array([0.0, 0.0]), 2)
    odd = replace(trials[0], queue=empty, probe=instant)
    for name in ("queue", "rtt-over-time", "rtt-cdf"):
        assert FIGURES[name].draw([odd], 17.0)


def test_the_readers_own_settings_change_nothing(trials):
    with mpl.rc_context({"axes.labelcolor": "red", "font.size": 30}):
        (figure,) = draw("rtt-cdf", trials)
    label = figure.axes[0].xaxis.label
    assert (label.get_color(), label.get_fontsize()) == ("black", 7.5)


def test_thinning_keeps_every_extreme():
    x = np.linspace(0, 1, 100_000)
    y = np.zeros_like(x)
    y[[0, 33_333, 99_999]] = 5, 9, -7
    thin_x, thin_y = envelope(x, y, columns=100)
    assert len(thin_x) <= 200
    assert {5, 9, -7} <= set(thin_y)
    assert np.all(np.diff(thin_x) > 0)


def test_few_points_are_all_kept():
    x = np.arange(10.0)
    assert envelope(x, x, columns=5) == (x, x)


def test_cdf_of_many_values_starts_at_nothing_and_ends_at_all():
    x, percent = cdf(np.random.default_rng(1).uniform(1, 2, 50_000))
    assert (percent[0], percent[-1]) == (0, 100)
    assert len(x) < 1000
    assert np.interp(50, percent, x) == pytest.approx(1.5, abs=0.01)


def test_cdf_of_flows_of_which_half_never_finish_ends_at_half():
    x, percent = cdf(np.array([1.0, 2.0, np.inf, np.inf]))
    assert (x[-1], percent[-1]) == (2.0, 50.0)
