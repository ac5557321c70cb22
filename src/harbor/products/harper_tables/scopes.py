"""What people of the console may do with Harper. Source: docs/products/harper.md#the-console."""

from __future__ import annotations

from typing import Final

READ: Final = "harper:read"
MANAGE: Final = "harper:manage"
# Without a role of owner or administrator.
OF_MEMBERS: Final = frozenset({READ})
