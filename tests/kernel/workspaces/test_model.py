"""The name of a workspace."""

from __future__ import annotations

import pytest

from harbor.kernel.errors import Invalid
from harbor.kernel.workspaces.model import NAME_LENGTH_MAX, check_name


@pytest.mark.parametrize(
    ("given", "name"), [("Shop", "Shop"), ("  Shop \n", "Shop"), ("é" * NAME_LENGTH_MAX, "é" * NAME_LENGTH_MAX)]
)
def test_blanks_around_a_name_do_not_count(given: str, name: str) -> None:
    assert check_name(given) == name


@pytest.mark.parametrize("given", ["", " \t\n", "x" * (NAME_LENGTH_MAX + 1)])
def test_a_name_is_there_and_fits(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_name(given)

    assert refused.value.field == "name"
