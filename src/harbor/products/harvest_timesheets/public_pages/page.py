"""A document as a page: nothing on it runs or is loaded, and search engines are asked to leave it alone."""

from __future__ import annotations

from html import escape

from harbor.products.harvest_timesheets.public_pages.model import Document, Table

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} – {company}</title>
<style>
body{{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}}
table{{border-collapse:collapse;width:100%;margin:1.5rem 0}}
th,td{{padding:.4rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #c9d1d9;overflow-wrap:anywhere}}
.figure{{text-align:right;white-space:nowrap;overflow-wrap:normal}}
.text{{white-space:pre-line}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}}
dt{{color:#57606a}}dd{{margin:0}}
.wide{{overflow-x:auto}}
</style>
</head>
<body>
<main>
<p>{company}</p>
<h1>{title}</h1>
<p class="text">{client}</p>
{facts}
<div class="wide">{table}</div>
{sums}
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
        sums=_pairs(document.sums),
        notes=escape(document.notes),
        link="" if pdf is None else f'<p><a href="{escape(pdf)}">Download as PDF</a></p>',
    )


def _pairs(pairs: object) -> str:
    assert isinstance(pairs, list | tuple), pairs
    inner = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in pairs)
    return f"<dl>{inner}</dl>" if inner else ""


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
