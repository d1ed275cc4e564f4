"""Type is measured by the shipped font; LaTeX that cannot be set falls back to plain text."""

import pytest

from graphtrace.scene.fonts import font_files, text_width
from graphtrace.scene.typeset import math, name, plain, printable, shorten


def test_widths_are_the_fonts_own() -> None:
    from ziafont.font import Font

    font = Font(font_files()[0])
    for text in ("0123456789", "−1.25×10⁻⁵", "float64[3, 4]", "∂L/∂W"):
        truth = sum(font.glyph(char).advance() for char in text) / font.info.layout.unitsperem
        assert text_width(text, 100.0) == pytest.approx(100 * truth)


def test_digits_are_equally_wide_so_that_columns_align() -> None:
    assert len({text_width(digit, 10.0) for digit in "0123456789"}) == 1


def test_mathematics_becomes_paths() -> None:
    ink = math(r"\frac{1}{x}", "1/x", "local", 10.0)
    assert ink.art.startswith("M")
    assert ink.text == "1/x"
    assert ink.height > 15
    assert not set("<>&\"'") & set(ink.art)


@pytest.mark.parametrize(
    "tex",
    ["", "{", "x^", r"\frac{1}", r"\left( x", r"\unknownmacro{x}", "a & b", "x" * 5000, "\x00"],
)
def test_what_cannot_be_set_falls_back_to_text(tex: str) -> None:
    ink = math(tex, "plain", "local", 10.0)
    assert (ink.art, ink.text, ink.italic) == ("", "plain", True)


def test_names_are_set_as_mathematics_with_subscripts() -> None:
    assert name("h1", "name", 12.0).text == "h₁"
    assert name("h1", "name", 12.0).art
    assert name("two\nlines", "name", 12.0).text == "two lines"
    assert name("a" * 10_000, "name", 12.0).text == "a" * 17 + "…"


def test_control_characters_and_reordering_marks_do_not_print() -> None:
    assert printable("a\x00b\u202ec\ud800") == "a bc\ufffd"
    assert printable("שלום 🎉") == "שלום 🎉"
    assert plain("tab\there", "value", 10.0).text == "tab here"
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"
