"""Charts as pictures: PNGs of a phone's shape, drawn of whatever AWS answers, in any thread; and their words."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from bot.reply import Chart, Series
from bot.slack.pictures import MOST_SERIES, _glyphs, alt_text, picture

DAY = tuple(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(0, 1440, 5))
WAVE = tuple(20.0 + n % 37 for n in range(288))


def chart(*series: tuple[float | None, ...], labels: tuple[str, ...] = DAY, **more: str) -> Chart:
    named = tuple(Series(f"web-{n}", values) for n, values in enumerate(series, 1))
    return Chart(more.pop("title", "CPUUtilization"), more.pop("unit", "%"), labels, named, **more)  # type: ignore[arg-type]


def pixels(png: bytes) -> tuple[int, int, Counter[tuple[int, int, int]]]:
    """Width, height and how often each colour occurs."""
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        colours = image.convert("RGB").getcolors(1_000_000) or []
        return image.width, image.height, Counter({colour: count for count, colour in colours})  # type: ignore[misc]


def test_a_picture_is_1200_pixels_wide_on_white_with_its_series_in_its_colour() -> None:
    width, height, seen = pixels(picture(chart(WAVE)) or b"")
    assert (width, height) == (1200, 675)
    assert seen.most_common(1)[0][0] == (255, 255, 255), "readable in Slack's light and dark"
    assert seen[0, 0x72, 0xB2] > 100


def test_what_was_not_measured_is_not_drawn() -> None:
    """A gap is open, and a value alone is a dot; a line through them would be a claim."""
    whole, gap = (pixels(picture(chart(values)) or b"")[2] for values in ((50.0,) * 288, (50.0, *(None,) * 286, 50.0)))
    assert 0 < gap[0, 0x72, 0xB2] < whole[0, 0x72, 0xB2] / 5
    assert picture(chart((None,) * 288)) is None, "no data is no picture"
    assert picture(Chart("t", "", (), ())) is None


def test_at_most_eight_series_are_drawn_each_in_a_colour_of_its_own() -> None:
    many = chart(*[tuple(float(n + 10 * k) for n in range(30)) for k in range(12)], labels=DAY[:30])
    _, height, seen = pixels(picture(many) or b"")
    assert MOST_SERIES == 8
    assert height > 675, "the legend has room of its own"
    assert all(seen[colour] > 20 for colour in ((0, 0x72, 0xB2), (0xD5, 0x5E, 0), (0x3A, 0x3A, 0x3A)))


@pytest.mark.parametrize("shape", ["line", "bar"])
@pytest.mark.parametrize(
    "values",
    [
        (0.0,),
        (-5.0, 5.0, None),
        (1e18, -1e18),
        (float("nan"), 1.0),
        (float("inf"), 2.0),
        (0.00001, 0.00002),
        (7.0,) * 60,
    ],
)
def test_any_numbers_can_be_drawn(shape: str, values: tuple[float | None, ...]) -> None:
    labels = tuple(f"label {n}" for n in range(len(values)))
    assert picture(chart(values, labels=labels, shape=shape))


@pytest.mark.parametrize("labels", [("a", "b"), ("Amazon Elastic Compute Cloud - Compute", "AWS Lambda")])
def test_bars_stand_or_lie_where_their_labels_are_long(labels: tuple[str, ...]) -> None:
    assert picture(chart((1234.0, None), (3.0, 4.0), labels=labels, shape="bar", unit="USD"))


def test_o5_names_of_somebody_elses_are_drawn_as_they_are_and_nothing_is_complained_of() -> None:
    """Formulas, emoji, other scripts, control characters: warnings are errors here."""
    hostile = "$\\frac{1}{0}$ \U0001f4b0 \u6f22\u5b57 <b> \n \u202e\x1b $x$ _a_ 100% {} \\"
    named = Chart(hostile, hostile, (hostile, "b"), (Series(hostile, (1.0, 2.0)), Series("_hidden", (2.0, 1.0))))
    assert picture(named)
    assert picture(Chart(hostile * 20, "", (hostile * 9,) * 3, (Series("a", (1.0, 2.0)),), "bar"))


def test_several_threads_draw_at_once() -> None:
    """The same picture comes out of each."""
    with ThreadPoolExecutor(2) as pool:
        drawn = set(pool.map(lambda _: picture(chart(WAVE[:24], labels=DAY[:24])), range(4)))
    assert len(drawn) == 1


def test_nothing_of_matplotlib_is_imported_before_the_first_picture_and_no_pyplot_ever() -> None:
    check = (
        "import sys; from bot.slack import pictures; from bot.reply import Chart, Series; "
        "assert not any(name.startswith(('matplotlib', 'numpy')) for name in sys.modules); "
        "assert pictures.picture(Chart('t', '', ('a', 'b'), (Series('s', (1.0, 2.0)),))); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


def test_without_matplotlib_there_is_no_picture_and_the_numbers_have_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert picture(chart(WAVE)) is None
    assert alt_text(chart(WAVE)).startswith("CPUUtilization, 00:00 to 23:55.")


def test_the_alt_text_says_the_numbers_in_at_most_1000_characters() -> None:
    words = alt_text(chart((20.0, 91.25, None), (None, None, None), labels=("09:00", "09:05", "09:10")))
    assert words == ("CPUUtilization, 09:00 to 09:10. web-1: last 91.2 %, lowest 20 %, highest 91.2 %; web-2: no data.")
    bars = chart((1234.0, None), labels=("EC2", "S3"), shape="bar", unit="USD", title="Cost")
    assert alt_text(bars) == "Cost. EC2 1,234 USD; S3 no data."
    assert len(alt_text(chart(*[WAVE] * 60))) <= 1000
    assert "\n" not in alt_text(chart((1.0,), title="a\nb"))


def test_the_font_has_the_letters_of_many_scripts() -> None:
    assert {ord(char) for char in "Aé€µΩЖ•…"} <= set(_glyphs())
