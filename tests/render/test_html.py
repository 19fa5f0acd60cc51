"""The page, in a real browser: it filters, sorts and unfolds, and nothing that a repository holds runs in it."""

from __future__ import annotations

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from djaws.finding import (
    Also,
    Disposition,
    EngineRun,
    Finding,
    Judged,
    Location,
    Related,
    Span,
    Undecided,
    UnitError,
    Units,
    Verdict,
)
from djaws.render import AdviceRow, render
from djaws.render.html import _hash
from djaws.report import Fixed, Quote, Report, WaiverUse

from .demo import RULES, demo, empty, judged
from .tools import chromium

ATTACKS = (
    "<script>document.title='run'</script>",
    "</script><script>document.title='run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    '"><svg onload="document.title=\'run\'">',
    "[click](javascript:document.title='run')",
    "javascript:document.title='run'",
    "<!--<script>",
    "{{ 7*191 }}{% raw %}",
    "</style><style>*{display:none}</style>",
    "<base href='http://evil.example/'><meta http-equiv=refresh content=0>",
    "\u2028\u2029\u202e\x00\x1b[2J\ud800",
)
ATTACK = " ".join(ATTACKS)


class Page(HTMLParser):
    """The elements of a page as the browser has them after running it: tags, attributes, and visible text by element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self._silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._silent += tag in ("script", "style", "template", "noscript")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "template", "noscript")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)

    def count(self, tag: str, css_class: str = "") -> int:
        return sum(
            name == tag and (not css_class or css_class in attrs.get("class", "").split())
            for name, attrs in self.elements
        )


def browse(html: str, folder: Path, state: str = "") -> tuple[str, Page]:
    """The page after its script ran, with `state` in the address, read back from the browser."""
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    command = [str(chromium()), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += [
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        f"{file.as_uri()}#{state}",
    ]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    dom = done.stdout.decode("utf-8", "replace")
    return dom, Page(dom)


def rows(dom: str) -> list[str]:
    """The text of each finding listed, in order."""
    found = re.findall(r'<tr class="row[^"]*".*?</tr>', dom.split("<template", 1)[0], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row.replace("<wbr>", "")).split()) for row in found]


# --- without a browser


def test_the_page_needs_nothing_from_the_network_and_allows_only_its_own_code() -> None:
    html = render("html", demo())
    page = Page(html)
    policy = next(
        attrs["content"]
        for tag, attrs in page.elements
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert f"script-src 'sha256-{_hash(script)}'" in policy
    assert f"style-src 'sha256-{_hash(style)}'" in policy
    for tag, attrs in page.elements:
        assert "src" not in attrs, tag
        assert "style" not in attrs, tag
        assert not any(name.startswith("on") for name in attrs), tag
        assert attrs.get("href", "#").startswith(("#", "data:,")), tag


def test_the_page_leaves_out_what_only_the_audit_keeps() -> None:
    payload = re.findall(
        r'<script type="application/json" id="report">(.*?)</script>', render("html", demo()), re.DOTALL
    )[0]
    found = msgspec.json.decode(payload)["findings"]
    assert {one["disposition"] for one in found} == set(Disposition) - {"off", "duplicate"}
    assert found[0]["waiver"][0].startswith("# djaws: ignore[")


def test_without_scripts_the_most_important_findings_are_listed() -> None:
    (static,) = re.findall(r"<noscript>(.*?)</noscript>", render("html", demo()), re.DOTALL)
    assert static.count("<li>") == 6
    assert "stores its data unencrypted" in static


# --- in a browser


def test_the_page_lists_what_is_open_first(tmp_path: Path) -> None:
    dom, page = browse(render("html", demo(), advice=[AdviceRow("A2.4", "Encrypt", 3, 2, 1, 0)]), tmp_path)
    found = rows(dom)
    assert len(found) == 6
    assert found[0].startswith("critical stores its data unencrypted aws_db_instance.main infra/db.tf:12")
    assert "6 of 10" in page.text
    assert page.count("svg") >= 12


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("severity=critical,low", ["stores its data", "new_checkout"]),
        ("text=db.tf+E3676", ["stores its data"]),
        ("text=no+such+words", []),
        ("topic=cost", ["misses the tag team"]),
        ("pillar=reliability", ["no alarm watches"]),
        (
            "engine=django&disposition=all",
            ["SECURE_SSL_REDIRECT is not set", "SECURE_SSL_REDIRECT is not set"],
        ),
        ("disposition=waived", ["stores its data"]),
        ("disposition=accepted", ["stores its data", "Possible hardcoded", "SECURE_SSL"]),
        ("advice=A4.2", ["misses the tag team"]),
        ("disposition=failing&sort=place&down=1", ["::error::x", "no alarm", "stores its data"]),
    ],
)
def test_the_address_filters_and_sorts(state: str, expected: list[str], tmp_path: Path) -> None:
    found = rows(browse(render("html", demo()), tmp_path, state)[0])
    assert len(found) == len(expected)
    assert all(text in row for text, row in zip(expected, found, strict=True))


def test_a_finding_unfolds_with_code_help_places_and_a_waiver(tmp_path: Path) -> None:
    dom, page = browse(render("html", demo()), tmp_path, "finding=" + "01" * 16)
    text = " ".join("".join(page.text).split())
    assert page.count("tr", "detail") == 1
    for part in (
        "12 storage_encrypted = false",
        "infra/kms.tf:3",
        "Security Hub RDS.3",
        "E3676 (cfn-lint)",
        "# djaws: ignore[CKV_AWS_16]",
    ):
        assert part in text
    assert '<span class="meant"><span class="line">12</span>' in dom
    dom, page = browse(render("html", demo()), tmp_path, "finding=" + "05" * 16)
    assert "<h4>Why</h4>" in dom
    assert "<li>set <code>default_tags</code> on the provider</li>" in dom


def hostile() -> Report:
    rule = msgspec.structs.replace(
        RULES["B105"],
        id=ATTACK,
        title=ATTACK,
        help=f"# {ATTACK}\n\n- {ATTACK}\n\n```\n{ATTACK}\n```\n",
        topic=ATTACK,
        severity_source=ATTACK,
        advice=(ATTACK,),
    )
    finding = Finding(
        ATTACK,
        "bandit",
        ATTACK,
        Location(Span(ATTACK, 1)),
        ATTACK,
        related=(Related(Span(ATTACK, 2), ATTACK),),
        environment=ATTACK,
    )
    found = Judged(finding, rule, "f0", Disposition.REPORTED, ATTACK, (Also(ATTACK, "cfn-lint", "x"),))
    return Report(
        ATTACK,
        (EngineRun("bandit", ATTACK, "failed", Units(1, 0, 0, 1), (UnitError(ATTACK, ATTACK),)),),
        (found,),
        (Undecided(ATTACK, Span(ATTACK), ATTACK),),
        Verdict(1, 1, False),
        {f"{ATTACK}:1": Quote(1, (ATTACK, ATTACK))},
        {},
        (ATTACK,),
        (WaiverUse(ATTACK, ATTACK, ATTACK, ATTACK, 0, 1, ATTACK),),
        (Fixed(ATTACK, ATTACK, ATTACK, ATTACK),),
        ATTACK,
    )


def test_nothing_a_repository_holds_becomes_part_of_the_page(tmp_path: Path) -> None:
    html = render(
        "html",
        hostile(),
        link=lambda path, line: f"javascript:{path}",
        advice=[AdviceRow(ATTACK, ATTACK, 1, 1, 1, 1)],
    )
    dom, page = browse(html, tmp_path, "finding=f0")
    assert "<title>djaws: failed</title>" in dom
    assert page.count("tr", "detail") == 1
    for tag, most in (("script", 2), ("style", 1), ("img", 0), ("base", 0), ("iframe", 0)):
        assert page.count(tag) == most, tag
    for tag, attrs in page.elements:
        assert not any(name.startswith("on") for name in attrs), tag
        assert attrs.get("href", "#").startswith(("#", "data:,", "https://", "http://")), attrs
        assert attrs.get("http-equiv", "Content-Security-Policy") == "Content-Security-Policy"
    assert "1337" not in "".join(page.text)
    assert not re.search("[\x1b\u202e\u2028]", dom)


def test_five_thousand_findings_are_listed_a_part_at_a_time(tmp_path: Path) -> None:
    found = tuple(judged("B105", f"a{n % 50}.py", n, f"number {n}") for n in range(1, 5001))
    html = render("html", msgspec.structs.replace(empty(), judged=found, verdict=Verdict(1, 5000, True)))
    dom, page = browse(html, tmp_path, "text=number")
    assert "5,000 of 5,000" in page.text
    assert 80 <= len(rows(dom)) <= 800
    assert rows(browse(html, tmp_path, "text=number+4999")[0]) == [
        "high number 4999 a49.py:4999 B105 code failing"
    ]


def test_a_clean_run_says_so(tmp_path: Path) -> None:
    dom, page = browse(render("html", empty()), tmp_path)
    assert "<title>djaws: passed</title>" in dom
    assert "Passed: no findings" in "".join(page.text)
