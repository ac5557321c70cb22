"""Marks the threads that are inside a piece of work: tests refuse what it must not do, and SQLite interrupts it alone."""

from __future__ import annotations

import threading


class _Inside(threading.local):
    work = False


inside = _Inside()
