"""Marks the threads that are inside a piece of work, so that tests can refuse what a repeatable work must not do."""

from __future__ import annotations

import threading


class _Inside(threading.local):
    work = False


inside = _Inside()
