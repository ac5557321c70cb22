"""Charts: what is drawn where, and that nothing a person wrote becomes markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.console.charts import HEIGHT, Chart, Series, bars, lines, spark, stacked

NOON = datetime(2026, 5, 25, 12, tzinfo=UTC)
HOSTILE = "</title><script>alert(1)</script>\"'&"


def test_bars_stand_on_the_base_and_reach_their_number() -> None:
    made = bars(["a", "b"], Series("Events", [50, 100]), title="Events")

    first, second = _all(made, "rect", "chart-bar")
    assert (first["y"], first["height"]) == ("88.0", "80.0")
    assert (second["y"], second["height"]) == ("8.0", "160.0")
    assert (second["x"], second["width"]) == ("55.0%", "40.0%")


def test_marks_are_round_numbers_with_their_unit() -> None:
    made = lines(["a"], [Series("Latency", [1234.5])], title="Latency", unit="ms")

    assert _texts(made)[:4] == ["0 ms", "500 ms", "1,000 ms", "1,500 ms"]


def test_a_rule_lies_exactly_at_its_number() -> None:
    made = bars(["a"], Series("Events", [100]), title="Events")

    assert [rule["y1"] for rule in _all(made, "line", "")] == ["168.0", "128.0", "88.0", "48.0", "8.0"]


def test_parts_lie_upon_each_other() -> None:
    made = stacked(["a"], [Series("Good", [30], "ok"), Series("Bad", [10], "bad")], title="Attempts")

    good, bad = _all(made, "rect", "chart-bar")[:2]  # those of the key follow
    assert float(bad["y"]) + float(bad["height"]) == float(good["y"])
    assert [good["class"], bad["class"]] == ["chart-bar k-ok", "chart-bar k-bad"]


def test_a_line_is_broken_where_a_number_is_missing() -> None:
    made = lines(list("abcd"), [Series("Rate", [100, 100, None, 50])], title="Rate", most=100)

    (path,) = _all(made, "path", "chart-line")
    assert path["d"] == "M12.5 8.0L37.5 8.0M87.5 88.0"


def test_a_number_alone_is_a_dot() -> None:
    made = lines(list("abc"), [Series("Rate", [1, None, 2])], title="Rate")

    assert [dot["cx"] for dot in _all(made, "circle", "chart-dot")] == ["16.667%", "83.333%"]


def test_no_numbers_say_so() -> None:
    made = bars([], Series("Events", []), title="Events")

    assert "Nothing yet" in _texts(made)
    assert "There are no numbers yet." in made.svg
    assert _all(made, "rect", "chart-bar") == []


def test_one_point_stands_in_the_middle() -> None:
    made = lines([NOON], [Series("Events", [7])], title="Events")

    (tick,) = (text for text in _all(made, "text", "chart-text") if "data-tick" in text)
    assert (tick["x"], tick["text-anchor"], tick["data-tick"]) == ("50.0%", "middle", "2026-05-25T12:00:00.000Z")


def test_numbers_that_are_none_are_gaps() -> None:
    made = lines(["a", "b"], [Series("Rate", [float("nan"), float("inf")])], title="Rate")

    assert "nan" not in made.svg
    assert made.table.count("–") == 2


@pytest.mark.parametrize("value", [1e300, 1.7e308, 2**62])
def test_huge_numbers_stay_inside(value: float) -> None:
    made = bars(["a"], Series("Bytes", [value]), title="Bytes")

    (bar,) = _all(made, "rect", "chart-bar")
    assert 8 <= float(bar["y"]) <= 8 + HEIGHT
    assert float(bar["height"]) <= HEIGHT


def test_the_table_holds_every_number_exactly() -> None:
    made = lines(
        [NOON, NOON + timedelta(hours=1)], [Series("p50", [12.25, None]), Series("p95", [1234567, 0])], title="t"
    )

    cells = re.findall(r'<td class="number">([^<]*)</td>', made.table)
    assert cells == ["12.25", "1,234,567", "–", "0"]
    assert 'datetime="2026-05-25T13:00:00.000Z"' in made.table


def test_a_reader_hears_the_range() -> None:
    made = lines([NOON, NOON + timedelta(hours=1)], [Series("Rate", [80, 99.5])], title="Rate", unit="%")

    assert "From 2026-05-25 12:00:00 UTC to 2026-05-25 13:00:00 UTC, between 80 % and 99.5 %." in made.svg
    assert 'role="img" aria-label="Rate"' in made.svg


def test_hours_are_marked_at_round_hours() -> None:
    at = [NOON + timedelta(minutes=30 * step) for step in range(48)]

    made = bars(at, Series("Events", [1] * 48), title="Events")

    ticks = [text["data-tick"] for text in _all(made, "text", "chart-text") if "data-tick" in text]
    assert [tick[11:16] for tick in ticks] == ["12:00", "18:00", "00:00", "06:00"]


def test_several_series_have_a_key_and_one_has_none() -> None:
    one = lines(["a"], [Series("Only", [1])], title="t")
    two = lines(["a"], [Series("First", [1]), Series("Second", [2], "2")], title="t")

    assert "chart-key" not in one.svg
    assert two.svg.index("chart-key") < two.svg.index("</svg>First") < two.svg.index("</svg>Second")


def test_hostile_words_stay_words() -> None:
    series = [Series(HOSTILE, [1.5]), Series("b", [2], '1"><script>')]

    for made in (
        lines([HOSTILE], series, title=HOSTILE, unit=HOSTILE, description=HOSTILE),
        stacked([HOSTILE], series, title=HOSTILE, unit=HOSTILE),
    ):
        assert "<script" not in made.svg + made.table
        ElementTree.fromstring(f"<r>{made.svg}{made.table}</r>")
    assert "<script" not in spark([1, 2], title=HOSTILE, kind='"><script>')


def test_a_page_with_charts_needs_no_style_attribute() -> None:
    made = stacked([NOON], [Series("a", [1])], title="t")

    assert "style=" not in made.svg + made.table + spark([1, 2], title="t")


def test_a_spark_runs_from_edge_to_edge() -> None:
    assert 'd="M0.0 22.0L50.0 2.0L100.0 12.0"' in spark([0, 10, 5], title="Events")
    assert 'd=""' in spark([], title="Events")


@given(values=st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=40))
def test_whatever_is_counted_can_be_drawn(values: list[float | None]) -> None:
    at = [NOON + timedelta(hours=step) for step in range(len(values))]

    for made in (lines(at, [Series("x", values)], title="t"), bars(at, Series("x", values), title="t")):
        root = ElementTree.fromstring(f"<r>{made.svg}{made.table}</r>")
        heights = [float(rect.get("height", "0")) for rect in root.iter("rect")]
        assert all(0 <= height <= HEIGHT for height in heights)
    ElementTree.fromstring(spark(values, title="t"))


def _all(made: Chart, tag: str, name: str) -> list[dict[str, str]]:
    root = ElementTree.fromstring(f"<r>{made.svg}</r>")
    drawn = [element for element in root.iter(tag) if name in element.get("class", "")]
    return [dict(element.attrib) for element in drawn]


def _texts(made: Chart) -> list[str]:
    root = ElementTree.fromstring(f"<r>{made.svg}</r>")
    return [element.text or "" for element in root.iter("text")]


def test_many_places_that_are_words_are_named_evenly() -> None:
    drawn = bars([f"week {number}" for number in range(20)], Series("hours", [1.0] * 20), title="Hours").svg

    assert 2 <= drawn.count("chart-text") < 20
