"""Charts: pictures of numbers over time, drawn by the server, with the numbers themselves in a table behind them.

Widths are shares of what the page has and text keeps its size, so a chart can be read at 320 pixels and at 2560. Colours
and dashes are classes of console.css. Marks at the edges: console.ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from math import isfinite
from typing import NamedTuple

from markupsafe import Markup

from harbor.console import ticks
from harbor.kernel.clock import iso_ms

Place = datetime | str
HEIGHT = 160  # of the plot, in pixels of the page
_ABOVE, _BELOW = 8, 26
_LABELS_MAX = 6  # what fits side by side at 320 pixels
_POINTS_MAX = 2_000  # a chart of more is a picture of noise, and a page of megabytes


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers under one name. `None` is a gap. `kind` picks the colour: `1` to `6`, `ok`, `bad` or `warning`."""

    label: str
    values: Sequence[float | None]
    kind: str = "1"


class Chart(NamedTuple):
    """A picture and its table: `{{ ui.chart(*made) }}`."""

    svg: Markup
    table: Markup


def bars(at: Sequence[Place], series: Series, *, title: str, unit: str = "", description: str = "") -> Chart:
    """One bar a place, from nought upwards."""
    return stacked(at, [series], title=title, unit=unit, description=description)


def stacked(
    at: Sequence[Place], series: Sequence[Series], *, title: str, unit: str = "", description: str = ""
) -> Chart:
    """Bars whose parts lie upon each other, the first one lowest. Below nought there is nothing."""
    _check(at, series)
    columns = [[max(0.0, _number(one.values[index]) or 0.0) for one in series] for index in range(len(at))]
    highest = max((sum(column) for column in columns), default=0.0)
    scale = ticks.of_numbers(0.0, highest, is_whole=_is_whole(series))
    width = 100 / len(at) if at else 0.0
    drawn = [
        Markup('<rect class="chart-bar {}" x="{}%" y="{}" width="{}%" height="{}"/>').format(
            _kind(one.kind), _short(index * width + width * 0.1), _y(scale, top), _short(width * 0.8), height
        )
        for index, column in enumerate(columns)
        for one, value, top in zip(series, column, accumulate(column), strict=True)
        if (height := _short(_y(scale, top - value) - _y(scale, top)))
    ]
    return _chart(at, series, scale, Markup("").join(drawn), title=title, unit=unit, description=description)


def lines(
    at: Sequence[Place],
    series: Sequence[Series],
    *,
    title: str,
    unit: str = "",
    description: str = "",
    most: float | None = None,
) -> Chart:
    """A line for each series, broken where a number is missing. `most` is the top of the scale, such as 100 per cent."""
    _check(at, series)
    known = [number for one in series for value in one.values if (number := _number(value)) is not None]
    highest = max(known, default=0.0) if most is None else most
    scale = ticks.of_numbers(min(known, default=0.0), highest, is_whole=_is_whole(series))
    width = 100 / len(at) if at else 0.0
    drawn = Markup("").join(_line(one, scale, width) for one in series)
    lonely = Markup("").join(_lonely(one, scale, width) for one in series)
    plot = Markup(
        '<svg x="0" y="0" width="100%" height="{}" viewBox="0 0 100 {}" preserveAspectRatio="none">{}</svg>'
    ).format(HEIGHT + _ABOVE, HEIGHT + _ABOVE, drawn)
    return _chart(at, series, scale, plot + lonely, title=title, unit=unit, description=description)


def spark(values: Sequence[float | None], *, title: str, kind: str = "1") -> Markup:
    """A line without scales, for a row of a table. `title` says what it shows."""
    known = [number for value in values if (number := _number(value)) is not None]
    assert len(values) <= _POINTS_MAX, len(values)
    low, high = min(known, default=0.0), max(known, default=0.0)
    # Half of each, so that the distance of two huge numbers stays a number.
    spread = high / 2 - low / 2
    step = 100 / max(1, len(values) - 1)
    points = [
        None if (number := _number(value)) is None else (index * step, 22 - (number / 2 - low / 2) / (spread or 1) * 20)
        for index, value in enumerate(values)
    ]
    return Markup(
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<title>{}</title><path class="chart-line {}" d="{}"/></svg>'
    ).format(title, title, _kind(kind), _path(points))


def _chart(
    at: Sequence[Place],
    series: Sequence[Series],
    scale: ticks.Scale,
    plot: Markup,
    *,
    title: str,
    unit: str,
    description: str,
) -> Chart:
    key = Markup("")
    if len(series) > 1:
        sample = Markup(
            '<li><svg viewBox="0 0 20 12" aria-hidden="true"><rect class="chart-bar {0}" y="1" width="20" height="3"/>'
            '<path class="chart-line {0}" d="M0 8H20"/></svg>{1}</li>'
        )
        key = Markup('<ul class="chart-key">{}</ul>').format(
            Markup("").join(sample.format(_kind(one.kind), one.label) for one in series)
        )
    picture = Markup(
        '<div class="chart-box"><svg width="100%" height="{}" role="img" aria-label="{}"><title>{}</title><desc>{}</desc>'
        "{}{}{}{}</svg></div>{}"
    ).format(
        _ABOVE + HEIGHT + _BELOW,
        title,
        title,
        description or _told(at, series, unit),
        _rules(scale, unit),
        plot,
        _marks(at),
        _hits(at, series, unit),
        key,
    )
    return Chart(picture, _table(at, series, title, unit))


def _rules(scale: ticks.Scale, unit: str) -> Markup:
    rule = Markup(
        '<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>'
        '<text class="chart-text" x="-8" y="{}" text-anchor="end">{}</text>'
    )
    return Markup("").join(
        rule.format(
            "chart-base" if mark == 0 else "chart-rule",
            y := _y(scale, mark),
            y,
            _short(y + 4),
            ticks.word(mark, scale.step, unit),
        )
        for mark in scale.marks
    )


def _marks(at: Sequence[Place]) -> Markup:
    if not at:
        return Markup('<text class="chart-text" x="50%" y="{}" text-anchor="middle">Nothing yet</text>').format(
            _ABOVE + HEIGHT // 2
        )
    moments = [one for one in at if isinstance(one, datetime)]
    form = ticks.form_of(moments)
    chosen = ticks.of_moments(moments, _LABELS_MAX) if len(moments) == len(at) else _evenly(len(at))
    last, width = len(at) - 1, 100 / len(at)
    mark = Markup('<text class="chart-text{}" x="{}%" y="{}" text-anchor="{}"{}>{}</text>')
    shown = []
    for position, index in enumerate(chosen):
        # The outermost words lean inwards, so that they are not cut off.
        lean = "start" if index == 0 and last else "end" if index == last and last else "middle"
        x = 0.0 if lean == "start" else 100.0 if lean == "end" else (index + 0.5) * width
        odd = " chart-odd" if position % 2 else ""  # left out where there is room for half of them
        place = at[index]
        told = (
            Markup(' data-tick="{}" data-form="{}"').format(iso_ms(place), form) if isinstance(place, datetime) else ""
        )
        word = ticks.moment_word(place, form) if isinstance(place, datetime) else _cut(place)
        shown.append(mark.format(odd, _short(x), _ABOVE + HEIGHT + 18, lean, told, word))
    return Markup("").join(shown)


def _hits(at: Sequence[Place], series: Sequence[Series], unit: str) -> Markup:
    """What is under the pointer: the whole column, so that nobody has to hit a thin line."""
    width = 100 / len(at) if at else 0.0
    hit = Markup('<rect class="chart-hit" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>')
    return Markup("").join(
        hit.format(
            _short(index * width),
            _ABOVE,
            _short(width),
            HEIGHT,
            "\n".join(
                [_place_word(place), *(f"{one.label}: {_value_word(one.values[index], unit)}" for one in series)]
            ),
        )
        for index, place in enumerate(at)
    )


def _table(at: Sequence[Place], series: Sequence[Series], title: str, unit: str) -> Markup:
    head = Markup("").join(Markup('<th scope="col" class="number">{}</th>').format(one.label) for one in series)
    row = Markup('<tr><th scope="row">{}</th>{}</tr>')
    cell = Markup('<td class="number">{}</td>')
    rows = Markup("").join(
        row.format(_place(place), Markup("").join(cell.format(_value_word(one.values[index], unit)) for one in series))
        for index, place in enumerate(at)
    )
    return Markup(
        '<table><caption class="hidden">{}</caption><thead><tr><th scope="col">{}</th>{}</tr></thead>'
        "<tbody>{}</tbody></table>"
    ).format(title, "When" if any(isinstance(one, datetime) for one in at) else "What", head, rows)


def _told(at: Sequence[Place], series: Sequence[Series], unit: str) -> str:
    """A sentence for who does not see the picture."""
    if not at:
        return "There are no numbers yet."
    known = [number for one in series for value in one.values if (number := _number(value)) is not None]
    if not known:
        return f"{len(at)} places without a number."
    least, most = _value_word(min(known), unit), _value_word(max(known), unit)
    return f"From {_place_word(at[0])} to {_place_word(at[-1])}, between {least} and {most}."


def _line(series: Series, scale: ticks.Scale, width: float) -> Markup:
    points = [
        None if (number := _number(value)) is None else ((index + 0.5) * width, _y(scale, number))
        for index, value in enumerate(series.values)
    ]
    return Markup('<path class="chart-line {}" d="{}"/>').format(_kind(series.kind), _path(points))


def _lonely(series: Series, scale: ticks.Scale, width: float) -> Markup:
    """Numbers between two gaps: a line of no length is nearly invisible, so they are dots."""
    values = [None, *map(_number, series.values), None]
    dot = Markup('<circle class="chart-dot {}" cx="{}%" cy="{}" r="3"/>')
    return Markup("").join(
        dot.format(_kind(series.kind), _short((index + 0.5) * width), _y(scale, value))
        for index, (before, value, after) in enumerate(zip(values, values[1:], values[2:], strict=False))
        if value is not None and before is None and after is None
    )


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    words, is_down = [], False
    for point in points:
        if point is None:
            is_down = False
            continue
        x, y = point
        words.append(f"{'L' if is_down else 'M'}{_short(x)} {_short(y)}")
        is_down = True
    return "".join(words)


def _y(scale: ticks.Scale, value: float) -> float:
    share = (value - scale.low) / (scale.high - scale.low)
    return _short(_ABOVE + HEIGHT * (1 - min(1.0, max(0.0, share))))


def _evenly(items: int) -> list[int]:
    return list(range(0, items, max(1, -(-items // _LABELS_MAX))))


def _place(place: Place) -> Markup:
    if isinstance(place, datetime):
        return Markup('<time datetime="{}" data-local="exact">{}</time>').format(iso_ms(place), _place_word(place))
    return Markup("{}").format(place)


def _place_word(place: Place) -> str:
    return f"{iso_ms(place)[:19].replace('T', ' ')} UTC" if isinstance(place, datetime) else place


def _value_word(value: float | None, unit: str) -> str:
    number = _number(value)
    return "–" if number is None else ticks.exact(number, unit)


def _cut(text: str) -> str:
    return text if len(text) <= 12 else text[:11] + "…"


def _number(value: float | None) -> float | None:
    """Infinity and NaN are not numbers of anything that was counted: they are gaps."""
    return float(value) if value is not None and isfinite(value) else None


def _is_whole(series: Sequence[Series]) -> bool:
    return all(isinstance(value, int) for one in series for value in one.values if value is not None)


def _short(value: float) -> float:
    return round(value, 3)


def _kind(kind: str) -> str:
    return f"k{kind}" if kind.isdigit() else f"k-{kind}"


def _check(at: Sequence[Place], series: Sequence[Series]) -> None:
    assert len(at) <= _POINTS_MAX, len(at)
    assert all(len(one.values) == len(at) for one in series), "a series has another number of values than places"
