# SPDX-License-Identifier: GPL-2.0-or-later
"""A scenario: what happens to one HHF below one shaper, step by step, as a JSON file.

The same steps drive the reference model and a real kernel. As JSON each step is a short row, so
that a scenario of thousands of packets can still be read::

    {"format": 1, "name": "one drop", "rate_bps": 1000000, "mtu_bytes": 1500,
     "hhf": {"limit_packets": 2},
     "steps": [["enqueue", 0, 7, 1514, 4],
               ["sample", 1000000, {"qlen_packets": 2, "drop_overlimit": 1}],
               ["change", 2000000, {"limit_packets": 1}],
               ["link", 3000000, "down"], ["link", 4000000, "up"]]}

``"parent": "tbf"`` puts HHF below tbf, which peeks, in place of an HTB class, which does not.
An ``enqueue`` has the time, the flow, the length of the frame in bytes and, if wanted, how many
such frames come at once. A ``sample`` reads all counts and parameters of the qdisc and of its
parent; those named in it must have the values given. Times are nanoseconds since the qdisc came.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from hhf_testbed.conform.steps import Enqueue, Step, parse_step
from hhf_testbed.errors import RequestError
from hhf_testbed.model import CURRENT, Features, initial_params
from hhf_testbed.params import HhfParams
from hhf_testbed.tc.shaper import shaper

FORMAT: Final = 1
HARD_HEADER_BYTES: Final = 14
MTU_BYTES: Final = range(68, 65_501)
PARENTS: Final = ("htb", "tbf")
MAX_STEPS: Final = 1_000_000
MAX_START_NS: Final = 10**15
APART_NS: Final = 2_000
"""A step that is waited for costs some readings of the clock, of 256 ns each. A kernel's steps may
be some microseconds late, and those near a tick up to 80 us; the model is told (driver/clock.c)."""


@dataclass(frozen=True)
class Scenario:
    """One scenario, checked.

    Attributes:
        name: for people; the generator puts seed and number here.
        rate_bps: rate of the parent.
        steps: in the order of their times.
        mtu_bytes: of the interface; a frame may be 14 bytes longer.
        parent: what is above HHF, one of ``PARENTS``.
        hhf: the parameters given to ``tc qdisc add``; all others are the kernel's own.
        start_ns: begin at this time since boot, such as just before jiffies wrap; 0: at any time.
        note: why the scenario is kept.

    Raises:
        RequestError: says what is wrong and what is allowed.
    """

    name: str
    rate_bps: int
    steps: tuple[Step, ...]
    mtu_bytes: int = 1500
    parent: str = "htb"
    hhf: Mapping[str, int] = field(default_factory=dict)
    start_ns: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        _require_int("mtu_bytes", self.mtu_bytes, MTU_BYTES.start, MTU_BYTES.stop - 1)
        _require_int("start_ns", self.start_ns, 0, MAX_START_NS)
        if self.parent not in PARENTS:
            raise RequestError(f"parent is {self.parent!r}; allowed is {' or '.join(PARENTS)}")
        shaper(self.rate_bps, self.frame_bytes)
        self.params()
        if len(self.steps) > MAX_STEPS:
            raise RequestError(f"{len(self.steps)} steps; allowed are up to {MAX_STEPS}")
        before_ns = 0
        for number, step in enumerate(self.steps):
            if step.at_ns != before_ns and step.at_ns < before_ns + APART_NS:
                raise RequestError(
                    f"step {number} is at {step.at_ns} ns and the one before at {before_ns} ns; "
                    f"allowed are the same time, or {APART_NS} ns or more after it"
                )
            before_ns = step.at_ns
            if isinstance(step, Enqueue) and step.len_bytes > self.frame_bytes:
                raise RequestError(
                    f"step {number} has {step.len_bytes} bytes; allowed are {self.frame_bytes}, "
                    "the MTU and 14"
                )

    @property
    def frame_bytes(self) -> int:
        """The longest frame, which is also what the parent's burst is made for."""
        return self.mtu_bytes + HARD_HEADER_BYTES

    def params(self, features: Features = CURRENT) -> HhfParams:
        """Return all parameters given to ``add``, before the kernel rounds them."""
        unknown = set(self.hhf) - set(HhfParams.__dataclass_fields__)
        if unknown:
            raise RequestError(f"hhf has no parameter {sorted(unknown)[0]!r}")
        return replace(initial_params(self.mtu_bytes, HARD_HEADER_BYTES, features), **self.hhf)

    @property
    def packets(self) -> int:
        """How many frames it sends."""
        return sum(isinstance(step, Enqueue) for step in self.steps)

    @property
    def flows(self) -> int:
        """One more than the highest flow number."""
        return 1 + max((s.flow for s in self.steps if isinstance(s, Enqueue)), default=-1)

    def to_json(self) -> str:
        """Return the text of a scenario file; the same scenario gives the same bytes."""
        head = {
            "format": FORMAT, "name": self.name, "note": self.note,
            **({} if self.parent == "htb" else {"parent": self.parent}),
            "rate_bps": self.rate_bps, "mtu_bytes": self.mtu_bytes,
            "start_ns": self.start_ns, "hhf": dict(self.hhf),
        }  # fmt: skip
        rows = ",\n  ".join(json.dumps(step.row()) for step in self.steps)
        return json.dumps(head, indent=1)[:-2] + f',\n "steps": [\n  {rows}\n ]\n}}\n'

    @classmethod
    def of(cls, data: object) -> Self:
        """Make a scenario from decoded JSON. Raises RequestError."""
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise RequestError(f"this is no scenario: a JSON object with 'format': {FORMAT} is")
        known = {"format", *cls.__dataclass_fields__}
        missing, unknown = {"name", "rate_bps", "steps"} - set(data), set(data) - known
        if missing or unknown:
            named = sorted(missing or unknown)[0]
            raise RequestError(f"the scenario {'lacks' if missing else 'has no use for'} {named!r}")
        if not isinstance(data["steps"], list) or not isinstance(data.get("hhf", {}), dict):
            raise RequestError("'steps' is a list of rows and 'hhf' an object")
        rest: dict[str, Any] = {k: v for k, v in data.items() if k not in ("format", "steps")}
        steps = [s for number, row in enumerate(data["steps"]) for s in parse_step(row, number)]
        return cls(steps=tuple(steps), **rest)


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises RequestError."""
    try:
        return Scenario.of(json.loads(path.read_text()))
    except OSError as error:
        raise RequestError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise RequestError(f"{path} is no JSON: {error}") from error
    except RequestError as error:
        raise RequestError(f"{path}: {error}") from error


def _require_int(name: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise RequestError(f"{name} is {value!r}; allowed is {least} to {most}")
