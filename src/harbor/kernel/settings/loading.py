"""Where settings are looked for: a flag, the environment, the file, the default; the first that has it wins."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from harbor.kernel.errors import StartRefused
from harbor.kernel.settings.setting import PREFIX, Setting
from harbor.kernel.settings.table import SETTINGS, Settings

FILE_NAME: Final = "harbor.toml"
# Words of client programs and of the tests. The server has nothing to say about them.
FOREIGN: Final = frozenset(
    f"{PREFIX}{word}"
    for word in (
        *("SECRET_KEY", "API_KEY", "WEBHOOK_SECRET", "ADMIN_KEY", "WORKSPACE", "URL"),
        *("HARVEST_TOKEN", "HARVEST_ACCOUNT", "FROM_HARVEST_TOKEN"),
    )
)
FOREIGN_PREFIX: Final = f"{PREFIX}TEST_"
_NAMES: Final = frozenset(setting.name for setting in SETTINGS.values())


def load(*, flags: Mapping[str, object], environ: Mapping[str, str], data_dir: Path) -> tuple[Settings, list[str]]:
    """The settings that hold, and sentences to warn with: words that are no settings, with the nearest that is one.

    `flags` are by word; None and empty ones are not given, nor are empty variables. Paths in the file are relative to
    `data_dir`. Raises `StartRefused` for a value that cannot be, naming the setting, where it was found, and the form.
    """
    path = data_dir / FILE_NAME
    written = _written(path)
    values: dict[str, Any] = {"data": data_dir}
    for setting in SETTINGS.values():
        if setting.word != "data":
            values.update(_found(setting, flags, environ, written, path))
    settings = Settings(**values, given=frozenset(values) - {"data"})
    _check_together(settings)
    return settings, [*_strange_variables(environ), *_strange_words(written, path)]


def find_data(*, flags: Mapping[str, object], environ: Mapping[str, str]) -> Path:
    """The data directory: what `load` needs to find the file. Raises `StartRefused`."""
    setting = SETTINGS["data"]
    return Settings(**_found(setting, flags, environ, {}, Path())).data


def _found(
    setting: Setting, flags: Mapping[str, object], environ: Mapping[str, str], written: Mapping[str, object], path: Path
) -> dict[str, Any]:
    places = (
        (flags.get(setting.word), setting.flag),
        (environ.get(setting.name), f"{setting.name} in the environment"),
        (written.get(setting.word), f"{setting.word} in {path}"),
    )
    for value, place in places:
        if text := _text(value).strip():
            read = _read(setting, text, place)
            # The working directory of a server is an accident; the file's own place is not.
            is_from_file = place is places[-1][1]
            return {setting.word: path.parent / read if is_from_file and isinstance(read, Path) else read}
    return {}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return ",".join(f"{key}={_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    return str(value)


def _read(setting: Setting, text: str, place: str) -> object:
    try:
        return setting.form.read(text)
    except ValueError:
        said = "has a value that cannot be used" if setting.is_secret else f"is {text[:80]!r}"
        raise StartRefused(f"{place} {said}; it must be {setting.form.words}. Example: {setting.example}") from None


def _written(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as trouble:  # a file that is no TOML, and one that is no UTF-8
        raise StartRefused(f"{path} cannot be read: {trouble}. Correct it, or take it away.") from None


def _strange_variables(environ: Mapping[str, str]) -> Iterable[str]:
    for name in sorted(environ):
        is_ours = name.startswith(PREFIX) and name not in FOREIGN and not name.startswith(FOREIGN_PREFIX)
        if is_ours and name not in _NAMES:
            yield f"{name} in the environment is no setting and has no effect{_nearest(name, _NAMES)}."


def _strange_words(written: Mapping[str, object], path: Path) -> Iterable[str]:
    for word in sorted(written):
        if word == "data":
            yield f"data in {path} has no effect: the file is looked for in that directory. Use --data or HARBOR_DATA."
        elif word not in SETTINGS:
            yield f"{word[:80]} in {path} is no setting and has no effect{_nearest(word, SETTINGS)}."


def _nearest(word: str, words: Iterable[str]) -> str:
    near = get_close_matches(word, words, n=1, cutoff=0.7)
    return f"; the nearest is {near[0]}" if near else ""


def _check_together(settings: Settings) -> None:
    """Refuse what is good by itself and not together. Raises `StartRefused`."""
    if settings.workers > 1 and settings.database is None:
        raise StartRefused(
            f"workers is {settings.workers}, but SQLite is written by one process; name a PostgreSQL database with "
            "--database, or leave it at 1."
        )
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise StartRefused("tls_certificate and tls_key belong together; set both or neither.")
    if (settings.smtp_host is None) != (settings.smtp_sender is None):
        raise StartRefused("smtp_host and smtp_sender belong together; set both or neither.")
    if (settings.smtp_username is None) != (settings.smtp_password is None):
        raise StartRefused("smtp_username and smtp_password belong together; set both or neither.")
    if settings.smtp_username is not None and settings.smtp_security == "none":
        raise StartRefused("smtp_security is none, and a password needs protection; set it to starttls or tls.")
    if both := set(settings.production_hosts) & set(settings.sandbox_hosts):
        raise StartRefused(f"{min(both)} is in production_hosts and in sandbox_hosts; a host has one environment.")
