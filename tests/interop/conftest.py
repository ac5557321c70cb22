"""The npm verifiers, installed once for all tests that ask them."""

from __future__ import annotations

import pytest
from tests.interop.verifiers import NodeVerifiers


@pytest.fixture(scope="session")
def node_verifiers() -> NodeVerifiers:
    """The three npm verifiers."""
    return NodeVerifiers.installed()
