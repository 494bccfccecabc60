"""A chart as a PNG that is read on a phone: white ground, large letters, at most eight series.

Drawn by matplotlib (the extra `charts`), which is imported when the first picture is drawn; without it there is no
picture and the numbers have to do. Nothing of matplotlib's state is shared but its fonts, behind a lock.
"""

from __future__ import annotations

import importlib.util
import io
import logging
import math
import threading
from collections.abc import Iterable
from typing import Any

from bot.reply import Chart, Series
from bot.text import clean, cut, line, number

log = logging.getLogger(__name__)

MOST_SERIES = 8
ALT_CHARACTERS = 1_000
"""What Slack takes as a file's alt text."""
_WIDTH, _HEIGHT, _DPI = 8.0, 4.5, 150  # 1,200 × 675 pixels
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00", "#4c4c99", "#b22222", "#3a3a3a")
"""Told apart by most people who do not see every colour."""
_DASHES = ("-", "-", "-", "-", "--", "--", "--", "--")
_INK, _GRID, _FRAME = "#1d1c1d", "#dddddd", "#888888"
_TITLE, _WORDS = 19.0, 16.0
"""Points: in a picture 350 points wide on a phone they are about half of it."""
_TITLE_CHARACTERS, _NAME_CHARACTERS, _LABEL_CHARACTERS = 64, 30, 26
_MOST_BARS = 40
_TICK_ROOM = 56
"""Characters that fit below the axis."""
_LYING = 12
"""Bars lie where the longest label has more characters than this."""
_lock = threading.Lock()


def picture(chart: Chart) -> bytes | None:
    """Draw a chart; None where matplotlib is not installed, or nothing was measured."""
    chart = _drawable(chart)
    if importlib.util.find_spec("matplotlib") is None or not any(map(_known, chart.series)):
        return None
    with _lock:
        return _png(chart)


def alt_text(chart: Chart) -> str:
    """Say what is to be seen, for those who do not see it; at most 1,000 characters."""
    unit = f" {chart.unit}" if chart.unit else ""
    if chart.shape == "bar" and len(chart.series) == 1:
        pairs = zip(chart.labels, chart.series[0].values, strict=False)
        told = "; ".join(f"{line(label)} {_said(value, unit)}" for label, value in pairs)
    else:
        told = "; ".join(f"{line(each.name)}: {_range(each, unit)}" for each in chart.series)
    over = f", {line(chart.labels[0])} to {line(chart.labels[-1])}" if chart.shape == "line" and chart.labels else ""
    return cut(f"{line(chart.title)}{over}. {told}.", ALT_CHARACTERS)


def _said(value: float | None, unit: str) -> str:
    return "no data" if value is None or not math.isfinite(value) else number(value) + unit


def _range(series: Series, unit: str) -> str:
    known = _known(series)
    if not known:
        return "no data"
    last, low, high = (number(value) + unit for value in (known[-1], min(known), max(known)))
    return f"last {last}, lowest {low}, highest {high}"


def _known(series: Series) -> list[float]:
    return [value for value in series.values if value is not None and math.isfinite(value)]


def _drawable(chart: Chart) -> Chart:
    """Keep what can be drawn: as many series as can be told apart, and as many values as there are labels."""
    labels = chart.labels if chart.shape == "line" else chart.labels[:_MOST_BARS]
    series = tuple(
        Series(each.name, tuple(value if value is not None and math.isfinite(value) else None for value in kept))
        for each in chart.series[:MOST_SERIES]
        for kept in [(*each.values[: len(labels)], *[None] * (len(labels) - len(each.values)))]
    )
    return Chart(chart.title, chart.unit, labels, series, chart.shape)


def _png(chart: Chart) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - half a second, and optional
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    lying = chart.shape == "bar" and max(map(len, chart.labels), default=0) > _LYING
    legend = math.ceil(len(chart.series) / _columns(chart)) if len(chart.series) > 1 else 0
    tall = max(_HEIGHT, 1.6 + 0.5 * len(chart.labels)) if lying else _HEIGHT + 0.36 * max(0, legend - 1)
    figure = Figure(figsize=(_WIDTH, min(tall, 14.0)), dpi=_DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if chart.shape == "line":
        _lines(axes, chart)
    elif lying:
        _lying_bars(axes, chart)
    else:
        _standing_bars(axes, chart)
    _dress(figure, axes, chart, lying=lying)
    told = io.BytesIO()
    figure.savefig(told, format="png")
    return told.getvalue()


def _lines(axes: Any, chart: Chart) -> None:
    """Draw each series; a gap stays open, and a value alone between gaps is a dot."""
    for n, each in enumerate(chart.series):
        values = [math.nan if value is None else value for value in each.values]
        look = {
            "color": _COLOURS[n],
            "linestyle": _DASHES[n],
            "linewidth": 2.6 if len(chart.series) < 4 else 2.0,
            "label": _words(each.name),
        }
        axes.plot(range(len(values)), values, solid_capstyle="round", **look)
        alone = [at for at, value in enumerate(each.values) if value is not None and _lonely(each.values, at)]
        axes.plot(alone, [values[at] for at in alone], "o", color=_COLOURS[n], markersize=8)
    _ticks(axes, chart.labels)
    beside = 0.5 + len(chart.labels) / 100
    axes.set_xlim(-beside, len(chart.labels) - 1 + beside)
    _room(axes.set_ylim, chart)


def _ticks(axes: Any, labels: tuple[str, ...]) -> None:
    """Label as many places as there is room for: midnights and full hours where there are some."""
    days = [at for at, label in enumerate(labels) if label.endswith(" 00:00")]
    hours = [at for at, label in enumerate(labels) if label.endswith(":00")]
    places = days if len(days) > 1 else hours if len(hours) > 1 else list(range(len(labels)))
    named = {at: labels[at].removesuffix(" 00:00") if places is days else labels[at] for at in places}
    most = max(2, _TICK_ROOM // (max(map(len, named.values()), default=0) + 2))
    shown = places[:: max(1, math.ceil(len(places) / most))]
    axes.set_xticks(shown, [_words(named[at], _LABEL_CHARACTERS) for at in shown])


def _lonely(values: tuple[float | None, ...], at: int) -> bool:
    before, after = values[at - 1] if at else None, values[at + 1] if at + 1 < len(values) else None
    return before is None and after is None


def _standing_bars(axes: Any, chart: Chart) -> None:
    width = 0.8 / len(chart.series)
    for n, each in enumerate(chart.series):
        at = [place + (n - (len(chart.series) - 1) / 2) * width for place in range(len(chart.labels))]
        drawn = axes.bar(at, _heights(each), width, color=_COLOURS[n], label=_words(each.name))
        if len(chart.labels) * len(chart.series) <= 12:
            axes.bar_label(drawn, list(map(_short, each.values)), fontsize=_WORDS - 2, color=_INK, padding=2)
    _ticks(axes, chart.labels)
    _room(axes.set_ylim, chart)


def _lying_bars(axes: Any, chart: Chart) -> None:
    """Draw bars from the left, the first label on top."""
    width = 0.8 / len(chart.series)
    for n, each in enumerate(chart.series):
        at = [place + (n - (len(chart.series) - 1) / 2) * width for place in range(len(chart.labels))]
        drawn = axes.barh(at, _heights(each), width, color=_COLOURS[n], label=_words(each.name))
        axes.bar_label(drawn, list(map(_short, each.values)), fontsize=_WORDS - 1.5, color=_INK, padding=3)
    axes.set_yticks(range(len(chart.labels)), [_words(label, _LABEL_CHARACTERS) for label in chart.labels])
    axes.invert_yaxis()
    _room(axes.set_xlim, chart, above=0.16)


def _heights(series: Series) -> list[float]:
    return [0.0 if value is None else value for value in series.values]


def _short(value: float | None) -> str:
    return "no data" if value is None else _rounded(value)


def _room(limits: Any, chart: Chart, above: float = 0.1) -> None:
    """Begin at zero unless something is below it, and leave room above; percentages end at 100 at the latest."""
    known = [value for each in chart.series for value in _known(each)]
    low, high = min(0.0, *known), max(0.0, *known)
    room = (high - low or 1.0) * above
    top = high + room
    limits(low - (room if low < 0 else 0.0), min(top, 100.0) if chart.unit == "%" and 0 < high <= 100 else top)


def _dress(figure: Any, axes: Any, chart: Chart, *, lying: bool) -> None:
    """Title, what it is of and in which unit, grid and legend."""
    figure.get_layout_engine().set(w_pad=0.14, h_pad=0.12)
    title = _words(chart.title, _TITLE_CHARACTERS)
    size = min(_TITLE, _TITLE * 44 / len(title)) if title else _TITLE
    figure.suptitle(title, fontsize=size, color=_INK, fontweight="bold", x=0.02, ha="left")
    one = [_words(chart.series[0].name)] if len(chart.series) == 1 else []
    axes.set_title(" · ".join(filter(None, [*one, _words(chart.unit)])), loc="left", fontsize=_WORDS, color=_INK)
    _measured_axis(axes.xaxis if lying else axes.yaxis, chart)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=_WORDS, labelcolor=_INK, color=_FRAME, length=4)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_FRAME)
    if len(chart.series) > 1:
        figure.legend(
            loc="outside lower center", ncols=_columns(chart), fontsize=_WORDS - 1.5, frameon=False, labelcolor=_INK
        )


def _columns(chart: Chart) -> int:
    return 2 if max(len(each.name) for each in chart.series) > 14 else min(4, len(chart.series))


def _measured_axis(axis: Any, chart: Chart) -> None:
    """Few round numbers; whole ones where only whole ones were measured."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - as above

    whole = all(value == int(value) for each in chart.series for value in _known(each))
    axis.set_major_locator(MaxNLocator(nbins=6, integer=whole, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(lambda value, _at: _rounded(value))
    axis.grid(visible=True, color=_GRID, linewidth=1)


def _rounded(value: float) -> str:
    """Write an axis's number: millions and billions in short."""
    for size, letter in ((1e9, "G"), (1e6, "M")):
        if abs(value) >= size:
            return f"{number(value / size)} {letter}"
    return number(value)


def _words(text: str, most: int = _NAME_CHARACTERS) -> str:
    """Make a string of somebody else's safe to draw: one line, no formulas, no character that the font lacks."""
    shown = cut(line(clean(text)), most)
    known = _glyphs()
    drawn = "".join(char if ord(char) in known else "□" for char in shown).replace("$", r"\$")
    return f" {drawn}" if drawn.startswith("_") else drawn  # matplotlib's legend leaves such a name out


def _glyphs() -> Iterable[int]:
    """Return the characters of the font that matplotlib brings along."""
    from matplotlib import font_manager  # noqa: PLC0415 - as above

    font: Any = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    return dict(font.get_charmap())
