# SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hhf_testbed.analysis.claims import judge
from hhf_testbed.analysis.facts import Facts
from hhf_testbed.analysis.report import lead, write_report
from hhf_testbed.analysis.summary import summarise
from tests.analysis.synthetic import SCENARIO, trial

RECORD = {
    "experiment": "demo",
    "seed": 7,
    "command": "hhf demo --seed 7",
    "scenario": {"rate_bps": 50_000_000, "rtt_ms": 20.0},
    "qdiscs": {"hhf": {"limit_packets": 1000}},
    "kernel": {"release": "6.12.117", "hz": 250},
    "versions": {"iperf3": "<3.12>"},
}
ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
MEASURE = """<script>addEventListener("load", () => {
const loaded = [...document.images].every(image => image.complete && image.naturalWidth);
document.title = `${document.documentElement.scrollWidth <= innerWidth} ${loaded}`;
});</script>"""


def write(directory):
    trials = [trial(qdisc, packets=500) for qdisc in ("pfifo", "fq_codel", "hhf")]
    summaries = {each.qdisc: summarise(each) for each in trials}
    facts = {name: Facts.of(summary) for name, summary in summaries.items()}
    write_report(directory, RECORD, trials, summaries, judge(facts, SCENARIO))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("reports") / "run-1"
    directory.mkdir()
    write(directory)
    return directory


@pytest.fixture(scope="module")
def page(run):
    return (run / "report.html").read_text()


class Links(HTMLParser):
    """Collects whatever a browser might fetch."""

    def __init__(self):
        super().__init__()
        self.found, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.found += [v for k, v in attrs if k in ("src", "href", "srcset", "data", "action")]


def links(page):
    parser = Links()
    parser.feed(page)
    return parser


def test_the_page_needs_nothing_from_elsewhere(page, run):
    for link in links(page).found:
        assert link.startswith("data:") or (run / link).is_file(), link[:80]
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_has_no_scripts(page):
    assert not links(page).tags & {"script", "iframe", "object", "embed", "form"}


def test_every_figure_can_be_had_as_png_and_svg(run):
    png, svg = ({path.stem for path in run.glob(f"figures/*.{kind}")} for kind in ("png", "svg"))
    assert png == svg
    assert len(png) == 10


def test_pictures_carry_neither_date_nor_version(run):
    for path in run.glob("figures/*"):
        assert not re.search(rb"Software|Matplotlib v|<dc:date>", path.read_bytes()), path


def test_verdicts_come_first_and_figures_later(page):
    assert page.index("supported</span>") < page.index("<table") < page.index("<figure>")


def test_the_page_says_how_to_repeat_the_run(page):
    assert "<code>hhf verify RUN</code>" in page
    assert "<code>hhf demo --seed 7</code>" in page


def test_the_page_shows_kernel_and_qdisc_as_read_back(page):
    assert "Linux 6.12.117" in page
    assert "hhf limit_packets" in page


def test_what_tools_say_of_themselves_is_escaped(page):
    assert "&lt;3.12&gt;" in page


def test_the_page_is_small_enough_to_send(run):
    assert (run / "report.html").stat().st_size < 3_000_000


def test_another_process_in_another_place_writes_the_same_bytes(run, tmp_path):
    again = tmp_path / "another-place"
    again.mkdir()
    code = (
        "import sys, pathlib, tests.analysis.test_report as t; t.write(pathlib.Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo", "COLUMNS": "50"}
    subprocess.run([sys.executable, "-c", code, str(again)], cwd=ROOT, env=environment, check=True)
    names = sorted(path.relative_to(run) for path in run.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    for name in names:
        assert (run / name).read_bytes() == (again / name).read_bytes(), name


def test_the_outcome_of_no_claims_is_a_lab_failure():
    assert lead([]).startswith("Lab failure")


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM} to open the page with")
def test_a_phone_shows_all_pictures_and_need_not_scroll_sideways(page, run, tmp_path):
    copy = tmp_path / "report.html"
    copy.write_text(page.replace("</body>", MEASURE + "</body>"))
    shutil.copytree(run / "figures", tmp_path / "figures")
    argv = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
    argv += ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    argv += ["--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"]
    argv += ["--window-size=390,900", "--dump-dom", copy.as_uri()]
    shown = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "<title>true true</title>" in shown
