"""Bytes that many hold at once within one bound, counted for any thread."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from harbor.kernel.errors import Unavailable


class Budget:
    """How many bytes all may hold together. Who comes when it is used up hears `sentence`, with `headers`."""

    def __init__(
        self, bytes_max: int, sentence: str, *, retry_after_s: float = 2.0, headers: Mapping[str, str] | None = None
    ) -> None:
        self.bytes_max = bytes_max
        self._sentence = sentence
        self._retry_after_s = retry_after_s
        self._headers = dict(headers or {})
        self._used = 0
        # Bytes may be given back by a finalizer, which runs wherever something is allocated: also within `take`.
        self._lock = threading.RLock()

    @property
    def used(self) -> int:
        """Bytes that are held at present."""
        return self._used

    def check(self, size: int) -> None:
        """Raise `Unavailable` if `size` bytes more do not fit now."""
        if self._used + size > self.bytes_max:
            raise Unavailable(self._sentence, retry_after_s=self._retry_after_s, headers=self._headers)

    def take(self, size: int) -> None:
        """Count `size` bytes more, or raise `Unavailable`."""
        with self._lock:
            self.check(size)
            self._used += size

    def give_back(self, size: int) -> None:
        """Count `size` bytes less."""
        with self._lock:
            assert size <= self._used, (size, self._used)
            self._used -= size
