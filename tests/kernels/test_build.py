# SPDX-License-Identifier: GPL-2.0-or-later
import shutil
import subprocess
import sys
import tarfile

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import archive, build, jobs, toolchain
from hhf_testbed.kernels.kernel import series_of
from hhf_testbed.kernels.recipe import shim_source
from hhf_testbed.progress import Silent


def test_objects_are_counted_as_make_announces_them(tmp_path):
    (tmp_path / "Makefile").write_text(
        "linux:\n\techo '  CC      a.o'; true\n\techo '  LD      b'\n"
        "modules:\n\techo '  CC [M]  c.o'\n\techo '  AS      d.o'\nbroken: missing\n"
    )
    assert build.count_objects(tmp_path, "-j1") == 3


def test_a_compiler_error_is_shown_however_long_ago_it_was(tmp_path):
    (tmp_path / "Makefile").write_text(
        "linux:\n\t@echo 'a.c:1:2: error: no such thing'; seq 100; exit 1\nmodules:\n"
    )
    with pytest.raises(LabFailure) as failure:
        build.compile_kernel(tmp_path, Silent())
    first, *_, last = str(failure.value).splitlines()
    assert first.startswith("compiling the kernel failed (make: exit status 2)")
    assert last == "a.c:1:2: error: no such thing"


def test_an_unpacked_kernel_has_its_kconfig_files_but_not_its_drivers(tmp_path):
    names = (
        "drivers/gpu/a/Kconfig",
        "drivers/gpu/a/b.c",
        "net/gpu/b.c",
        "Documentation/Kconfig",
        "Documentation/x/y.rst",
        "arch/arm/crypto/Kconfig",
        "arch/arm/a.S",
        "arch/x86/a.S",
    )
    for name in names:
        (tmp_path / "linux" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "linux" / name).write_text(name)
    with tarfile.open(tmp_path / "k.tar.xz", "w:xz") as tar:
        tar.add(tmp_path / "linux", "linux-source-6.12")
    with (tmp_path / "k.tar.xz").open("rb") as stream:
        archive.unpack(stream, 1, "linux-source-6.12", tmp_path / "out", Silent())
    left = {
        str(f.relative_to(tmp_path / "out")) for f in (tmp_path / "out").rglob("*") if f.is_file()
    }
    assert left == set(names) - {"drivers/gpu/a/b.c", "Documentation/x/y.rst", "arch/arm/a.S"}


def test_a_cut_archive_is_one_sentence(tmp_path):
    with tarfile.open(tmp_path / "k.tar.xz", "w:xz") as tar:
        tar.add(__file__, "linux/x")
    (tmp_path / "k.tar.xz").write_bytes((tmp_path / "k.tar.xz").read_bytes()[:-20])
    with (tmp_path / "k.tar.xz").open("rb") as stream, pytest.raises(LabFailure, match="unpacking"):
        archive.unpack(stream, 1, "linux", tmp_path / "out", Silent())


def test_missing_tools_are_named_with_their_packages(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("flex", "xz") else name)
    with pytest.raises(LabFailure, match="needs flex, xz; 'sudo apt-get install flex xz-utils'"):
        toolchain.check(tmp_path)


def test_a_full_disk_is_found_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 5 * 10**6))
    with pytest.raises(LabFailure, match="has 5 MB left"):
        toolchain.check(tmp_path)


def test_an_executable_that_is_no_kernel_is_refused(tmp_path):
    (tmp_path / "linux").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "linux").chmod(0o755)
    with pytest.raises(LabFailure, match="printed 'hello'"):
        build.check(tmp_path)


def test_a_build_without_hhf_is_refused(tmp_path):
    (tmp_path / "linux").write_text("#!/bin/sh\necho 6.12.1\n")
    (tmp_path / "linux").chmod(0o755)
    with pytest.raises(LabFailure, match="without the module sch_hhf"):
        build.check(tmp_path)


@pytest.mark.parametrize(("release", "series"), [("6.9", (6, 9)), ("6.12.117-rc1+", (6, 12))])
def test_a_release_has_a_series(release, series):
    assert series_of(release) == series


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    library = tmp_path_factory.mktemp("shim") / "seeded_getrandom.so"
    toolchain.compile_shim(shim_source(), library)
    return library


def random_bytes(shim, seed, *sizes):
    """What a fresh process gets from the library, in the sizes asked for."""
    code = (
        "import ctypes, sys; f = ctypes.CDLL(sys.argv[1]).getrandom\n"
        "for n in map(int, sys.argv[2:]):\n"
        " b = ctypes.create_string_buffer(n); assert f(b, n, 1) == n; print(b.raw.hex(), end='')"
    )
    command = [sys.executable, "-c", code, str(shim), *map(str, sizes)]
    seeded = {"HHF_SEED": seed} if seed is not None else {}
    return subprocess.run(
        command, env=jobs.environment(**seeded), capture_output=True, text=True, check=False
    )


def test_the_generator_is_splitmix64(shim):
    # First outputs for seed 1234567: the values every published test of splitmix64 uses.
    expected = b"".join(
        value.to_bytes(8, "little") for value in (6457827717110365317, 3203168211198807973)
    )
    assert random_bytes(shim, "1234567", 8, 8).stdout == expected.hex()


def test_any_size_is_served_and_the_state_goes_on(shim):
    whole = random_bytes(shim, "7", 24).stdout
    assert random_bytes(shim, "7", 8, 3, 0, 8).stdout == whole[:22] + whole[32:]


@pytest.mark.parametrize("seed", [None, "", "x", "-1", "12x", " 1", "18446744073709551616"])
def test_a_seed_that_is_no_number_stops_the_process(shim, seed):
    done = random_bytes(shim, seed, 8)
    assert (done.returncode, done.stdout) == (2, "")
    assert "HHF_SEED must be a number" in done.stderr
