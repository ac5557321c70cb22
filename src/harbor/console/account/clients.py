"""Which program a session is in, in the words people use: `Firefox on Linux`."""

from __future__ import annotations

# In this order, because each later one's name stands in the words of those before it too.
_PROGRAMS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("HeadlessChrome/", "Chrome without a window"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def in_words(client: str) -> str:
    """What a client said of itself, in short; unchanged where nothing in it is known."""
    program = next((name for mark, name in _PROGRAMS if mark in client), None)
    system = next((name for mark, name in _SYSTEMS if mark in client), None)
    if program is None:
        return client
    return f"{program} on {system}" if system else program
