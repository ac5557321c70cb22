"""The parts of pages: nothing in them is script or style, and nothing a person wrote becomes markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from tests.console.gallery_page import FOLDER, NOW, page, part

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"
STYLES = FOLDER / "static" / "console.css"

PARTS = [
    "{{ ui.field(x, x, x, help=x, error=x, placeholder=x, pattern=x, list=x) }}",
    "{{ ui.textarea(x, x, x, help=x, error=x, placeholder=x) }}",
    "{{ ui.file_field(x, x, accept=x, help=x, error=x) }}",
    "{{ ui.select(x, x, [(x, x), x], chosen=x, help=x, error=x, empty=x) }}",
    "{{ ui.checks(x, x, [(x, x, x), x], chosen=[x], help=x, error=x) }}",
    "{{ ui.check(x, x, value=x, help=x) }}",
    "{{ ui.button(x, x, busy=x, name=x, value=x) }}{{ ui.link_button(x, x, x) }}",
    "{{ ui.post_button(x, x, x, confirm=x, fields={x: x}, word=x, busy=x) }}",
    "{% call ui.form(x, confirm=x, word=x, id=x, files=true) %}{{ x }}{% endcall %}",
    "{% call ui.filters(x) %}{{ x }}{% endcall %}",
    "{{ ui.badge(x, x) }}{{ ui.badge(x) }}",
    "{{ ui.copyable(x, x) }}{{ ui.secret_once(x, x) }}",
    "{{ ui.note(x, x) }}{{ ui.empty(x, x, picture=x) }}",
    "{% call ui.table([x, (x, x)], caption=x, id=x) %}{{ ui.row_check(x, x, x, form=x) }}{% endcall %}",
    "{{ ui.pager(x, x, next=x, previous=x) }}{{ ui.kv([(x, x)]) }}",
    "{{ ui.json_view(x, x) }}{{ ui.code(x, x, label=x) }}",
    "{{ ui.tabs([(x, x, true)], label=x) }}{{ ui.stat(x, x, x, kind=x) }}",
    "{{ ui.chart(x, x, title=x) }}{{ ui.icon(x) }}",
    "{% call ui.live(x, [x], caption=x) %}{{ x }}{% endcall %}",
]


class _Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("source", PARTS)
def test_hostile_words_stay_words(source: str) -> None:
    seen = _Seen(part(source, x=HOSTILE))

    assert {tag for tag, _ in seen.tags}.isdisjoint({"script", "img"})
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]


def test_every_part_is_tried_with_hostile_words() -> None:
    macros = set(re.findall(r"{% macro ([a-z]\w*)", (FOLDER / "templates" / "parts.html").read_text("utf-8")))

    tried = set(re.findall(r"ui\.(\w+)", "".join(PARTS)))
    assert macros - tried == {"csrf_field", "moment"}  # neither takes words


def test_every_part_is_in_the_gallery() -> None:
    macros = set(re.findall(r"{% macro ([a-z]\w*)", (FOLDER / "templates" / "parts.html").read_text("utf-8")))

    shown = set(re.findall(r"ui\.(\w+)", (FOLDER / "templates" / "gallery.html").read_text("utf-8")))
    assert macros - shown == {"csrf_field"}  # stands in every form


def test_a_page_keeps_the_content_policy() -> None:
    seen = _Seen(page())

    names = {name for _, attributes in seen.tags for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    assert [attributes["src"] for tag, attributes in seen.tags if tag == "script"] == [
        "/console/static/v/theme_early.js",
        "/console/static/v/main.js",
    ]
    assert "style" not in {tag for tag, _ in seen.tags}


def test_every_picture_that_is_shown_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (FOLDER / "static" / "icons.svg").read_text("utf-8")))
    texts = [path.read_text("utf-8") for kind in ("html", "py") for path in FOLDER.parent.rglob(f"*.{kind}")]

    named = {name for text in texts for name in re.findall(r'(?:icon\(|icon=|picture=)"([\w-]*\w)"', text)}
    assert named <= drawn
    assert {f"state-{kind}" for kind in ("ok", "bad", "warning", "wait", "info", "idle")} <= drawn


def test_forms_carry_the_token() -> None:
    seen = _Seen(page())

    forms = [attributes for tag, attributes in seen.tags if tag == "form" and attributes.get("method") == "post"]
    tokens = [attributes for tag, attributes in seen.tags if attributes.get("name") == "_token"]
    assert len(forms) == len(tokens)
    assert {token["value"] for token in tokens} == {"first-token"}


def test_a_field_is_tied_to_what_is_said_about_it() -> None:
    text = part('{{ ui.field("url", "URL", help="Where to.", error="Not there.") }}')

    assert 'aria-invalid="true"' in text
    assert 'aria-describedby="f-url-error f-url-help"' in text
    assert 'id="f-url-error"' in text
    assert 'id="f-url-help"' in text


def test_a_text_keeps_its_first_line_when_it_is_empty() -> None:
    # Browsers drop one line end after the tag, so there must be one more.
    assert ">\n\nsecond</textarea>" in part('{{ ui.textarea("t", "T", text) }}', text="\nsecond")


@pytest.mark.parametrize(
    ("word", "kind"), [("succeeded", "ok"), ("failed", "bad"), ("pending", "wait"), ("odd", "idle")]
)
def test_a_state_has_a_shape_besides_its_colour(word: str, kind: str) -> None:
    text = part("{{ ui.badge(word) }}", word=word)

    assert f'class="badge {kind}"' in text
    assert f"#state-{kind}" in text


def test_a_moment_tells_utc_without_scripts() -> None:
    text = part("{{ ui.moment(at) }}{{ ui.moment(none) }}", at=NOW)

    assert ">2026-05-25 12:30:00 UTC</time>" in text
    assert 'datetime="2026-05-25T12:30:00.000Z" title="2026-05-25T12:30:00.000Z"' in text
    assert "never" in text


@pytest.mark.parametrize(("environment", "word"), [("sandbox", "Sandbox"), ("production", "Production")])
def test_the_environment_is_told_in_words_and_in_the_title(environment: str, word: str) -> None:
    text = page(environment=environment)

    assert f"<strong>{word}</strong>" in text
    assert f"<title>Gallery · {word} · Harbor</title>" in text
    assert f'<section class="band {environment}"' in text


def test_the_style_sheet_is_small() -> None:
    assert len(STYLES.read_bytes()) < 33_000


@pytest.mark.parametrize("ground", ["ground", "sheet", "sunk", "raised"])
@pytest.mark.parametrize("ink", ["ink", "ink-soft", "sea", "bad", "ok", "warning", "info"])
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_words_stand_out_from_their_ground(ink: str, ground: str, theme: int) -> None:
    assert _contrast(_colour(ink, theme), _colour(ground, theme)) >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edges_of_fields_and_lines_of_charts_can_be_seen(theme: int) -> None:
    for name in ("line-strong", *(f"c{number}" for number in range(1, 7))):
        assert _contrast(_colour(name, theme), _colour("sheet", theme)) >= 3  # WCAG 2.2, 1.4.11


def _colour(name: str, theme: int) -> str:
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\);", STYLES.read_text("utf-8"))
    assert found is not None, name
    return found.group(theme + 1)


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
