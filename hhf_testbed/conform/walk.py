# SPDX-License-Identifier: GPL-2.0-or-later
"""The model beside the kernel: takes each step of a scenario, and judges what the kernel did.

When something left is the kernel's word, *what* left is the model's, and both must agree; so must
the answer to each change, and every count and parameter at each sample.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from hhf_testbed.conform.htb import Htb
from hhf_testbed.conform.recording import Done
from hhf_testbed.conform.scenario import Scenario
from hhf_testbed.conform.steps import Change, Enqueue, Link, Sample, Step
from hhf_testbed.conform.tbf import Tbf
from hhf_testbed.errors import RequestError
from hhf_testbed.model import CURRENT, Features, Hhf, Packet, RefusedError
from hhf_testbed.model.jiffies import U32_MAX, initial_jiffies
from hhf_testbed.tc.shaper import shaper

NS_PER_S: Final = 10**9
ENETDOWN: Final = 100
NOBODY: Final = -1
BRIEF: Final = {
    "qlen_packets": "qlen",
    "backlog_bytes": "backlog",
    "sent_packets": "sent",
    "drop_overlimit": "drops",
    "hh_cur_count": "hh",
    "parent_qlen_packets": "parent qlen",
    "parent_backlog_bytes": "backlog",
}
"""What the history shows of a sample."""


class Diverged(Exception):  # noqa: N818 (a finding, not an error)
    """Kernel and model differ, or an expectation of the scenario failed."""


@dataclass
class History:
    """What happened, as rows of time, step, kernel, model; kept only when it is to be shown."""

    rows: list[tuple[int, str, str, str]] = field(default_factory=list)

    def add(self, at_ns: int, what: str, kernel: str, model: str) -> None:
        """Add a row."""
        self.rows.append((at_ns, what, kernel, model))


class Walk:
    """One scenario in progress on the model.

    Args:
        scenario: what is played.
        hz: of the kernel.
        start_ns: when the qdisc was made, since boot.
        hashes: of the flows, by number.
        features: which kernel this is.
        history: where to note what happens, if anywhere.
        swapped: steps of ``doubts`` for which the less likely order is to be taken.

    Attributes:
        departures: packets that have left.
        doubts: steps so near to a run of the parent's timer that either may have been first.
    """

    def __init__(
        self,
        scenario: Scenario,
        hz: int,
        start_ns: int,
        hashes: list[int],
        features: Features = CURRENT,
        history: History | None = None,
        swapped: Collection[int] = (),
    ) -> None:
        self._scenario, self._hz, self._hashes = scenario, hz, hashes
        self._start_ns, self._base = start_ns, initial_jiffies(hz)
        self.history = history
        self.departures = 0
        self.doubts: list[int] = []
        self._swapped = swapped
        self.up = True
        params = scenario.params(features)
        self.hhf = Hhf(params, hz=hz, now_jiffies=self.jiffies(0), features=features)
        shape = shaper(scenario.rate_bps, scenario.frame_bytes)
        self.parent = Tbf(shape, self.hhf) if scenario.parent == "tbf" else Htb(shape, self.hhf)

    def jiffies(self, at_ns: int) -> int:
        """Return the kernel's clock at a time of the scenario."""
        return ((self._start_ns + at_ns) * self._hz // NS_PER_S + self._base) & U32_MAX

    def take(self, number: int, step: Step, done: Done) -> None:
        """Take one step together with the kernel's answer to it."""
        if isinstance(step, Sample):
            kernel = done.values or {}
            self._wake_as_seen(done.at_ns, kernel.get("sent_packets", 0))
            self._judge(number, step, done.at_ns, kernel)
            return
        expected = self.apply(number, step, done.at_ns)
        if done.errno != expected:
            raise Diverged(
                f"step {number}: the kernel answered errno {done.errno}, the model {expected}"
            )

    def _wake_as_seen(self, at_ns: int, kernel_sent_packets: int) -> None:
        """Let the parent's timer fire; if it is doubtful which was first, the kernel decides."""
        if not self.parent.doubtful(at_ns):
            self.parent.wake(at_ns)
        elif kernel_sent_packets == self.hhf.sent_packets + 1:  # what is peeked at counts as sent
            self.parent.run()

    def apply(self, number: int, step: Step, at_ns: int) -> int:
        """Do one step on the model alone, and return the errno that a kernel would answer."""
        if self.parent.doubtful(at_ns):
            self.doubts.append(number)
        self.parent.wake(at_ns, swapped=number in self._swapped)
        if isinstance(step, Enqueue):
            return self._enqueue(number, step, at_ns)
        if isinstance(step, Change):
            return self._change(step, at_ns)
        return self._link(step, at_ns) if isinstance(step, Link) else 0

    def depart(self, seen: int, at_ns: int) -> None:
        """Take a departure: the model must name the packet of the same step."""
        self.departures += 1
        packet = self.parent.take(at_ns)
        named = NOBODY if packet is None else packet.key
        if self.history is not None:
            self.history.add(at_ns, "", f"sent {self._shown(seen)}", f"sent {self._shown(named)}")
        if named != seen:
            raise Diverged(f"the kernel sent {self._shown(seen)}, the model {self._shown(named)}")

    def _enqueue(self, number: int, step: Enqueue, at_ns: int) -> int:
        if not self.up:
            self._note(at_ns, step, "link is down")
            return ENETDOWN
        packet = Packet(self._hashes[step.flow], step.len_bytes, number)
        outcome = self.hhf.enqueue(packet, self.jiffies(at_ns))
        self.hhf.parent.handed_down(packet, outcome)
        self.parent.run()
        if self.history is not None:
            lost = outcome.dropped
            said = "admitted as heavy" if outcome.admitted else ("heavy", "light")[outcome.bucket]
            self._note(at_ns, step, said + (f", dropped {self._shown(lost.key)}" if lost else ""))
        return 0

    def _change(self, step: Change, at_ns: int) -> int:
        try:
            gone = self.hhf.change(**step.params)
        except RefusedError as refusal:
            self._note(at_ns, step, f"refused with errno {refusal.errno}")
            return refusal.errno
        self._note(at_ns, step, f"trimmed {len(gone)}" if gone else "changed")
        return 0

    def _link(self, step: Link, at_ns: int) -> int:
        if self.up and not step.up:
            gone = self.hhf.reset(self.jiffies(at_ns))
            counts = self.hhf.parent
            counts.qlen_packets = counts.backlog_bytes = 0  # qdisc_reset of the parent itself
            self.parent.reset()
            self._note(at_ns, step, f"threw {len(gone)} away")
        self.up = step.up
        return 0

    def _judge(self, number: int, step: Sample, at_ns: int, kernel: Mapping[str, int]) -> None:
        model = {name: value for name, value in self.values().items() if name in kernel}
        wrong = [
            f"{name}: kernel {kernel[name]}, model {value}"
            for name, value in model.items()
            if kernel[name] != value
        ]
        wrong += [
            f"{name}: expected {value}, kernel {kernel[name]}"
            for name, value in step.expect.items()
            if name in kernel and kernel[name] != value
        ]
        if self.history is not None:
            self.history.add(at_ns, "sample", _brief(kernel), _brief(model))
        if wrong:
            raise Diverged(f"step {number}, a sample: " + "; ".join(wrong))

    def values(self) -> dict[str, int]:
        """Return all that a sample holds, as the model has it."""
        hhf, parent = self.hhf, self.hhf.parent
        return {
            "sent_packets": hhf.sent_packets & U32_MAX,
            "sent_bytes": hhf.sent_bytes,
            "qlen_packets": hhf.qlen_packets,
            "backlog_bytes": hhf.backlog_bytes,
            "drops": hhf.drops,
            **asdict(hhf.xstats()),
            "parent_qlen_packets": parent.qlen_packets,
            "parent_backlog_bytes": parent.backlog_bytes,
            "parent_drops": parent.drops,
            **hhf.dump(),
        }

    def _note(self, at_ns: int, step: Step, model: str) -> None:
        if self.history is not None:
            self.history.add(at_ns, " ".join(map(str, [step.row()[0], *step.row()[2:]])), "", model)

    def _shown(self, number: int) -> str:
        if number == NOBODY:
            return "nothing"
        step = self._scenario.steps[number]
        if not isinstance(step, Enqueue):
            raise RequestError(f"step {number} is no packet")
        return f"step {number} (flow {step.flow}, {step.len_bytes} bytes)"


def _brief(values: Mapping[str, int]) -> str:
    """The counts in a few words."""
    return ", ".join(f"{short} {values[name]}" for name, short in BRIEF.items() if name in values)
