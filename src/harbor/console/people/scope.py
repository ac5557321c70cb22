"""What looking after people takes. It is granted to nobody by name: owners and administrators have every scope."""

from __future__ import annotations

from typing import Final

SCOPE: Final = "people:manage"
