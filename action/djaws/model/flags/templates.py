"""Flags asked for in templates and in JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

from djaws.errors import Refused
from djaws.files import Tree
from djaws.files import is_test as is_test_code
from djaws.finding import Span
from djaws.model.flags.types import Dynamic, Evaluation, Form

TEMPLATES = (".html", ".htm", ".djhtml", ".jinja", ".jinja2", ".j2", ".mjml", ".txt", ".xml")
SCRIPTS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte")

_WORDS = re.compile(rb"waffle|flag_enabled|flag_disabled|ifswitch|feature_flags")
_COMMENTS = re.compile(r"\{#.*?#\}|\{%-?\s*comment\b.*?endcomment\s*-?%\}", re.DOTALL)
_TAG = re.compile(
    r"""\{%[-+]?\s*(flag|switch|sample|flag_enabled|flag_disabled|ifswitch)\s+("[^"]*"|'[^']*'|[^\s%]+)"""
)
_JINJA = re.compile(r"""\bwaffle\.(flag|switch|sample)\(\s*(?:request\s*,\s*)?("[^"]*"|'[^']*'|[^\s,)]+)""")
_JINJA_FLAGS = re.compile(r"""\b(flag_enabled|flag_disabled)\(\s*("[^"]*"|'[^']*'|[^\s,)]+)""")
_SCRIPT = re.compile(r"""\bwaffle\.(flag|switch|sample)_is_active\(\s*("[^"]*"|'[^']*'|`[^`]*`|[^\s,)]+)""")
#: Names that a template binds itself: loop variables, `{% with x=… %}`, `{% … as x %}`.
_BOUND = re.compile(
    r"\{%-?\s*(?:for\s+(?P<loop>[\w,\s]+?)\s+in\b|with\s+(?P<with>[^%]*)|[^%]*\sas\s+(?P<as>\w+)\s*-?%\})"
)
_LIBRARIES = {
    "flag": ("waffle_tags", "waffle.flag"),
    "switch": ("waffle_tags", "waffle.switch"),
    "sample": ("waffle_tags", "waffle.sample"),
    "flag_enabled": ("feature_flags", "django-flags"),
    "flag_disabled": ("feature_flags", "django-flags"),
    "ifswitch": ("gargoyle_tags", "gargoyle"),
}
_PLAIN = re.compile(r"[\w-]+\Z")


def in_templates(tree: Tree, builtins: frozenset[str] = frozenset()) -> Iterator[Evaluation | Dynamic]:
    """The evaluations of all templates and scripts. `builtins` are tag libraries that every template has."""
    for path in tree.with_suffix(*TEMPLATES, *SCRIPTS):
        if path.endswith(".txt") and "templates/" not in path:
            continue
        try:
            data = tree.read(path)
        except Refused:
            continue
        if _WORDS.search(data):
            yield from _in_text(path, data.decode("utf-8-sig", "replace"), builtins)


def _in_text(path: str, text: str, builtins: frozenset[str]) -> Iterator[Evaluation | Dynamic]:
    text = _COMMENTS.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    if not path.endswith(SCRIPTS):
        bound = frozenset(_bound(text))
        for found in _TAG.finditer(text):
            library, backend = _LIBRARIES[found[1]]
            if library in builtins or re.search(rf"\{{%-?\s*load\b[^%]*\b{library}\b", text):
                yield _asked(path, text, found, backend, "template", is_word=found[2] not in bound)
        for found in _JINJA.finditer(text):
            yield _asked(path, text, found, f"waffle.{found[1]}", "template")
        for found in _JINJA_FLAGS.finditer(text):
            yield _asked(path, text, found, "django-flags", "template")
    for found in _SCRIPT.finditer(text):
        yield _asked(path, text, found, f"waffle.{found[1]}", "javascript")


def _bound(text: str) -> Iterator[str]:
    for found in _BOUND.finditer(text):
        yield from re.findall(r"\w+", found["loop"] or found["as"] or "")
        yield from re.findall(r"(\w+)\s*=", found["with"] or "")
        yield from re.findall(r"\bas\s+(\w+)", found["with"] or "")


def _asked(
    path: str, text: str, found: re.Match[str], backend: str, form: Form, is_word: bool = False
) -> Evaluation | Dynamic:
    span = Span(path, text.count("\n", 0, found.start()) + 1)
    raw = found[2]
    is_test = is_test_code(path) or "__tests__" in path or ".test." in path or ".spec." in path
    is_quoted = raw[0] in "\"'`" and "${" not in raw and "{{" not in raw
    # waffle compiles a bare word as a variable and falls back to the word itself.
    if is_quoted or (is_word and _PLAIN.match(raw)):
        return Evaluation(raw.strip("\"'`"), backend, span, form, is_test=is_test)
    return Dynamic(backend, span, raw[:120], is_test=is_test)
