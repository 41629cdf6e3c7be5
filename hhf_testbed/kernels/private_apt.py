# SPDX-License-Identifier: GPL-2.0-or-later
"""apt roots of our own, one for each suite, so that the machine's sources stay as they are.

A root has its own sources, lists, archives and (empty) status in the kernel cache. The address of
the mirror, proxies and keys are the machine's; nothing here needs root, and nothing is installed.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import apt, jobs, lock
from hhf_testbed.kernels.apt import Offer
from hhf_testbed.kernels.suites import ALIASES, SECURITY, SUITES
from hhf_testbed.paths import cache_dir
from hhf_testbed.progress import Reporter

LISTS_AGE_S = 24 * 3600
"""Lists older than this are renewed before something is built from them: sid's packages are
replaced every few days, and the mirror then no longer has what old lists name."""

DEADLINE_S = 180.0
"""For the lists of one suite, 8 to 11 MB: a line of 0.5 Mbit/s is in time."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""Of the package debian-archive-keyring. Where it is missing, apt's trusted keys must do."""

_RELEASE = re.compile(r"^'(?!cdrom:)(\S+?)/*/dists/(\S+?)/InRelease'", flags=re.MULTILINE)


@dataclass(frozen=True)
class PrivateRoot:
    """The apt root of one suite."""

    suite: str

    @property
    def directory(self) -> Path:
        """Where all of it is."""
        return cache_dir() / "apt" / self.suite

    @property
    def options(self) -> list[str]:
        """What makes an apt command use this root."""
        return ["-c", str(self.directory / "apt.conf")]

    @property
    def _stamp(self) -> Path:
        return self.directory / "asked"

    def asked(self) -> bool:
        """Whether the lists are here, of whatever age."""
        return self._stamp.exists()

    def fresh(self) -> bool:
        """Whether the lists are here and young enough to download by them."""
        try:
            return 0 <= time.time() - self._stamp.stat().st_mtime < LISTS_AGE_S
        except OSError:
            return False

    def offers(self) -> list[Offer]:
        """Return what the suite offers by the lists that are here, oldest series first."""
        if not self.asked():
            return []
        memory = self.directory / "offers.json"
        found = apt.remembered(memory, (self._stamp,), lambda: apt.ask(self.options))
        return [replace(offer, suite=self.suite) for offer in found]

    def refresh(self, reporter: Reporter, *, force: bool = False) -> None:
        """Fetch the suite's lists unless they are fresh. Raises LabFailure."""
        waiting = f"Another command is asking {self.suite}; waiting for it."
        with lock.holding(self.lock(), waiting, reporter):
            if self.fresh() and not force:
                return
            self._write_settings(self._sources())
            command = ["apt-get", *self.options, "-q", "update"]
            with reporter.step(f"Asking Debian's {self.suite} for its kernels"):
                jobs.run(
                    command,
                    what=f"fetching the package lists of {self.suite}",
                    hint="is the network up?",
                    directory=self.directory,
                    on_idle=_deadline(f"fetching the package lists of {self.suite}"),
                )
            self._stamp.touch()

    def lock(self) -> FileLock:
        """Return the lock under which the lists are fetched or removed."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.directory.with_suffix(".lock"))

    def _sources(self) -> str:
        stanzas = [source(mirror(), self.suite)]
        if self.suite in SECURITY and (address := security_mirror()):
            stanzas.append(source(address, f"{self.suite}-security"))
        return "\n".join(stanzas)

    def _write_settings(self, sources: str) -> None:
        for name in ("lists/partial", "archives/partial", "sources", "preferences"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "status").touch()
        (self.directory / "sources" / "debian.sources").write_text(sources)
        (self.directory / "apt.conf").write_text(SETTINGS.format(root=self.directory))


SETTINGS = """\
#clear APT::Default-Release;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::IndexTargets::deb;
Acquire::IndexTargets::deb::Packages {{
  MetaKey "$(COMPONENT)/binary-$(ARCHITECTURE)/Packages";
  ShortDescription "Packages";
  Description "$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Packages";
  Optional "0";
}};
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::Retries "1";
APT::Update::Error-Mode "any";
APT::Sandbox::User "root";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{root}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{root}/preferences";
Dir::State::lists "{root}/lists";
Dir::State::status "{root}/status";
Dir::Cache "{root}";
"""
"""apt.conf(5), read after the machine's own. Hooks of the machine must not run for us; of the
indexes only Packages is fetched; and apt's own user may not write into this user's cache."""


def roots() -> list[PrivateRoot]:
    """The roots of all suites, oldest suite first; they need not exist yet."""
    return [PrivateRoot(suite) for suite in SUITES]


def source(address: str, suite: str) -> str:
    """Return one source in the format of sources.list(5)."""
    keyring = f"Signed-By: {KEYRING}\n" if KEYRING.exists() else ""
    fields = f"URIs: {address}\nSuites: {suite}\nComponents: main\nArchitectures: amd64\n"
    return f"Types: deb\n{fields}{keyring}"


def mirror() -> str:
    """Return the address of Debian's main archive. Raises LabFailure if apt knows none."""
    if address := _address((*SUITES, *ALIASES)):
        return address
    raise LabFailure(
        "the kernels of other Debian suites are not to be had: apt on this machine names no mirror"
        " of Debian's main archive (/etc/apt/sources.list, /etc/apt/sources.list.d)"
    )


def security_mirror() -> str:
    """Return the address of Debian's security archive, or an empty text."""
    return _address([f"{suite}-security" for suite in (*SUITES, *ALIASES)])


def _address(suites: Collection[str]) -> str:
    """Ask apt itself where its settings find one of these suites: it reads all their formats."""
    if not shutil.which("apt-get"):
        return ""
    command = ["apt-get", "--print-uris", "update"]
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = (address for address, suite in _RELEASE.findall(text) if suite in suites)
    return next(found, "")


def _deadline(what: str) -> jobs.Hook:
    end = time.monotonic() + DEADLINE_S

    def look() -> None:
        if time.monotonic() > end:
            raise LabFailure(f"{what} took more than {DEADLINE_S:.0f} s; is the network up?")

    return look
