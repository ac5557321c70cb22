"""A document as a page: nothing on it runs or is loaded, and search engines are asked to leave it alone."""

from __future__ import annotations

from base64 import b64encode
from html import escape

from harbor.products.harvest_timesheets.public_pages.model import Document, Picture, Table

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} – {company}</title>
<style>
:root{{color-scheme:light}}
body{{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}}
table{{border-collapse:collapse;width:100%;margin:1.5rem 0}}
th,td{{padding:.4rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #c9d1d9;overflow-wrap:anywhere}}
td:first-child{{min-width:5rem;overflow-wrap:break-word}}
.figure{{text-align:right;white-space:nowrap;overflow-wrap:normal}}
.text{{white-space:pre-line}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}}
dt{{color:#57606a}}dd{{margin:0}}
.wide{{overflow-x:auto}}
.sums{{width:max-content;max-width:100%;margin-left:auto;font-variant-numeric:tabular-nums}}
.sums dd{{text-align:right}}
.sums dt:last-of-type,.sums dd:last-of-type{{font-weight:700;color:inherit}}
h1,h2,th{{color:{colour}}}
header{{display:flex;flex-wrap:wrap;gap:1rem;justify-content:space-between;align-items:start;border-top:.25rem solid {colour};padding-top:1rem}}
header p{{margin:0;font-weight:600}}
img{{max-width:min(16rem,100%);max-height:6rem}}
</style>
</head>
<body>
<main>
<header><p>{company}</p>{logo}</header>
<h1>{title}</h1>
<p class="text">{client}</p>
{facts}
<div class="wide">{table}</div>
{sums}
{more}
<p class="text">{notes}</p>
{link}
</main>
</body>
</html>
"""


def page(document: Document, *, pdf: str | None = None) -> str:
    """The page of a document, with a link to its PDF if there is one."""
    return _PAGE.format(
        title=escape(document.title),
        company=escape(document.company),
        client=escape(document.client),
        facts=_pairs(document.facts),
        table=_table(document.table),
        sums=_pairs(document.sums, "sums"),
        more=_more(document),
        colour=document.colour,
        logo="" if document.picture is None else _logo(document.picture, document.company),
        notes=escape(document.notes),
        link="" if pdf is None else f'<p><a href="{escape(pdf)}">Download as PDF</a></p>',
    )


def _more(document: Document) -> str:
    if document.more is None:
        return ""
    title, table = document.more
    return f'<h2>{escape(title)}</h2><div class="wide">{_table(table)}</div>'


def _logo(picture: Picture, company: str) -> str:
    data = b64encode(picture.data).decode()
    return f'<img src="data:{picture.content_type};base64,{data}" alt="{escape(company)}">'


def _pairs(pairs: object, name: str = "facts") -> str:
    assert isinstance(pairs, list | tuple), pairs
    inner = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in pairs)
    return f'<dl class="{name}">{inner}</dl>' if inner else ""


def _table(table: Table) -> str:
    first_figure = len(table.headings) - table.figures

    def cells(texts: tuple[str, ...], tag: str) -> str:
        figure = ' class="figure"'
        return "".join(
            f"<{tag}{figure if number >= first_figure else ''}>{escape(text)}</{tag}>"
            for number, text in enumerate(texts)
        )

    head = f"<thead><tr>{cells(table.headings, 'th')}</tr></thead>"
    rows = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in table.rows)
    return f"<table>{head}<tbody>{rows}</tbody></table>"
