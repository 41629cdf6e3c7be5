# SPDX-License-Identifier: GPL-2.0-or-later
"""Tries claims in a guest; when the guest is lost, the claim under way is refuted by that, and the
rest goes on in a new one.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from hhf_testbed import guests
from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import Kernel
from hhf_testbed.model.features import Features
from hhf_testbed.paths import package_dir
from hhf_testbed.regress.claim import Claim
from hhf_testbed.regress.outcome import Seen

PLAY: Final = """\
set -e
insmod "$1"
insmod "$2"
shift 2
exec "$@"
"""
BOOT_S: Final = 30.0
"""Wall time that a guest may take to its first claim: 0.5 s on an idle host."""
GUEST_DEADLINE_S: Final = 1e8
CONSOLE_LINES: Final = 40
MOST_LOST: Final = 3
"""Guests that a kernel may lose where it is not known to; each may cost 10 s and more."""
DIED_OF_SIGNAL: Final = 128
"""A shell adds this to the number of the signal that ended a program."""
END: Final = "the kernel's answer"


@dataclass(frozen=True)
class Bed:
    """What the claims are tried on: a kernel, its sch_hhf, and the module that shows its key."""

    kernel: Kernel
    hhf: Path
    key: Path
    features: Features


class _StuckError(Exception):
    """A claim takes too long by the host's clock."""

    def __init__(self, claim: Claim | None) -> None:
        super().__init__(claim)
        self.claim = claim


class _StopError(Exception):
    """The caller wants no more."""


@dataclass
class _Watch:
    """Follows a guest through the file of events that it writes."""

    events: Path
    claims: dict[str, Claim]
    tell: Callable[[Claim, Seen], None]
    wanted: Callable[[], bool]
    offset: int = 0
    current: Claim | None = None
    ended: Claim | None = None
    lost: Claim | None = None
    since: float = field(default_factory=time.monotonic)

    def poll(self) -> None:
        """Take in what is new. Raises _StuckError or _StopError."""
        self.read()
        if not self.wanted():
            raise _StopError
        allowed_s = self.current.wall_s if self.current else BOOT_S
        if time.monotonic() - self.since > allowed_s:
            raise _StuckError(self.current)

    def read(self) -> None:
        """Take in what is new."""
        if not self.events.exists():
            return
        with self.events.open() as file:
            file.seek(self.offset)
            text = file.read()
        whole = text[: text.rfind("\n") + 1]
        self.offset += len(whole.encode())
        for line in whole.splitlines():
            self._take(json.loads(line))

    def _take(self, event: dict[str, Any]) -> None:
        took_s, self.since = time.monotonic() - self.since, time.monotonic()
        if name := event.pop("start", ""):
            self.current = self.claims[name]
            return
        claim = self.claims.pop(event.pop("end"))
        self.current, self.ended = None, claim
        for name in ("diary", "console"):
            event[name] = tuple(event[name])
        self.tell(claim, Seen(**event, wall_s=took_s))


def run_claims(
    bed: Bed,
    claims: Sequence[Claim],
    tell: Callable[[Claim, Seen], None],
    *,
    seed: int,
    cpu: int | None = None,
    wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Try the claims one after the other, and tell of each.

    Args:
        bed: on what.
        claims: which.
        tell: hears what was seen of each, as soon as it is known.
        seed: of everything random in the guest.
        cpu: host processor to stay on.
        wanted: asked several times a second; False ends it early.

    Raises:
        LabFailure: no guest came up.
    """
    patience = MOST_LOST
    for group in _groups(claims):
        left = {claim.id: claim for claim in group}
        while left and wanted():
            if patience <= 0:
                _give_up(left, tell)
            elif lost := _one_guest(bed, left, tell, seed, cpu, wanted):
                patience -= not _is_known(lost, bed.features)


def _is_known(claim: Claim, features: Features) -> bool:
    """Whether this kernel is known to fail here."""
    return bool(claim.needs) and not getattr(features, claim.needs)


def _give_up(left: dict[str, Claim], tell: Callable[[Claim, Seen], None]) -> None:
    """Tell of all that are left that they were not tried."""
    for claim in left.values():
        tell(claim, Seen("untried", f"{MOST_LOST} guests were lost before it"))
    left.clear()


def _groups(claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """What may share a guest; a claim that wants one of its own is a group of one."""
    yield [claim for claim in claims if not claim.alone]
    yield from ([claim] for claim in claims if claim.alone)


def _one_guest(
    bed: Bed,
    left: dict[str, Claim],
    tell: Callable[[Claim, Seen], None],
    seed: int,
    cpu: int | None,
    wanted: Callable[[], bool],
) -> Claim | None:
    """Try what is left until a claim costs the guest its life, and return that claim.

    What is done leaves ``left``.
    """
    with tempfile.TemporaryDirectory(prefix="hhf-regress-") as name:
        files = Path(name)
        plan = {"claims": list(left), "hz": bed.kernel.hz, "features": asdict(bed.features)}
        (files / "plan.json").write_text(json.dumps(plan))
        watch = _Watch(files / "events", left, tell, wanted)
        said: list[bytes] = []
        try:
            result = guests.run(
                bed.kernel, _command(bed, files, seed, cpu), modules=(),
                console=said.append, poll=watch.poll,
            )  # fmt: skip
        except _StopError:
            return None
        except _StuckError as stuck:
            watch.read()
            if stuck.claim is watch.current:  # else it ended at the last moment
                allowed_s = stuck.claim.wall_s if stuck.claim else BOOT_S
                _lost(watch, f"none within {allowed_s:g} s of the host's clock", b"".join(said))
        except LabFailure:
            _lost(watch, "the kernel died", b"".join(said))
        else:
            watch.read()
            text = result.stderr.decode(errors="replace").strip()
            if watch.current and result.status > DIED_OF_SIGNAL:  # the kernel spoilt its memory
                how = f"a program died of signal {result.status - DIED_OF_SIGNAL}"
                _lost(watch, how, b"".join(said))
            elif watch.current and result.status:
                _lost(watch, f"the program that tries claims failed: {text}", b"".join(said))
            elif result.status or left:
                raise LabFailure(f"the guest that tries claims failed: {text or 'it said nothing'}")
        return watch.lost


def _command(bed: Bed, files: Path, seed: int, cpu: int | None) -> guests.GuestCommand:
    inside = (sys.executable, "-P", "-m", "hhf_testbed.regress.inside", str(guests.OUTPUT))
    return guests.GuestCommand(
        ("sh", "-c", PLAY, "sh", str(bed.hhf), str(bed.key), *inside),
        output=files,
        env={"PYTHONPATH": str(package_dir().parent)},
        seed=seed,
        deadline_s=GUEST_DEADLINE_S,
        wall_deadline_s=GUEST_DEADLINE_S,
        cpu=cpu,
    )


def _lost(watch: _Watch, how: str, console: bytes) -> None:
    """The guest is gone: that refutes the claim under way, or the one that ended last."""
    watch.read()
    lines = tuple(console.decode(errors="replace").splitlines()[-CONSOLE_LINES:])
    blamed = watch.current or watch.ended
    if blamed is None:
        told = "\n  ".join(lines)
        raise LabFailure(f"a guest was lost before its first claim ({how}); its console:\n  {told}")
    watch.claims.pop(blamed.id, None)
    watch.lost = blamed
    how += "" if watch.current else ", just after it"
    watch.tell(blamed, Seen("refuted", END, "one", how, console=lines))
