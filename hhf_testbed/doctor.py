# SPDX-License-Identifier: GPL-2.0-or-later
"""What hhf-testbed needs of a machine, checked one need at a time.

Imports nothing but the standard library, and the rest of the package only where a check uses it:
``./hhf doctor`` must also run on a machine where nothing is installed yet. What the host's kernel
and container allow is tried in ``hhf_testbed.probes``, not guessed from settings.
"""

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from hhf_testbed import probes

TOP: Final = Path(__file__).resolve().parent.parent
"""The checkout; ``paths.package_dir`` needs a package that may not be installed yet."""
PACKAGE_LIST: Final = TOP / "setup" / "debian-packages"
PROVISION: Final = "setup/provision"
MODULES: Final = ("click", "matplotlib", "mininet", "numpy", "pydantic", "pyroute2", "scapy")
CACHE_MB: Final = 1000
"""Measured at its peak: 0.55 GB for a kernel being built, 0.37 GB for the Python environment."""
RUNS_MB: Final = 500
GUEST_MB: Final = 1024
"""A guest is given 1 GB; measured, it touches about 100 MB of it."""

State = Literal["ok", "missing", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Check:
    """One need: how it stands, in a sentence, and the command or step that mends it."""

    name: str
    state: State
    text: str
    mend: str | None = None


def report(*, as_json: bool = False) -> int:
    """Print every check; return 0 if all that is needed is there, otherwise 2."""
    checks = examine()
    ready = all(check.state != "missing" for check in checks)
    if as_json:
        print(json.dumps({"ready": ready, "checks": [asdict(c) for c in checks]}, indent=2))
    else:
        print("\n".join(_line(check) for check in checks))
        print("all that is needed is there" if ready else "something needed is missing")
    return 0 if ready else 2


def examine() -> list[Check]:
    """Check every need, in the order in which it is best to mend them."""
    return [check() for check in CHECKS]


def needed_packages() -> list[str]:
    """Return the Debian packages of the one list, in its order."""
    lines = PACKAGE_LIST.read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def _line(check: Check) -> str:
    mend = f"\n{'':27}mend: {check.mend}" if check.mend else ""
    return f"{check.state:8} {check.name:17} {check.text}{mend}"


def _machine() -> Check:
    machine = platform.machine()
    if machine == "x86_64":
        return Check("processor", "ok", machine)
    mend = "use a 64-bit PC, or a virtual one"
    return Check("processor", "missing", f"User-Mode Linux runs on x86_64, not on {machine}", mend)


def _packages() -> Check:
    name = "Debian packages"
    if not PACKAGE_LIST.exists():
        return Check(name, "info", "not checked: this is not a checkout")
    if not (shutil.which("apt-get") and shutil.which("dpkg-query")):
        return Check(name, "warning", "not checked: this is not Debian", _of_checkout(PROVISION))
    missing = sorted(set(needed_packages()) - _installed(needed_packages()))
    if not missing:
        return Check(name, "ok", f"all {len(needed_packages())} are installed")
    install = f"sudo apt-get install --no-install-recommends {' '.join(missing)}"
    return Check(name, "missing", f"not installed: {' '.join(missing)}", install)


def _installed(packages: list[str]) -> set[str]:
    argv = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *packages]
    lines = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.splitlines()
    return {line.split()[1] for line in lines if line.startswith("installed ")}


def _environment() -> Check:
    name = "Python"
    version = f"{platform.python_version()} at {sys.prefix}"
    absent = [module for module in MODULES if find_spec(module) is None]
    if not absent:
        return Check(name, "ok", version)
    return Check(name, "missing", f"{version} has no {', '.join(absent)}", _of_checkout(PROVISION))


def _compiler() -> Check:
    name = "C compiler"
    argv = ["gcc", "-x", "c", "-", "-o", os.devnull]
    try:
        ended = subprocess.run(
            argv, input="#include <stdio.h>\nint main(void) { return 0; }\n",
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return Check(name, "missing", "there is no gcc", _of_checkout(PROVISION))
    if ended.returncode:
        return Check(
            name, "missing", f"gcc fails: {ended.stderr.strip()[:200]}", _of_checkout(PROVISION)
        )
    return Check(name, "ok", "gcc makes programs")


def _kernel() -> Check:
    name = "kernel"
    mend = _of_checkout("hhf kernel build 6.12")
    try:
        from hhf_testbed import kernels

        cached = kernels.cached()
    except ModuleNotFoundError:
        return Check(name, "missing", "not known before the Python environment is there", mend)
    if not cached:
        return Check(name, "missing", "none is built yet; commands that need one build it", mend)
    return Check(name, "ok", f"{len(cached)} built")


def _cache_space() -> Check:
    return _space("room for kernels", "cache_dir", "HHF_CACHE", CACHE_MB)


def _runs_space() -> Check:
    return _space("room for runs", "runs_dir", "HHF_RUNS", RUNS_MB)


def _space(name: str, which: str, variable: str, need_mb: int) -> Check:
    try:
        from hhf_testbed import paths
    except ModuleNotFoundError:
        return Check(name, "info", "not known before the Python environment is there")
    directory: Path = getattr(paths, which)()
    existing = next(p for p in (directory, *directory.parents) if p.exists())
    free_mb = shutil.disk_usage(existing).free // 2**20
    text = f"{free_mb} MB are free in {directory}; {need_mb} are needed"
    mend = f"make room, or set {variable} to another directory"
    if not os.access(existing, os.W_OK):
        return Check(name, "missing", f"{directory} cannot be written to", mend)
    return Check(name, "ok", text) if free_mb >= need_mb else Check(name, "missing", text, mend)


def _memory() -> Check:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    available_kb = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    available_mb = available_kb // 1024
    text = f"{available_mb} MB are available; a guest may use {GUEST_MB}"
    return Check("memory", "ok" if available_mb >= GUEST_MB else "warning", text)


def _guest_memory() -> Check:
    name = "guest memory"
    directory = probes.guest_memory_dir()
    problem = probes.no_executable_memory(directory)
    mend = "mount -o remount,exec /dev/shm, or set TMPDIR to a directory on tmpfs"
    if problem:
        return Check(name, "missing", f"{directory} cannot hold it: {problem}", mend)
    free_mb = shutil.disk_usage(directory).free // 2**20
    state: State = "ok" if free_mb >= GUEST_MB else "warning"
    text = f"{free_mb} MB are free in {directory}; a guest may use {GUEST_MB}"
    return Check(name, state, text, None if state == "ok" else "mount -o remount,size=2G /dev/shm")


def _ptrace() -> Check:
    if probes.ptrace_works():
        return Check("ptrace", "ok", "a process may trace its own child")
    mend = "sudo sysctl kernel.yama.ptrace_scope=1; in a container: --cap-add=SYS_PTRACE"
    return Check("ptrace", "missing", "a process may not trace its own child", mend)


def _addresses() -> Check:
    name = "fixed addresses"
    if probes.succeeds("setarch", "-R", "true"):
        return Check(name, "ok", "setarch -R works")
    text = "setarch -R fails, so runs do not repeat byte for byte"
    return Check(name, "missing", text, "in a container: --security-opt seccomp=unconfined")


def _pinning() -> Check:
    if probes.succeeds("taskset", "-c", str(min(os.sched_getaffinity(0))), "true"):
        return Check("one CPU", "ok", "taskset works")
    return Check("one CPU", "warning", "taskset fails, so guests run at half the speed")


def _amx() -> Check:
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    if "amx_tile" in flags:
        text = "present; kernels before 6.13 are built with a larger register buffer for it"
        return Check("AMX", "info", text)
    return Check("AMX", "info", "not present")


def _landlock() -> Check:
    version = probes.landlock_version()
    text = (
        f"version {version}: guests can be kept from the host's files" if version else "not there"
    )
    return Check("Landlock", "info", text)


CHECKS: Final[tuple[Callable[[], Check], ...]] = (
    _machine,
    _packages,
    _environment,
    _compiler,
    _kernel,
    _cache_space,
    _runs_space,
    _memory,
    _guest_memory,
    _ptrace,
    _addresses,
    _pinning,
    _amx,
    _landlock,
)


def _of_checkout(command: str) -> str:
    if not PACKAGE_LIST.exists():
        return command
    program, *arguments = command.split()
    return shlex.join([str(TOP / program), *arguments])


if __name__ == "__main__":
    sys.exit(report(as_json="--json" in sys.argv[1:]))
