"""From `Html` to bytes: templates, the layout around a page, and the addresses on it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, DictLoader, Environment, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape

from harbor.console import charts
from harbor.console.assets import asset, version
from harbor.console.cookies import form_token, secret_of
from harbor.console.first_person import SET_UP_PATH, is_first
from harbor.kernel.call import Call
from harbor.kernel.clock import iso_ms
from harbor.kernel.http.page import CONSOLE, Alert, Html, Link, Section
from harbor.kernel.http.request import Request
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment as Side
from harbor.kernel.identity.model import Principal
from harbor.kernel.identity.sessions import SignedIn
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Workspace

BASE = CONSOLE
_REMEMBERED_MAX = 1_000
MEDIA_TYPE = "text/html; charset=utf-8"
_SWITCH_ITEMS_MAX = 100
_TEMPLATES = Path(__file__).parent / "templates"


Links = Mapping[str, Sequence[Link]]  # of sections that choose them for who looks, by their names


@dataclass(frozen=True, slots=True)
class Around:
    """What the layout shows that is read in the page's transaction: the workspaces of its account."""

    workspaces: Sequence[Workspace]
    default_ids: Mapping[str, str]  # by environment
    account_ids: Mapping[str, str]  # by environment
    organization: str
    is_operator: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A page and what stands around it, ready to be rendered."""

    html: Html
    around: Around | None = None
    alerts: Sequence[Alert] = ()
    links: Links = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the navigation."""

    label: str
    href: str
    is_current: bool


@dataclass(slots=True)
class Renderer:
    """Renders the pages of all sections. Templates of a section are named `section/page.html`, ours without a prefix."""

    sections: Sequence[Section]
    account_links: Sequence[tuple[str, str]] = ()
    # Sections that are about the installation, which only the organization that operates it sees.
    operators_only: frozenset[str] = frozenset()
    _environment: Environment = field(init=False)
    _by_route: dict[str, Section] = field(init=False)
    _of_a_side: frozenset[str] = field(init=False)  # routes whose path names the environment
    _remembered: OrderedDict[str, Around] = field(init=False, default_factory=OrderedDict)
    _links: OrderedDict[tuple[str, str], Links] = field(init=False, default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._environment = _templates(tuple((section.name, section.templates) for section in self.sections))
        version()  # pages name assets, and those are read now too
        self._by_route = {route.name: section for section in self.sections for route in section.routes}
        self._of_a_side = frozenset(
            route.name for section in self.sections for route in section.routes if "{environment}" in route.path
        )

    def show(self, value: object, call: Call) -> object:
        """A handler's result in its transaction: pages get what the layout needs."""
        if not isinstance(value, Html):
            return value
        found = around(call.tx, call.principal)
        if found is None:
            return Shown(value)
        _remember(self._remembered, call.principal.account_id, found)
        alerts = [alert for section in self.sections for alert in section.alerts(call)]
        side = call.principal.environment if call.route in self._of_a_side else Side.SANDBOX
        there = call.within(found.account_ids[side])
        links = {section.name: section.links_of(there) for section in self.sections if section.links_of is not None}
        _remember(self._links, (there.account_id, call.principal.actor), links)
        return Shown(value, found, alerts, links)

    def refusal(self, html: Html, request: Request) -> bytes:
        """A page that has no transaction, with around it what the last page of the account had."""
        signed_in: SignedIn | None = request.signed_in
        known = self._remembered.get(signed_in.principal.account_id) if signed_in else None
        links: Links = {}
        if signed_in and known:
            side = request.params.get("environment") or Side.SANDBOX
            links = self._links.get((known.account_ids.get(side, ""), signed_in.principal.actor), {})
        return self.bytes_of(html.template, Shown(html, known, links=links), request)

    def encode(self, value: object, request: Request) -> tuple[bytes, str]:
        """The bytes of a page."""
        assert isinstance(value, Shown), value
        section = self._by_route.get(request.route_name)
        name = f"{section.name}/{value.html.template}" if section is not None else value.html.template
        return self.bytes_of(name, value, request, section), MEDIA_TYPE

    def bytes_of(self, name: str, shown: Shown, request: Request, section: Section | None = None) -> bytes:
        """A template with everything the layout wants to know."""
        layout = self._layout(request, shown, section)
        return self._environment.get_template(name).render({**layout, **shown.html.context}).encode()

    def _layout(self, request: Request, shown: Shown, section: Section | None) -> dict[str, Any]:
        signed_in: SignedIn | None = request.signed_in
        secret = secret_of(request)
        environment = request.params.get("environment") or (Side.SANDBOX if signed_in else None)
        default_id = shown.around.default_ids.get(environment or "") if shown.around else None
        workspace_id = request.params.get("workspace_id") or default_id
        place = {"environment": environment or "", "workspace_id": workspace_id or ""}
        person = signed_in.person if signed_in else None
        return {
            "page": {
                "title": shown.html.title,
                "section": section.label if section else None,
                "trail": [(label, BASE + href.format_map(place)) for label, href in shown.html.trail],
            },
            "nav": self._navigation(request, signed_in, place, shown) if signed_in else [],
            "environment": environment if "environment" in request.params else None,
            "environments": [(side.value, f"{BASE}/{side.value}") for side in Side] if signed_in else [],
            "workspaces": self._switch(request, shown.around) if signed_in else [],
            "person": person,
            "account_links": [(label, BASE + path) for label, path in self.account_links],
            "organization": shown.around.organization if shown.around else None,
            "csrf": form_token(secret) if secret and signed_in else "",
            "notice": self._notice(request, section),
            "banners": [
                *_banners(request, signed_in),
                *(("danger", alert.text, BASE + alert.path) for alert in shown.alerts),
            ],
            "here": BASE + request.path,
            "place": {"environment": environment, "workspace_id": workspace_id},
            "href": lambda path, **query: BASE + path.format_map({**place, **query}),
        }

    def _navigation(
        self, request: Request, signed_in: SignedIn, place: Mapping[str, str], shown_: Shown
    ) -> list[dict[str, Any]]:
        here = BASE + request.path
        is_operator = shown_.around is not None and shown_.around.is_operator
        entries = []
        for section in self.sections:
            if section.name in self.operators_only and not is_operator:
                continue
            links = [
                (link.label, BASE + link.path.format_map(place))
                for link in shown_.links.get(section.name, section.links)
                if (link.scope is None or signed_in.principal.has_scope(link.scope))
                # A page of an error may know no workspace, and then leads to none.
                and (place["workspace_id"] or "{workspace_id}" not in link.path)
            ]
            # The longest address that the page lies under is where one is.
            best = max((href for _, href in links if (here + "/").startswith(href + "/")), key=len, default=None)
            shown = [Entry(label, href, href == best) for label, href in links]
            if shown:
                entries.append({"label": section.label, "icon": section.icon, "links": shown})
        return entries

    def _switch(self, request: Request, around_: Around | None) -> list[tuple[str, str, str, bool]]:
        if around_ is None or "environment" not in request.params:
            return []
        present = request.params.get("workspace_id")
        default_id = around_.default_ids.get(request.params["environment"])
        route_path = request.path
        return [
            (
                one.id,
                one.name,
                BASE + _elsewhere(route_path, present, one.id),
                one.id == (present or default_id),
            )
            for one in around_.workspaces
        ]

    def _notice(self, request: Request, section: Section | None) -> str | None:
        # Only a page of a section has notices. A refusal has none, and it may be the query that is refused.
        if section is None:
            return None
        done = next((value for name, value in request.query if name == "done"), None)
        return None if done is None else section.notices.get(done)


def _ticks(text: str) -> Markup:
    """Text in which what stands between backticks is code."""
    parts = [
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


@cache
def _templates(sections: tuple[tuple[str, Path], ...]) -> Environment:
    """The templates of all sections. They are read now: a page is made in a transaction, where no file is opened."""
    prefixed = {name: DictLoader(_read(folder)) for name, folder in sections}
    environment = Environment(
        loader=ChoiceLoader([PrefixLoader(prefixed), DictLoader(_read(_TEMPLATES))]),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=asset, base=BASE, iso=iso_ms)
    # Pages of products know templates and not the console: `bars(moments, series("Sent", counts), title="Sent")`.
    environment.globals.update(
        series=charts.Series, bars=charts.bars, lines=charts.lines, stacked=charts.stacked, spark=charts.spark
    )
    environment.filters["ticks"] = _ticks
    return environment


def _read(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.html"))}


def around(tx: Tx, principal: Principal) -> Around | None:
    """What the layout reads: at most 100 workspaces, the newest first."""
    if not principal.account_id:
        return None
    page = workspaces.by_id(tx, [principal.account_id], PageRequest(limit=_SWITCH_ITEMS_MAX))
    organization = identity.organization(tx, principal.organization_id)
    accounts = identity.accounts_of(tx, principal.organization_id)
    defaults = {side.value: workspaces.default_of(tx, account.id).id for side, account in accounts.items()}
    ids = {side.value: account.id for side, account in accounts.items()}
    assert organization is not None, principal.organization_id
    return Around(page.items, defaults, ids, organization.name, organization.is_operator)


def _remember(known: OrderedDict[Any, Any], key: object, value: object) -> None:
    known[key] = value
    if len(known) > _REMEMBERED_MAX:
        known.popitem(last=False)


def _elsewhere(path: str, present: str | None, workspace_id: str) -> str:
    """The same page of another workspace; a page of one object leads to the list it is in."""
    if present is None:
        return path
    before, _, after = path.partition(present)
    return f"{before}{workspace_id}/{after.strip('/').partition('/')[0]}".rstrip("/")


def _banners(request: Request, signed_in: SignedIn | None) -> list[tuple[str, str, str]]:
    if signed_in is None or not is_first(signed_in.person) or request.path == SET_UP_PATH:
        return []
    text = "You still sign in as the first administrator. Choose your e-mail and password."
    return [("warning", text, BASE + SET_UP_PATH)]
