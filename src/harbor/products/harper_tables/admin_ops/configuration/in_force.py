"""The configuration that this process runs with: read when it starts, and when it is restarted.

What a flag, the environment or the file of settings says outweighs what `set_configuration` stored, and that the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, cast

from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops.configuration.keys import find

# The tool that holds it.
TOOL: Final = "harper.configuration"
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Configuration:
    """What is in force, by key. `started_with` are the keys that flag, environment and file have set."""

    def __init__(self, started_with: Mapping[str, Any] = _NOTHING, stored: Mapping[str, Any] = _NOTHING) -> None:
        self.started_with = started_with
        self.stored = stored

    def __getitem__(self, key: str) -> Any:
        known = find(key)
        assert known is not None, key
        for place in (self.started_with, self.stored):
            if (value := place.get(key)) is not None:
                return value
        return known.default

    def renew(self, stored: Mapping[str, Any]) -> None:
        """What was stored by now counts from now on."""
        self.stored = stored

    def is_behind(self, stored: Mapping[str, Any]) -> bool:
        """Whether a restart would change something."""
        return Configuration(self.started_with, stored)._all() != self._all()

    def _all(self) -> dict[str, Any]:
        return {**self.stored, **self.started_with}


def configuration_of(services: Services) -> Configuration:
    """The configuration of the process that `services` belong to; the defaults where nobody composed one."""
    return cast(Configuration | None, services.tools.get(TOOL)) or Configuration()
