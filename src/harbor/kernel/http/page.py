"""Pages: how a product shows itself in the console. A section is a value: links for the navigation, routes, templates.

A handler of a page is an ordinary handler. It returns `Html`, or `go(...)` after a form was taken. The console brings
the session, the layout, the form's token and the errors. Source: docs/guides/console-pages.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Answer, Route

CONSOLE = "/console"  # where the pages of all sections lie


class Form(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a form sends. Numbers and booleans are read from their words; a field of a list type may be repeated.

    Give every field a default, so that the handler and not the decoder says in whose words something is wrong.
    """


@dataclass(frozen=True, slots=True)
class Html:
    """A page made from `template` of the section's folder. `trail` leads to it: labels and addresses."""

    template: str
    title: str
    context: Mapping[str, Any] = field(default_factory=dict)
    trail: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation. `path` lies below the console; who lacks `scope` does not see it.

    `{environment}` and `{workspace_id}` in it are those of the page that is shown, or of the account's default workspace.
    """

    label: str
    path: str
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What somebody should look at, shown above every page of the account. `path` lies below the console."""

    text: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One product's part of the console.

    Routes whose path begins with `/{environment}` act in that account, all others in the production account. Those with
    `{workspace_id}` get it from the workspace switch. `notices` are the sentences that `go(..., done=...)` names.
    `member_scopes` is what people who are neither owner nor administrator may do here. Where something else decides what
    somebody may open, `links_of` gives their links in the account that these lead to, and `links` are those that anybody
    may open, for a page of an error that knows no better. It is asked as `alerts` are. `alerts` is asked in the
    transaction of every page, so it reads an index and gives a few.
    """

    name: str
    label: str
    icon: str
    links: Sequence[Link]
    routes: Sequence[Route]
    templates: Path
    notices: Mapping[str, str] = field(default_factory=dict)
    member_scopes: frozenset[str] = frozenset()
    links_of: Callable[[Call], Sequence[Link]] | None = None
    alerts: Callable[[Call], Sequence[Alert]] = lambda _call: ()


def go(path: str, *, done: str | None = None, **query: str) -> Answer:
    """On to another page of the console after something was done: 303. `done` names the notice shown there."""
    asked = {**query, **({"done": done} if done else {})}
    return Answer(303, None, {"Location": CONSOLE + path + (f"?{urlencode(asked)}" if asked else "")})
