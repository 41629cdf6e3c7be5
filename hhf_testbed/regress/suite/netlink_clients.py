# SPDX-License-Identifier: GPL-2.0-or-later
"""The same requests by another client: pyroute2, with the plug-in of this package.

All other claims speak raw netlink, or use tc. What two clients that were written apart agree on is
the kernel's doing. pyroute2 takes long to import, so only these claims do.
"""

from typing import TYPE_CHECKING, Any, Final

from hhf_testbed.conform import netlink
from hhf_testbed.model.settings import NAMES
from hhf_testbed.regress.claim import claim
from hhf_testbed.regress.expect import equal
from hhf_testbed.regress.queue import Queue
from hhf_testbed.regress.rig import Rig

if TYPE_CHECKING:
    from hhf_testbed.tc.client import Client

EINVAL, ENOENT, ERANGE, EEXIST = 22, 2, 34, 17
HOLD_MS: Final = 20_000
"""To import pyroute2 may take seconds of the guest's time, while its kernel gathers entropy."""
PARAMS: Final = {
    "limit_packets": 77, "quantum_bytes": 3000, "reset_timeout_us": 80_000, "admit_bytes": 0,
    "evict_timeout_us": 600_000, "non_hh_weight": 5,
}  # fmt: skip
"""All but hh_limit, which old kernels do not take from add; a 0 is sent, which tc cannot do."""
ATTRIBUTES: Final = dict(
    zip(
        NAMES,
        ("BACKLOG_LIMIT", "QUANTUM", "HH_FLOWS_LIMIT", "RESET_TIMEOUT", "ADMIT_BYTES",
         "EVICT_TIMEOUT", "NON_HH_WEIGHT"),
        strict=True,
    )
)  # fmt: skip
XSTATS: Final = ("drop_overlimit", "hh_overlimit", "hh_tot_count", "hh_cur_count")


@claim()
def pyroute2_adds_hhf_below_a_class(rig: Rig) -> None:
    """pyroute2 adds an hhf below HTB's class 1:1, with each parameter that was given.

    It is where it was asked for and not at the root, and packets sent to the interface come to it.
    """
    queue = rig.hhf(hold_ms=HOLD_MS)
    equal("errno of delete", queue.delete(), 0)
    with _client() as client:
        equal("errno of add", client.hhf("add", *_place(queue), PARAMS), 0)
        equal("parent", client.read(queue.index, queue.handle)["parent"], netlink.CLASS)
    seen = vars(queue.counts())
    equal("parameters", {name: seen[name] for name in PARAMS}, PARAMS)
    queue.send(1, 500)
    equal("what waits", queue.counts().qlen_packets, 1)


@claim()
def pyroute2_changes_each_parameter(rig: Rig) -> None:
    """pyroute2 changes the parameters one by one; the others stay as they are."""
    queue = rig.hhf(hold_ms=HOLD_MS)
    with _client() as client:
        for name, value in (PARAMS | {"hh_limit": 0}).items():
            claimed = vars(queue.counts()) | {name: value}
            equal(f"errno of {name}", client.hhf("change", *_place(queue), {name: value}), 0)
            equal(f"all after {name} {value}", vars(queue.counts()), claimed)


@claim()
def times_may_have_a_unit(rig: Rig) -> None:
    """A time given to pyroute2 as text, "80ms", is the same as 80000 us."""
    queue = rig.hhf(hold_ms=HOLD_MS)
    times = {"reset_timeout_us": "80ms", "evict_timeout_us": "2s"}
    with _client() as client:
        equal("errno", client.hhf("change", *_place(queue), times), 0)
    seen = queue.counts()
    equal("time-outs", (seen.reset_timeout_us, seen.evict_timeout_us), (80_000, 2_000_000))


@claim()
def pyroute2_reads_what_the_raw_dump_says(rig: Rig) -> None:
    """Options, xstats, sent, queue length and drops as pyroute2 decodes them are the raw ones.

    An hhf with every number of its own: limit 4, four heavy hitters of six, two drops.
    """
    queue = rig.hhf(parent="htb", hold_ms=HOLD_MS, **PARAMS)
    equal("errno", queue.change(limit_packets=4, hh_limit=4), 0)
    for flow in (1, 2, 3, 4, 5, 6):
        queue.send(flow, 100 + flow)
    raw = vars(queue.counts())
    with _client() as client:
        decoded = client.read(queue.index, queue.handle)
    equal("kind", decoded.get_attr("TCA_KIND"), "hhf")
    options = decoded.get_attr("TCA_OPTIONS")
    for name, attribute in ATTRIBUTES.items():
        equal(name, options.get_attr(f"TCA_HHF_{attribute}"), raw[name])
    stats = decoded.get_attr("TCA_STATS2")
    for told in (decoded.get_attr("TCA_XSTATS"), stats.get_attr("TCA_STATS_APP")):
        equal("xstats", _of(told, *XSTATS), tuple(raw[name] for name in XSTATS))
    equal("TCA_STATS_BASIC", _of(stats.get_attr("TCA_STATS_BASIC"), "packets", "bytes"),
          (raw["sent_packets"], raw["sent_bytes"]))  # fmt: skip
    equal("TCA_STATS_QUEUE", _of(stats.get_attr("TCA_STATS_QUEUE"), "qlen", "backlog", "drops"),
          (raw["qlen_packets"], raw["backlog_bytes"], raw["drops"]))  # fmt: skip


@claim()
def errors_come_with_their_code(rig: Rig) -> None:
    """What the kernel refuses is a NetlinkError with the right errno, and nothing has changed.

    A weight of 0 and a product of 2 ** 32 are EINVAL; to add what is there, EEXIST; to delete or
    change what is not there, ENOENT or EINVAL (tc_get_qdisc and tc_modify_qdisc).
    """
    queue = rig.hhf(hold_ms=HOLD_MS)
    before = queue.counts()
    place = _place(queue)
    with _client() as client:
        for params in ({"non_hh_weight": 0}, {"quantum_bytes": 1 << 16, "non_hh_weight": 1 << 16}):
            equal(f"errno of {params}", client.hhf("change", *place, params), EINVAL)
        equal("errno of the second add", client.hhf("add", *place, {}), EEXIST)
        equal("counts and parameters", queue.counts(), before)
        equal("errno of delete", client.delete(*place), 0)
        equal("hhf", client.read(queue.index, queue.handle), None)
        equal("errno of the second delete", client.delete(*place) in (ENOENT, EINVAL), True)
        equal("errno of change", client.hhf("change", *place, {}) in (ENOENT, EINVAL), True)
        equal("errno of add", client.hhf("add", *place, {}), 0)


@claim(needs="hh_limit_capped")
def hh_limit_above_2048_is_erange_to_pyroute2(rig: Rig) -> None:
    """hh_limit 2049 is ERANGE for change; 500 given to add is kept."""
    queue = rig.hhf(hold_ms=HOLD_MS)
    with _client() as client:
        equal("errno", client.hhf("change", *_place(queue), {"hh_limit": 2049}), ERANGE)
        equal("errno of delete", client.delete(*_place(queue)), 0)
        equal("errno of add", client.hhf("add", *_place(queue), {"hh_limit": 500}), 0)
    equal("hh_limit", queue.counts().hh_limit, 500)


def _client() -> "Client":
    from hhf_testbed.tc.client import Client

    return Client()


def _place(queue: Queue) -> tuple[int, int, int]:
    return queue.index, queue.handle, queue.parent


def _of(fields: Any, *names: str) -> tuple[Any, ...]:
    return tuple(fields[name] for name in names)
