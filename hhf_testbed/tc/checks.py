# SPDX-License-Identifier: GPL-2.0-or-later
"""Round trips through a real kernel: what is sent must come back.

To be run inside a guest, as root, on an interface without a qdisc of its own:

    python -m hhf_testbed.tc.checks INTERFACE HZ

prints KTAP and ends with 0 if all hold. ``CHECKS`` is the list for other runners: each takes the
interface and HZ, raises LabFailure or AssertionError, and leaves the interface as it was.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, Final

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from hhf_testbed.errors import LabError, LabFailure
from hhf_testbed.params import HhfParams
from hhf_testbed.tc import rounding
from hhf_testbed.tc.bottleneck import (
    change_leaf,
    check_bottleneck,
    install_bottleneck,
    read_back,
    remove_bottleneck,
)
from hhf_testbed.tc.kinds import KINDS
from hhf_testbed.tc.qdisc import QdiscSpec
from hhf_testbed.tc.stats import sample

RATE_BPS: Final = 50_000_000
RATES_BPS: Final = (
    1_000,
    64_000,
    10**6,
    50 * 10**6,
    10**9,
    10**10,
    34_359_738_360,
    34_359_738_368,
    4 * 10**10,
    10**11,
)
"""From the lowest to the highest allowed; 8 * (2**32 - 1) and 8 * 2**32 are where 32 bits end."""
OTHER_VALUES: Final = HhfParams(700, 3000, 2000, 60_000, 100_000, 500_000, 3)
EINVAL: Final = 22


@contextmanager
def bottleneck(interface: str, rate_bps: int, leaf: QdiscSpec, hz: int) -> Iterator[list[str]]:
    """A bottleneck for the length of a block; gives its ``tc`` commands."""
    commands = install_bottleneck(interface, rate_bps, leaf, hz=hz)
    try:
        yield commands
    finally:
        remove_bottleneck(interface)


def each_hhf_field_at_add(interface: str, hz: int) -> None:
    """Each parameter alone, given when hhf is created, is what the kernel then has."""
    for field in fields(HhfParams):
        leaf = QdiscSpec("hhf", ((field.name, getattr(OTHER_VALUES, field.name)),))
        with bottleneck(interface, RATE_BPS, leaf, hz):
            pass


def each_hhf_field_by_change(interface: str, hz: int) -> None:
    """Each parameter changed alone is what the kernel then has, and no other has moved."""
    with bottleneck(interface, RATE_BPS, QdiscSpec.of("hhf"), hz):
        expected = dict(read_back(interface).leaf_options)
        for field in fields(HhfParams):
            leaf = QdiscSpec("hhf", ((field.name, getattr(OTHER_VALUES, field.name)),))
            change_leaf(interface, leaf)
            expected |= dict(leaf.options)
            check_bottleneck(interface, RATE_BPS, QdiscSpec("hhf", tuple(expected.items())), hz=hz)


def hhf_defaults(interface: str, hz: int) -> None:
    """Without options the kernel has the defaults that HhfParams states."""
    with bottleneck(interface, RATE_BPS, QdiscSpec.of("hhf"), hz):
        pairs = tuple((f.name, getattr(HhfParams(), f.name)) for f in fields(HhfParams))
        check_bottleneck(interface, RATE_BPS, QdiscSpec("hhf", pairs), hz=hz)


def zero_is_sent(interface: str, hz: int) -> None:
    """A zero arrives: allowed ones come back as zero, a zero weight is refused with EINVAL."""
    allowed = ("limit", "hh_limit", "reset_timeout", "admit_bytes", "evict_timeout")
    with bottleneck(interface, RATE_BPS, QdiscSpec.of("hhf"), hz):
        for word in allowed:
            _raw_change(interface, **{f"hhf_{word}": 0})
            option = KINDS["hhf"].option(word)
            assert option is not None
            got = read_back(interface).leaf_options[option.name]
            assert got == 0, f"{option.name}: sent 0, got {got}"
        assert _errno(interface, hhf_non_hh_weight=0) == EINVAL
        assert read_back(interface).leaf_options["non_hh_weight"] == HhfParams().non_hh_weight


def jiffy_rounding(interface: str, hz: int) -> None:
    """1 us comes back as one jiffy: this is also how HZ can be measured."""
    with bottleneck(interface, RATE_BPS, QdiscSpec.of("hhf", reset_timeout_us=1), hz):
        assert read_back(interface).leaf_options["reset_timeout_us"] == rounding.jiffies(1, hz)


def every_kind_by_default(interface: str, hz: int) -> None:
    """Each qdisc of the table can be the leaf, and every option of the table can be read back."""
    for kind in KINDS.values():
        with bottleneck(interface, RATE_BPS, QdiscSpec(kind.name), hz):
            options = read_back(interface).leaf_options
            missing = [o.name for o in kind.options if o.name not in options]
            assert not missing, f"{kind.name} does not report {missing}"


def every_option_of_every_kind(interface: str, hz: int) -> None:
    """Each option of each qdisc, set to a value that is not its default, comes back."""
    for kind in KINDS.values():
        for option in kind.options:
            leaf = QdiscSpec(kind.name, ((option.name, 1 if option.flag else 1200),))
            with bottleneck(interface, RATE_BPS, leaf, hz):
                pass


def every_rate(interface: str, hz: int) -> None:
    """HTB has exactly the rate and burst asked for, from 1 kbit/s to 100 Gbit/s."""
    for rate_bps in RATES_BPS:
        with bottleneck(interface, rate_bps, QdiscSpec.of("hhf"), hz):
            pass


def a_difference_is_found(interface: str, hz: int) -> None:
    """Negative control: a value moved behind our back is named, with asked and got."""
    with bottleneck(interface, RATE_BPS, QdiscSpec.of("hhf", limit_packets=1000), hz):
        _raw_change(interface, hhf_limit=999)
        said = ""
        try:
            check_bottleneck(interface, RATE_BPS, QdiscSpec.of("hhf", limit_packets=1000), hz=hz)
        except LabFailure as error:
            said = str(error)
        assert "limit_packets: asked 1000, got 999" in said, said


def counters_are_sampled(interface: str, hz: int) -> None:
    """A sample names the root and the leaf, and hhf's four counters."""
    with bottleneck(interface, RATE_BPS, QdiscSpec.of("hhf"), hz):
        root, leaf = sample(interface)
        assert (root["kind"], root["handle"], root["parent"]) == ("htb", "1:", "root"), root
        assert (leaf["kind"], leaf["handle"], leaf["parent"]) == ("hhf", "10:", "1:1"), leaf
        names = {"drop_overlimit", "hh_overlimit", "hh_tot_count", "hh_cur_count"}
        assert set(leaf["xstats"]) == names, leaf


CHECKS: Final[tuple[Callable[[str, int], None], ...]] = (
    hhf_defaults,
    each_hhf_field_at_add,
    each_hhf_field_by_change,
    zero_is_sent,
    jiffy_rounding,
    every_kind_by_default,
    every_option_of_every_kind,
    every_rate,
    a_difference_is_found,
    counters_are_sampled,
)


def main(argv: list[str]) -> int:
    """Run all checks on an interface and print KTAP; 0 if all hold, else 1."""
    interface, hz = argv[0], int(argv[1])
    print(f"KTAP version 1\n1..{len(CHECKS)}")
    failed = 0
    for number, check in enumerate(CHECKS, 1):
        try:
            check(interface, hz)
            print(f"ok {number} {check.__name__}")
        except (LabError, AssertionError) as error:
            failed += 1
            said = str(error).replace("\n", "\n# ")
            print(f"# {said}\nnot ok {number} {check.__name__}")
    return 1 if failed else 0


def _raw_change(interface: str, **keywords: Any) -> None:
    with IPRoute() as ipr:
        index = ipr.link_lookup(ifname=interface)[0]
        ipr.tc("change", "hhf", index, handle=0x100000, parent=0x10001, **keywords)


def _errno(interface: str, **keywords: Any) -> int:
    try:
        _raw_change(interface, **keywords)
    except NetlinkError as error:
        return int(error.code)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
