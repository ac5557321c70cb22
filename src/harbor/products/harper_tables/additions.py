"""The operations that go beyond the original, joined. A client that asks for none of them sees no difference.

Source: docs/products/harper.md, each row marked `ours`.
"""

from __future__ import annotations

from collections.abc import Sequence

from harbor.products.harper_tables.batches.api import batch_operations
from harbor.products.harper_tables.catalog.altering_api import OPERATIONS as ALTERING
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.records.changes_api import changes_operations
from harbor.products.harper_tables.records.revert_api import OPERATIONS as REVERT
from harbor.products.harper_tables.search.explain_api import explain_operations


def additions(known: Sequence[Operation]) -> tuple[Operation, ...]:
    """What is added to the operations that are known, some of which act on those."""
    return (*ALTERING, *REVERT, *batch_operations(known), *changes_operations(), *explain_operations(known))
