# SPDX-License-Identifier: GPL-2.0-or-later
"""Extra Kconfig fragments, from the command line to the key and to .config."""

import pytest

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import apt, build, fragments, obtain
from hhf_testbed.progress import Silent


def get(builder, *wanted, name="6.12"):
    return obtain.get(name, fragments=wanted, reporter=Silent(), builder=builder)


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "My Options.config"
    file.write_text("# why\nCONFIG_BLOCK=y\n")
    return file


def test_a_fragment_makes_a_kernel_of_its_own_with_its_name(builder, built, mine):
    plain, extra = get(builder), get(builder, str(mine))
    assert (plain.name, extra.name) == ("6.12", "6.12+my-options")
    assert get(builder, str(mine)) == obtain.find("6.12", fragments=[str(mine)]) == extra
    assert obtain.find("6.12") == obtain.find() == plain
    assert len(built) == 2


def test_another_text_or_order_of_fragments_is_another_kernel(builder, mine, tmp_path):
    (tmp_path / "b.config").write_text("CONFIG_VT=y\n")
    files = [str(mine), str(tmp_path / "b.config")]
    first = get(builder, *files)
    assert get(builder, *files[::-1]).key != first.key
    mine.write_text("CONFIG_BLOCK=n\n")
    assert get(builder, *files).key != first.key


def test_a_shipped_fragment_is_part_of_the_name(builder):
    assert get(builder, name="6.12+debug") == get(builder, "debug")
    assert obtain.find("6.12") is None


@pytest.mark.parametrize("name", fragments.optional())
def test_each_shipped_fragment_asks_for_options(name):
    assert fragments.parse(fragments.read(name)[1])


def test_what_is_extra_overrules_what_is_shipped():
    asked = fragments.parse(fragments.joined("CONFIG_BLOCK=y\n# CONFIG_VETH is not set\n"))
    assert (asked["BLOCK"], asked["VETH"], asked["NET_SCH_HHF"]) == ("y", "n", "m")
    assert fragments.joined("") == fragments.shipped()


def test_an_extra_option_that_kconfig_refuses_is_named(tmp_path):
    granted = "".join(f"CONFIG_{k}={v}\n" for k, v in fragments.parse(fragments.shipped()).items())
    (tmp_path / "granted").write_text(granted + "CONFIG_HZ=250\n")
    (tmp_path / "Makefile").write_text("allnoconfig:\n\tcp granted .config\n")
    build.configure(tmp_path, 250)
    with pytest.raises(LabFailure, match=r"CONFIG_NO_SUCH_THING=y \(is n\)"):
        build.configure(tmp_path, 250, "CONFIG_NO_SUCH_THING=y\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "asks for nothing"),
        (b"# nothing\n", "asks for nothing"),
        (b"BLOCK=y\n", "'BLOCK=y' is no Kconfig line"),
        (b"CONFIG_A=y\nCONFIG_A=n\n", "CONFIG_A is asked for as y and as n"),
        (b"CONFIG_HZ=100\n", "only --hz"),
        (b"\xff\xfe", "it is not text"),
        (b"# long\n" * 200_000, "more than 1048576 bytes"),
    ],
)
def test_a_file_that_is_no_fragment_is_refused(builder, mine, content, told):
    mine.write_bytes(content)
    with pytest.raises(RequestError, match=told):
        get(builder, str(mine))


@pytest.mark.parametrize("place", ["", "missing"])
def test_a_fragment_that_cannot_be_read_is_refused_with_the_choices(builder, tmp_path, place):
    with pytest.raises(RequestError, match=r"cannot be read \(.*allowed is a file.*debug"):
        get(builder, str(tmp_path / place))


def test_a_shipped_fragment_that_changed_makes_its_kernels_old(builder, monkeypatch, tmp_path):
    get(builder, name="6.12+debug")
    get(builder)
    (tmp_path / "debug.config").write_text("CONFIG_VT=y\n")
    monkeypatch.setattr(fragments, "_OPTIONAL", tmp_path)
    current = {entry.recipe.name: obtain.is_current(entry) for entry in obtain.cached()}
    assert current == {"6.12": True, "6.12+debug": False}


def test_a_kernel_with_a_fragment_of_ones_own_is_old_when_its_package_is(
    builder, mine, monkeypatch
):
    get(builder, str(mine))
    (entry,) = obtain.cached()
    assert obtain.is_current(entry)
    monkeypatch.setattr(apt, "offers", lambda: [apt.Offer("6.12", "6.12.118-1", 1, "")])
    assert not obtain.is_current(entry)
