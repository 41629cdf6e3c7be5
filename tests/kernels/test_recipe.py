# SPDX-License-Identifier: GPL-2.0-or-later
from dataclasses import fields, replace

import pytest

from hhf_testbed.kernels.recipe import Recipe

RECIPE = Recipe.of("6.12", 250, "linux-source-6.12 6.12.117-1")


@pytest.mark.parametrize("field", [field.name for field in fields(Recipe)])
def test_the_key_changes_with_each_ingredient(field):
    old = getattr(RECIPE, field)
    other = replace(RECIPE, **{field: old + 1 if isinstance(old, int) else old + "x"})
    assert other.key != RECIPE.key
    assert not other.satisfied_by(RECIPE)


def test_every_ingredient_of_this_machine_is_known():
    assert all(getattr(RECIPE, field.name) for field in fields(Recipe))


def test_what_is_not_known_here_is_satisfied_by_any_kernel():
    assert replace(RECIPE, name="", source="", compiler="").satisfied_by(RECIPE)
    assert not RECIPE.satisfied_by(replace(RECIPE, source=""))
