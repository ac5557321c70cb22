"""What costs much so that guessing costs much, made cheap: thousands of tests sign in, and one folder asks what it costs.

A hash took 18 ms, which was a fifth of the computing of all tests that know a person; a token took 26 ms, because its
key is read and examined for each. `AS_THEY_ARE` is for tests of passwords themselves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jwt.algorithms
from argon2 import PasswordHasher

from harbor.kernel.identity import passwords

AS_THEY_ARE: dict[str, Any] = {name: getattr(passwords, name) for name in ("_HASHER", "_HASH_OF_NOBODY")}
_KEYS_MAX = 64


def lighten() -> None:
    """From here on passwords and tokens of this process are cheap. The servers of other processes are as they are."""
    light = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._HASHER = light
    passwords._HASH_OF_NOBODY = light.hash("nobody has this one")
    algorithms: Any = jwt.algorithms
    algorithms.load_pem_private_key = lru_cache(_KEYS_MAX)(algorithms.load_pem_private_key)
