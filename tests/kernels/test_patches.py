# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import patches

KCONFIG = (
    "config NR_CPUS\n\tint\n\tdefault 1\n\nconfig HZ\n\tint\n\tdefault 100\n\nconfig X\n\tbool\n"
)
OFFSETS = """#else
#ifdef FP_XSTATE_MAGIC1
	DEFINE_LONGS(HOST_FP_SIZE, 2696);
#else
	DEFINE(HOST_FP_SIZE, sizeof(struct _fpstate) / sizeof(unsigned long));
#endif
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in (("arch/um/Kconfig", KCONFIG), ("arch/x86/um/user-offsets.c", OFFSETS)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_hz_is_set_and_nothing_else_changes(tree):
    patches.set_hz(tree, 1000)
    assert (tree / "arch/um/Kconfig").read_text() == KCONFIG.replace("100\n", "1000\n", 1)


@pytest.mark.parametrize("text", ["", KCONFIG + KCONFIG, KCONFIG.replace("int", "int 'Rate'")])
def test_hz_in_another_shape_stops_the_build(tree, text):
    (tree / "arch/um/Kconfig").write_text(text)
    with pytest.raises(LabFailure, match="expected exactly one config HZ"):
        patches.set_hz(tree, 1000)


def test_the_register_buffer_grows(tree):
    patches.raise_fp_size(tree)
    text = (tree / "arch/x86/um/user-offsets.c").read_text()
    assert text == OFFSETS.replace("2696", "12288")


def test_a_tree_without_the_fixed_buffer_is_left_alone(tree):
    file = tree / "arch/x86/um/user-offsets.c"
    file.write_text("DEFINE_LONGS(HOST_BX, RBX);\n")
    patches.raise_fp_size(tree)
    assert file.read_text() == "DEFINE_LONGS(HOST_BX, RBX);\n"


def test_a_fixed_buffer_of_another_size_stops_the_build(tree):
    (tree / "arch/x86/um/user-offsets.c").write_text(OFFSETS.replace("2696", "3000"))
    with pytest.raises(LabFailure, match="HOST_FP_SIZE of 2696 bytes, found 0"):
        patches.raise_fp_size(tree)


def test_a_directory_that_is_no_kernel_tree_is_named(tmp_path):
    with pytest.raises(LabFailure, match="no kernel tree"):
        patches.apply_all(tmp_path, 250)
