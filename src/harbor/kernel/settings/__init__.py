"""Settings: every word an operator can say to the server, what it means, and where it is looked for.

A flag outweighs the environment, the environment the file `harbor.toml` in the data directory, the file the default.
Nothing here reads the environment by itself. Source: docs/operating/running.md#settings.
"""

from harbor.kernel.settings.loading import FILE_NAME, find_data, load
from harbor.kernel.settings.setting import GROUPS, Setting
from harbor.kernel.settings.table import SETTINGS, Network, Settings

__all__ = ["FILE_NAME", "GROUPS", "SETTINGS", "Network", "Setting", "Settings", "find_data", "load"]
