# SPDX-License-Identifier: GPL-2.0-or-later
"""From a source package to an executable kernel: unpack, patch, configure, compile, keep."""

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import archive, download, fragments, jobs, old_patches, patches, toolchain
from hhf_testbed.kernels.apt import Offer
from hhf_testbed.kernels.order import Order
from hhf_testbed.kernels.recipe import Recipe, shim_source
from hhf_testbed.kernels.tree import Tree
from hhf_testbed.progress import Reporter, Step

IDENTITY = {
    "KBUILD_BUILD_TIMESTAMP": "2013-12-15 00:00:00 +0000",
    "KBUILD_BUILD_USER": "hhf",
    "KBUILD_BUILD_HOST": "testbed",
    "KBUILD_BUILD_VERSION": "1",
}
"""Makes ``uname -v`` the same everywhere; the date is about that of HHF's entry into Linux 3.14."""

KEPT = (
    "Makefile",
    ".config",
    "Module.symvers",
    "include",
    "scripts",
    "net/sched",
    "arch/um",
    "arch/x86/include",
    "arch/x86/um",
)
"""What building one module needs, as in Debian's own linux-headers packages, and net/sched."""

ERRORS_SHOWN = 10
"""A second error is often a consequence of the first."""

_ERROR = re.compile(r"\berror: |undefined reference|undefined!")
_OBJECT = re.compile(r"^  (CC|AS)( \[M\])? ", flags=re.MULTILINE)
_PLANNED = re.compile(r"echo '  (CC|AS)( \[M\])? ")


def build(order: Order, recipe: Recipe, work: Path, reporter: Reporter) -> str:
    """Fill ``work`` with a kernel's files and return its release. Raises LabFailure."""
    toolchain.check(work)
    toolchain.compile_shim(shim_source(), work / "seeded_getrandom.so")
    source = work / "source"
    unpack(order.source, source, reporter)
    patches.apply_all(source, recipe.hz)
    if recipe.old_patches_sha256:
        old_patches.apply_all(source)
    with reporter.step("Configuring the kernel"):
        configure(source, recipe.hz, order.extra)
    compile_kernel(source, reporter)
    return harvest(source, work)


def unpack(source: Offer | Tree, into: Path, reporter: Reporter) -> None:
    """Lay the source out in ``into``, without what no UML build reads."""
    if isinstance(source, Tree):
        source.copy(into, reporter)
        return
    with download.tarball(source, reporter) as (stream, size_bytes):
        archive.unpack(stream, size_bytes, source.package, into, reporter)


def configure(source: Path, hz: int, extra: str = "") -> None:
    """Make .config from the fragments, and check that all of it was granted."""
    text = fragments.joined(extra)
    (source / "hhf.config").write_text(text)
    _make(source, "allnoconfig", "KCONFIG_ALLCONFIG=hhf.config", what="configuring the kernel")
    fragments.check({**fragments.parse(text), "HZ": str(hz)}, source / ".config")


def compile_kernel(source: Path, reporter: Reporter) -> None:
    """Compile kernel and modules, counting objects against what make says it will compile."""
    jobs_wanted = f"-j{len(os.sched_getaffinity(0))}"
    with reporter.step("Counting what is to be compiled"):
        total = count_objects(source, jobs_wanted)
    with reporter.step("Compiling the kernel", total=total, unit="objects") as step:
        watch = _Watch(step)
        targets = ("linux", "modules")
        try:
            _make(source, jobs_wanted, *targets, what="compiling the kernel", on_line=watch.look)
        except LabFailure as failure:
            text = str(failure)
            raise LabFailure("\n".join([text, *_unseen(watch.errors, text)])) from None


class _Watch:
    """Counts what has been compiled, and keeps what the compiler complains about."""

    def __init__(self, step: Step) -> None:
        self._step, self._done = step, 0
        self.errors: list[str] = []

    def look(self, line: str) -> None:
        self._done += bool(_OBJECT.match(line))
        self._step.at(self._done)
        if _ERROR.search(line):
            self.errors.append(line)


def _unseen(errors: list[str], shown: str) -> list[str]:
    """Return what the compiler complained about before the last lines, which are shown anyway."""
    earlier = [line for line in errors[:ERRORS_SHOWN] if line not in shown]
    return ["its first errors:", *earlier] if earlier else []


def count_objects(source: Path, jobs_wanted: str) -> int:
    """Ask make what it would compile. It stops early for files not made yet, near the end."""
    planned = 0

    def count(line: str) -> None:
        nonlocal planned
        planned += bool(_PLANNED.search(line))

    with suppress(LabFailure):  # expected: see above; the bar needs no exact number
        _make(source, "-n", "-k", jobs_wanted, "linux", "modules", what="counting", on_line=count)
    return planned


def harvest(source: Path, work: Path) -> str:
    """Move what is needed later out of the source tree, check it, and remove the rest."""
    modules = work / "modules"
    modules.mkdir()
    for module in source.rglob("*.ko"):
        shutil.copy2(module, modules)
    shutil.copy2(source / "linux", work / "linux")
    shutil.copy2(source / ".config", work / "config")
    _keep_headers(source, work / "tree")
    shutil.rmtree(source)
    return check(work)


def _keep_headers(source: Path, tree: Path) -> None:
    for name in KEPT:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).rename(tree / name)
    for makefile in (source / "arch" / "x86").glob("Makefile*"):
        makefile.rename(tree / "arch" / "x86" / makefile.name)
    shutil.rmtree(tree / "include" / "dt-bindings", ignore_errors=True)
    for kind in ("*.o", "*.a", "*.cmd", "*.ko", "*.mod", "*.mod.c"):
        for file in tree.rglob(kind):
            file.unlink()


def check(work: Path) -> str:
    """Run the executable once and look for sch_hhf. Returns the kernel's release."""
    lines = jobs.run(
        [str(work / "linux"), "--version"], what="running the new kernel", directory=work
    )
    release = lines[-1].strip() if lines else ""
    if not re.match(r"\d+\.\d+", release):
        raise LabFailure(f"the new kernel does not run: '--version' printed {release!r}")
    if not (work / "modules" / "sch_hhf.ko").is_file():
        raise LabFailure("the build ended without an error, and without the module sch_hhf")
    return release


def _make(source: Path, *arguments: str, what: str, **hooks: object) -> None:
    jobs.run(
        ["make", "ARCH=um", *arguments],
        what=what,
        directory=source,
        variables=IDENTITY,
        **hooks,  # type: ignore[arg-type]
    )
