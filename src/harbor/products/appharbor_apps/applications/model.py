"""An application, who may do what with it, and how it is built and run.

Source: docs/products/appharbor.md#applications, #rights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from harbor.kernel.errors import Invalid

NAME_LENGTH_MAX: Final = 120
COMMAND_LENGTH_MAX: Final = 2_000
SLUG_HOLD: Final = timedelta(hours=24)
TRACKED: Final = ("master", "trunk", "default", "main")


class Role(StrEnum):
    """What a person is to an application."""

    COLLABORATOR = "collaborator"
    ADMINISTRATOR = "administrator"
    OWNER = "owner"


class Right(StrEnum):
    """What may be done with an application."""

    READ = "read"
    PUSH = "push"
    CONFIGURE = "configure"
    DELETE = "delete"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.COLLABORATOR: frozenset({Right.READ, Right.PUSH}),
    Role.ADMINISTRATOR: frozenset({Right.READ, Right.PUSH, Right.CONFIGURE}),
    Role.OWNER: frozenset(Right),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application. `tracking_branch` None tracks the usual names. Ids of builds say what is live and what will be."""

    account_id: str
    id: int
    slug: str
    name: str
    region: str
    person_id: str
    tracking_branch: str | None
    environment_name: str
    precompilation: bool
    build_command: str | None
    test_command: str | None
    health_check_path: str
    fail_on_test_failure: bool
    is_file_system_writable: bool
    sealed_build_token: str = field(repr=False)
    build_token_digest: str = field(repr=False)
    live_build_id: int | None
    deploying_build_id: int | None
    wanted_build_id: int | None
    created_at: datetime
    updated_at: datetime

    def tracks(self, branch: str) -> bool:
        """Whether builds of this branch are deployed."""
        return branch == self.tracking_branch if self.tracking_branch else branch in TRACKED

    @property
    def default_branch(self) -> str:
        """The branch that `default` in the body of a build means."""
        return self.tracking_branch or TRACKED[0]


def check_name(value: str) -> str:
    """The name without blanks around it. Raises `Invalid`."""
    name = value.strip()
    if not name:
        raise Invalid("name is required.", field="name")
    if len(name) > NAME_LENGTH_MAX:
        raise Invalid(f"name has {len(name)} characters; at most {NAME_LENGTH_MAX} fit.", field="name")
    if not name.isprintable():
        raise Invalid("name has a character that cannot be printed.", field="name")
    return name


def check_word(value: str, name: str) -> str:
    """A branch or an environment's name. Raises `Invalid`."""
    text = value.strip()
    if not 1 <= len(text) <= NAME_LENGTH_MAX or any(letter.isspace() or ord(letter) < 32 for letter in text):
        raise Invalid(f"{name} must have 1 to {NAME_LENGTH_MAX} characters and no blanks.", field=name)
    return text


def check_command(value: str, name: str) -> str | None:
    """A command of one line; an empty one is none. Raises `Invalid`."""
    text = value.strip()
    if len(text) > COMMAND_LENGTH_MAX or any(letter in text for letter in "\r\n\0"):
        raise Invalid(f"{name} must be one line of at most {COMMAND_LENGTH_MAX} characters.", field=name)
    return text or None


def check_path(value: str, name: str) -> str:
    """The path of a health check. Raises `Invalid`."""
    text = value.strip()
    is_plain = text.isascii() and text.isprintable() and " " not in text
    if not text.startswith("/") or len(text) > COMMAND_LENGTH_MAX or not is_plain:
        raise Invalid(f"{name} must be a path, like /healthz.", field=name)
    return text
