# SPDX-License-Identifier: GPL-2.0-or-later
"""A module is compiled once for each kernel and source, and never kept half-made."""

from pathlib import Path

import pytest

from hhf_testbed import kernel_modules
from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernel_modules import compiled_module, hhf_source
from hhf_testbed.kernels import Kernel

MODULE = """\
#include <linux/module.h>
int init_module(void) { return 0; }
MODULE_LICENSE("GPL");
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kernel_modules, "cache_dir", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "hhf_nothing.c").write_text(MODULE)
    return tmp_path / "hhf_nothing.c"


@pytest.mark.guest
def test_a_module_is_compiled_once_for_each_source(
    kernel: Kernel, cache: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compiled_module(kernel, "hhf_nothing", {"hhf_nothing.c": source})
    assert first.read_bytes().startswith(b"\x7fELF")
    assert first.is_relative_to(cache)
    monkeypatch.setattr(kernel_modules, "run", lambda *_, **__: pytest.fail("compiled again"))
    assert compiled_module(kernel, "hhf_nothing", {"hhf_nothing.c": source}) == first
    source.write_text(MODULE + "\n")
    with pytest.raises(pytest.fail.Exception, match="compiled again"):
        compiled_module(kernel, "hhf_nothing", {"hhf_nothing.c": source})


@pytest.mark.guest
def test_a_source_that_does_not_compile_leaves_nothing(
    kernel: Kernel, cache: Path, source: Path
) -> None:
    source.write_text("nonsense")
    with pytest.raises(LabFailure, match=r"hhf_nothing\.c:1:"):
        compiled_module(kernel, "hhf_nothing", {"hhf_nothing.c": source})
    assert not cache.exists()


@pytest.mark.guest
def test_a_source_that_cannot_be_read_is_named(kernel: Kernel, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"nowhere\.c: No such file"):
        compiled_module(kernel, "hhf_nothing", {"hhf_nothing.c": tmp_path / "nowhere.c"})


@pytest.mark.guest
def test_a_cache_that_cannot_be_written_is_named(kernel: Kernel, cache: Path, source: Path) -> None:
    cache.write_text("a file is in the way")
    with pytest.raises(LabFailure, match=r"cannot write .*cache.*: Not a directory"):
        compiled_module(kernel, "hhf_nothing", {"hhf_nothing.c": source})


@pytest.mark.guest
def test_the_kernels_own_hhf_can_be_read(kernel: Kernel) -> None:
    assert "hhf_classify" in hhf_source(kernel).read_text()
