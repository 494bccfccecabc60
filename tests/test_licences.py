"""The page about dependencies is what would be written now, and every licence may be shipped."""

from __future__ import annotations

from tests.licences import PAGE, licence, page, permitted, shipped


def test_every_licence_may_be_shipped() -> None:
    assert [(each.metadata["Name"], licence(each)) for each in shipped() if not permitted(licence(each))] == []


def test_a_licence_that_may_not_be_shipped_is_noticed() -> None:
    assert not permitted("AGPL-3.0-only")
    assert not permitted("MIT AND GPL-3.0-only")
    assert permitted("GPL-2.0-only OR MIT")
    assert not permitted("unknown")


def test_the_page_is_what_would_be_written() -> None:
    assert PAGE.read_text() == page(), "run: make docs"
