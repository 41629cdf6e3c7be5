# SPDX-License-Identifier: GPL-2.0-or-later
"""An hhf under test, on an interface of its own."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from hhf_testbed.conform import netlink
from hhf_testbed.regress.diary import Diary
from hhf_testbed.regress.expect import Refuted
from hhf_testbed.regress.frames import TAG_AT, flow_frame
from hhf_testbed.regress.parents import get_class
from hhf_testbed.regress.rtnetlink import Rtnetlink
from hhf_testbed.regress.wire import Left, Wire

DRAIN_S: Final = 3600.0
"""By the guest's clock, which costs nothing."""
STEP_S: Final = 0.001
KEYS: Final = Path("/proc/hhf_key")


class Queue:
    """An hhf, what is sent to it, and what comes out.

    Attributes:
        index: of the interface.
        name: of the interface.
        handle: of the qdisc.
        parent: 0xFFFFFFFF for the root, else a class.
        parent_handle: of the qdisc above; 0 if there is none.
        wire: the interface's packets.
    """

    def __init__(
        self,
        link: Rtnetlink,
        diary: Diary,
        index: int,
        name: str,
        handle: int,
        parent: int,
        parent_handle: int,
    ) -> None:
        self._link, self._diary = link, diary
        self.index, self.name = index, name
        self.handle, self.parent, self.parent_handle = handle, parent, parent_handle
        self.wire = Wire(name)
        self._number = 0
        self._frames: dict[tuple[int, int], bytearray] = {}

    def send(self, flow: int, len_bytes: int = 1514, count: int = 1) -> list[int]:
        """Send ``count`` frames of a flow (0 to 65535), with the numbers that are returned.

        ``len_bytes`` is what the qdisc counts: with the Ethernet header, 60 at least.
        """
        frame = self._frames.setdefault((flow, len_bytes), flow_frame(flow, len_bytes))
        numbers = list(range(self._number, self._number + count))
        self._number += count
        errors = []
        for number in numbers:
            frame[TAG_AT : TAG_AT + 4] = number.to_bytes(4, "little")
            errors.append(self.wire.send(frame))
        said = "" if not any(errors) else f", errno {errors}"
        self._diary.note(
            f"{self.name}: send flow {flow}, {len_bytes} bytes, packet {numbers[0]}"
            + (f" to {numbers[-1]}" if count > 1 else "") + said
        )  # fmt: skip
        if any(errors):
            raise Refuted("sending a frame", "no error", f"errno {max(errors)}")
        return numbers

    def send_frame(self, frame: bytes, count: int = 1) -> list[int]:
        """Send any frame; return the errno of each time."""
        errors = [self.wire.send(frame) for _ in range(count)]
        self._diary.note(f"{self.name}: send {count} times {frame[:48].hex()}: errno {set(errors)}")
        return errors

    def left(self) -> list[Left]:
        """Return what has left since the last call, in order; takes no time."""
        seen = self.wire.left()
        self._diary.departures(self.name, seen)
        return seen

    def wait_left(self, count: int, step_s: float = STEP_S / 10) -> list[Left]:
        """Let time pass in short steps until ``count`` frames have left since the last call.

        Returns all that have left, which may be more if they leave faster than a frame a step.

        Raises:
            Refuted: they had not left after 100000 steps.
        """
        seen: list[Left] = []
        for _ in range(100_000):
            seen += self.wire.left()
            if len(seen) >= count:
                self._diary.departures(self.name, seen)
                return seen
            time.sleep(step_s)
        raise Refuted("waiting", f"{count} packets to leave", f"only {len(seen)}")

    def drain(self, most_s: float = DRAIN_S) -> list[Left]:
        """Let time pass until the queue is empty; return what left since the last call.

        Raises:
            Refuted: it was not empty after ``most_s`` seconds.
        """
        waited, step_s = 0.0, STEP_S
        while (qlen := self.counts(quiet=True).qlen_packets) and waited < most_s:
            time.sleep(step_s)
            waited, step_s = waited + step_s, min(60.0, step_s * 2)
        if qlen:
            raise Refuted("draining", "an empty queue", f"{qlen} packets after {waited:g} s")
        return self.left()

    def exists(self) -> bool:
        """Whether the kernel still has it, and the qdisc above if there was one."""
        handles = [self.handle, *([self.parent_handle] if self.parent_handle else [])]
        return all(self._link.ask(netlink.get_qdisc(self.index, h))[0] == 0 for h in handles)

    def counts(self, *, quiet: bool = False) -> SimpleNamespace:
        """Read all counts and parameters of hhf, and of the parent if there is one.

        The names are those of ``conform.steps.SAMPLED``: ``sent_packets``, ``qlen_packets``,
        ``backlog_bytes``, ``drops``, ``drop_overlimit``, ``hh_tot_count``, ``limit_packets``,
        ``parent_backlog_bytes`` and so on.
        """
        values = netlink.read_hhf(self._qdisc(self.handle))
        if self.parent_handle:
            values |= netlink.read_parent(self._qdisc(self.parent_handle))
        if not quiet:
            shown = " ".join(f"{name}={value}" for name, value in values.items())
            self._diary.note(f"{self.name}: counts {shown}")
        return SimpleNamespace(**values)

    def tally(self, handle: int) -> SimpleNamespace:
        """Return what a qdisc above keeps count of; the names are those of ``PARENT_COUNTS``."""
        return SimpleNamespace(**netlink.read_parent(self._qdisc(handle)))

    def class_drops(self) -> int:
        """Return the drops of the HTB class above: how often hhf did not answer NET_XMIT_SUCCESS.

        htb_enqueue counts them so; what hhf reports by qdisc_tree_reduce_backlog is not among them.
        """
        errno, answers = self._link.ask(get_class(self.index, self.parent))
        if errno or not answers:
            raise Refuted("reading the class above", "an answer", f"errno {errno}")
        drops = netlink.read_parent(answers[0])["parent_drops"]
        self._diary.note(f"{self.name}: drops of the class above {drops}")
        return drops

    def change(self, **params: int) -> int:
        """Do ``tc qdisc change``; return the errno of the answer, 0 for done."""
        message = netlink.set_hhf(
            self.index, params, add=False, handle=self.handle, parent=self.parent
        )
        return self.ask(message, f"change {params}")

    def change_raw(self, options: bytes) -> int:
        """Do ``tc qdisc change`` with attributes that no tool would send; return the errno."""
        message = netlink.set_qdisc(
            self.index, "hhf", options, add=False, handle=self.handle, parent=self.parent
        )
        return self.ask(message, f"change, options {options.hex()}")

    def dump(self) -> dict[int, bytes]:
        """Return what the kernel tells of the qdisc: attributes by number (TCA_KIND and so on)."""
        return dict(netlink.attributes(self.message()[netlink.HEADER.size + 20 :]))

    def message(self) -> bytes:
        """Return the whole netlink message of that, header included."""
        return self._qdisc(self.handle)

    def link(self, *, up: bool) -> None:
        """Set the interface up or down."""
        self.ask(netlink.set_link(self.index, up), f"link {'up' if up else 'down'}")

    def delete(self) -> int:
        """Do ``tc qdisc del`` with the hhf alone; return the errno."""
        message = netlink.delete_qdisc(self.index, self.handle, self.parent)
        return self.ask(message, "delete hhf")

    def ask(self, message: bytes, what: str) -> int:
        """Send any netlink message; return the errno of the answer."""
        errno, _ = self._link.ask(message)
        self._diary.note(f"{self.name}: {what}: errno {errno}")
        return errno

    def flows_where(self, wanted: Callable[[int], bool], count: int) -> Sequence[int]:
        """Return the first ``count`` flows of which the kernel's own hash is as wanted."""
        return [flow for flow, hash_ in enumerate(self.hashes(1 << 16)) if wanted(hash_)][:count]

    def hashes(self, flows: int) -> list[int]:
        """Return the kernel's own hash of flows 0 to ``flows`` - 1; needs a parent."""
        from hhf_testbed.conform.flow_hash import flow_hashes  # numpy: most claims need it not

        return flow_hashes(flows, self.hash_key())

    def distinct_flows(self, count: int) -> list[int]:
        """Return ``count`` flows of which no two have the same hash.

        Of 2000 flows two have, with a probability of 2000^2 / 2 / 2^32 = 0.0005: too often.
        """
        first = {hash_: flow for flow, hash_ in reversed(list(enumerate(self.hashes(2 * count))))}
        return sorted(first.values())[:count]

    def hash_key(self) -> bytes:
        """Return the secret with which this hhf hashes flows; needs a parent."""
        keys = dict(line.split() for line in KEYS.read_text().splitlines())
        return bytes.fromhex(keys[str(self.index)])

    def close(self) -> None:
        """Close the sockets."""
        self.wire.close()

    def _qdisc(self, handle: int) -> bytes:
        errno, answers = self._link.ask(netlink.get_qdisc(self.index, handle))
        if errno or not answers:
            raise Refuted(f"reading qdisc {handle >> 16:x}:", "an answer", f"errno {errno}")
        return answers[0]
