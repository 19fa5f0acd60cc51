"""URL patterns as they stand in the files, and whether some path is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from djaws.files import Tree
from djaws.model.django import Urls, evaluate
from djaws.model.django.urls import read_urls

Read = Callable[..., Urls]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def build(urls: str, more: Mapping[str, str] | None = None, settings: str = "DEBUG = False\n") -> Urls:
        files = {
            "settings.py": f"{settings}ROOT_URLCONF = 'site_urls'\n",
            "site_urls.py": urls,
            **(more or {}),
        }
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        tree = Tree(tmp_path, tuple(sorted(files)))
        return read_urls(tree, ("",), evaluate(tree, "settings.py"))

    return build


HEAD = (
    "from django.urls import include, path, re_path\nfrom django.contrib import admin\nfrom . import views\n"
)


def test_a_route_answers_the_whole_path_and_nothing_else(read: Read) -> None:
    urls = read(HEAD + "urlpatterns = [path('health/', views.health, name='health')]\n")
    assert (urls.answers("/health/"), urls.answers("/health"), urls.answers("/health/x")) == (
        True,
        False,
        False,
    )
    (pattern,) = urls.patterns
    assert (pattern.view, pattern.name, pattern.span.line) == ("views.health", "health", 4)


def test_includes_are_followed_with_their_prefix(read: Read) -> None:
    more = {"api/urls.py": "from django.urls import path\nurlpatterns = [path('v<int:n>/up', x)]\n"}
    urls = read(HEAD + "urlpatterns = [path('api/', include('api.urls'))]\n", more)
    assert urls.answers("/api/v2/up") is True
    assert urls.patterns[0].route == "api/v<int:n>/up"
    assert [span.path for span in urls.patterns[0].calls] == ["site_urls.py"]


def test_expressions_match_from_the_start(read: Read) -> None:
    urls = read(HEAD + "urlpatterns = [re_path(r'^ping/?$', views.ping)]\n")
    assert (urls.answers("/ping"), urls.answers("/ping/"), urls.answers("/xping")) == (True, True, False)


def test_the_admin_answers_everything_below_it(read: Read) -> None:
    assert read(HEAD + "urlpatterns = [path('admin/', admin.site.urls)]\n").answers("/admin/login/") is True


def test_what_is_not_in_the_repository_may_answer_anything(read: Read) -> None:
    urls = read(HEAD + "urlpatterns = [path('accounts/', include('allauth.urls'))]\n")
    assert urls.rest is not None
    assert urls.answers("/health/") is None


def test_patterns_of_debug_mode_are_not_there_without_it(read: Read) -> None:
    source = (
        HEAD
        + "from django.conf import settings\nurlpatterns = []\nif settings.DEBUG:\n    urlpatterns += [path('x', v)]\n"
    )
    assert read(source).patterns == ()
    assert len(read(source, settings="DEBUG = True\n").patterns) == 1


def test_patterns_under_an_unknown_condition_carry_it(read: Read) -> None:
    source = (
        HEAD
        + "import os\nurlpatterns = []\nif os.environ.get('X') == '1':\n    urlpatterns.append(path('x', v))\n"
    )
    assert [str(pattern.guard) for pattern in read(source).patterns] == ['env X is "1"']


def test_configurations_that_include_each_other_end(read: Read) -> None:
    urls = read(HEAD + "urlpatterns = [path('a/', include('site_urls'))]\n")
    assert urls.rest is not None


def test_an_expression_that_could_take_for_ever_is_not_tried(read: Read) -> None:
    urls = read(HEAD + "urlpatterns = [re_path(r'^((a+)+)+$', v)]\n")
    assert urls.answers("/" + "a" * 60 + "!") is None
