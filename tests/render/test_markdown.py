"""The job summary: always under GitHub's limit, always the Markdown that was meant."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from djaws.finding import Disposition, Span, Undecided, Verdict
from djaws.render import AdviceRow, render
from djaws.render.escaping import flat
from djaws.render.links import github_link
from djaws.render.markdown import escaped
from djaws.report import Fixed, WaiverUse

from .demo import NASTY, demo, empty, judged
from .runner import commands

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class Shape(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(
    st.text(max_size=60)
    | st.sampled_from(
        [
            NASTY,
            "www.evil.example",
            "http://evil.example",
            "a@evil.example",
            "$x$",
            "~~x~~",
            "![x](y)",
            "&lt;",
        ]
    )
)
def test_any_text_in_a_cell_is_shown_as_it_is_and_adds_no_markup(text: str) -> None:
    html = MARKDOWN.render(f"| a | b |\n|---|---|\n| x{escaped(text)}x | y |\n")
    shape = Shape(html)
    assert shape.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    cell = re.search(r"x(.*)x\ny\n", re.sub(r"\n+", "\n", shape.text), re.DOTALL)
    assert cell
    assert cell[1].replace("\u200b", "") == flat(text)


def test_bare_addresses_do_not_become_links() -> None:
    text = escaped("http://evil.example www.evil.example someone@evil.example")
    assert "://" not in text
    assert "www." not in text
    assert "@e" not in text


def test_nobody_is_mentioned_and_no_issue_is_referenced() -> None:
    text = escaped("ask @org/team about #12")
    assert not re.search(r"@\w|#\w", text.replace("&#35;", "#"))


def test_the_demo_says_everything() -> None:
    text = render("markdown", demo())
    assert text.startswith("## ❌ djaws failed: 3 findings")
    for part in (
        "| engine |",
        "### Failing",
        "Open, not failing",
        "Not shown: 1 off",
        "### By topic and pillar",
        "### Coverage",
    ):
        assert part in text
    for part in (
        "Undecided: 3 questions",
        "ends in 12 days",
        "added by this change",
        "Fixed by this change: 1",
        "### Notes",
    ):
        assert part in text
    assert "\x1b" not in text
    assert "<script" not in text
    assert commands(text) == []


def test_places_link_to_the_line_at_the_commit() -> None:
    link = github_link("https://github.com/", "org/shop", "abc")
    text = render("markdown", demo(), link=link)
    assert (
        '<a href="https://github.com/org/shop/blob/abc/infra/db.tf#L12"><code>infra/db.tf:12</code></a>'
        in text
    )
    assert (
        "https://github.com/org/shop/blob/abc/infra/odd%20name%2C%20with%20100%25%20%3A%3Atrouble%FF.tf#L7"
        in text
    )


def test_the_advice_is_tabled_when_given() -> None:
    text = render("markdown", demo(), advice=[AdviceRow("A2.4", "Encrypt at rest", 12, 10, 1, 2)])
    assert "| A2.4 Encrypt at rest | 12 | 10 | 1 | 2 |" in text


def test_a_huge_report_stays_under_the_limit_and_is_cut_by_whole_rows() -> None:
    long = "ü|<@`" * 300
    found = [judged("B105", f"{n}/{long}", n, long, subject=long) for n in range(1, 3000)]
    more = [
        judged("B105", f"{n}/{long}", n, long, Disposition.BELOW_THRESHOLD, subject=long)
        for n in range(1, 3000)
    ]
    report = msgspec.structs.replace(
        demo(),
        judged=(*found, *more),
        undecided=tuple(Undecided(long, Span(long, n), f"{n}{long}") for n in range(1, 500)),
        waivers=tuple(WaiverUse(long, long, long, long, 0, 3, long) for _ in range(500)),
        fixed=tuple(Fixed(long, long, long, long) for _ in range(500)),
        notes=(long,) * 500,
        verdict=Verdict(1, 2999, True),
    )
    text = render("markdown", report, link=github_link("https://github.com", "o/r", "c"))
    assert len(text.encode()) < 1024 * 1024
    assert "\n… and 2,7" in text or "\n… and 2,9" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


def test_a_clean_run_is_short() -> None:
    assert render("markdown", empty()) == "## ✅ djaws passed: no findings\n"
