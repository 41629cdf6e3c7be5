# SPDX-License-Identifier: GPL-2.0-or-later
import json
from dataclasses import fields, replace

import pytest

from hhf_testbed.kernels.recipe import OPTIONAL, Recipe, digest

RECIPE = Recipe.of("6.12", 250, "linux-source-6.12 6.12.117-1")


@pytest.mark.parametrize("field", [field.name for field in fields(Recipe)])
def test_the_key_changes_with_each_ingredient(field):
    old = getattr(RECIPE, field)
    other = replace(RECIPE, **{field: old + 1 if isinstance(old, int) else old + "x"})
    assert other.key != RECIPE.key
    assert not other.satisfied_by(RECIPE)


def test_every_ingredient_of_this_machine_is_known():
    empty = {field.name for field in fields(Recipe) if not getattr(RECIPE, field.name)}
    assert empty == set(OPTIONAL)


def test_an_ingredient_that_most_kernels_lack_is_no_part_of_their_keys():
    known = {field.name: getattr(RECIPE, field.name) for field in fields(Recipe)}
    former = {name: value for name, value in known.items() if name not in OPTIONAL}
    assert RECIPE.key == digest(json.dumps(former, sort_keys=True))


@pytest.mark.parametrize("name", ["5.10", "5.10-bullseye", "5.15-tree"])
def test_an_old_kernel_has_the_old_patches_in_its_key(name):
    assert Recipe.of(name, 250, "x").old_patches_sha256
    assert not Recipe.of("6.1" + name[4:], 250, "x").old_patches_sha256


def test_what_is_not_known_here_is_satisfied_by_any_kernel():
    assert replace(RECIPE, name="", source="", compiler="").satisfied_by(RECIPE)
    assert not RECIPE.satisfied_by(replace(RECIPE, source=""))
