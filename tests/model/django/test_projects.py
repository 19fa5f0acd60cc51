"""Which Django projects a repository holds, and which settings module stands for production."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from djaws.config import FileConfig, ProjectEntry
from djaws.errors import DjawsError
from djaws.files import Tree
from djaws.model.django import projects
from djaws.model.django.infer import Place, places
from djaws.model.django.productionness import productionness

MANAGE = (
    "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')\nfrom django.core.management import x\n"
)
WSGI = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')\nfrom django.core.wsgi import x\n"
WHOLE = "INSTALLED_APPS = []\nMIDDLEWARE = []\nROOT_URLCONF = 'shop.urls'\n"

Find = Callable[..., tuple[Place, ...]]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Mapping[str, str]], Tree]:
    def write(files: Mapping[str, str]) -> Tree:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Tree(tmp_path, tuple(sorted(files)))

    return write


@pytest.fixture
def found(written: Callable[[Mapping[str, str]], Tree]) -> Find:
    def find(files: Mapping[str, str], **config: object) -> tuple[Place, ...]:
        return places(written(files), FileConfig(**config))  # type: ignore[arg-type]

    return find


SPLIT = {
    "manage.py": MANAGE.format("shop.settings.local"),
    "shop/wsgi.py": WSGI.format("shop.settings.local"),
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": WHOLE,
    "shop/settings/local.py": "from .base import *\n",
    "shop/settings/staging.py": "from .base import *\n",
    "shop/settings/production.py": "from .base import *\n",
}


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("Dockerfile", "FROM x\nENV DJANGO_SETTINGS_MODULE=shop.settings.staging\n", 2),
        ("Dockerfile", 'FROM x\nENV A=1 \\\n    DJANGO_SETTINGS_MODULE="shop.settings.staging"\n', 3),
        ("Dockerfile", 'FROM x\nCMD ["python", "manage.py", "x", "--settings=shop.settings.staging"]\n', 2),
        (
            "infra/main.tf",
            'environment = [{\n  name  = "DJANGO_SETTINGS_MODULE"\n  value = "shop.settings.staging"\n}]\n',
            3,
        ),
        (
            "infra/main.tf",
            'x = jsonencode({"name": "DJANGO_SETTINGS_MODULE", "value": "shop.settings.staging"})\n',
            1,
        ),
        (
            "t.yaml",
            "AWS::ECS\nEnvironment:\n  - Name: DJANGO_SETTINGS_MODULE\n    Value: shop.settings.staging\n",
            4,
        ),
        ("t.yaml", "AWS::Serverless\nVariables:\n  DJANGO_SETTINGS_MODULE: shop.settings.staging\n", 3),
        (
            ".ebextensions/a.config",
            "option_settings:\n  x:\n    DJANGO_SETTINGS_MODULE: shop.settings.staging\n",
            3,
        ),
        ("zappa_settings.json", '{"live": {"django_settings": "shop.settings.staging"}}', 1),
        (".github/workflows/d.yml", "env:\n  DJANGO_SETTINGS_MODULE: 'shop.settings.staging'\n", 2),
        ("Procfile", "web: DJANGO_SETTINGS_MODULE=shop.settings.staging gunicorn shop.wsgi\n", 1),
        (
            "docker-compose.yml",
            "environment:\n  - DJANGO_SETTINGS_MODULE=${DJANGO_SETTINGS_MODULE:-shop.settings.staging}\n",
            2,
        ),
        ("etc/shop.service", "[Service]\nEnvironment=DJANGO_SETTINGS_MODULE=shop.settings.staging\n", 2),
    ],
)
def test_what_deploys_the_project_names_its_settings(found: Find, path: str, text: str, line: int) -> None:
    files = {name: content for name, content in SPLIT.items() if "production" not in name}
    (place,) = found({**files, path: text})
    assert (place.module, place.path) == ("shop.settings.staging", "shop/settings/staging.py")
    assert (place.at.path, place.at.line) == (path, line)
    assert path in place.because
    assert "shop.settings.local" in place.others


def test_the_most_production_like_of_several_names_is_chosen_and_it_is_said(found: Find) -> None:
    (place,) = found(
        {
            **SPLIT,
            "Dockerfile": "ENV DJANGO_SETTINGS_MODULE=shop.settings.local\n",
            "deploy.yml": "env:\n  DJANGO_SETTINGS_MODULE: shop.settings.production\n",
            "staging.yml": "env:\n  DJANGO_SETTINGS_MODULE: shop.settings.staging\n",
        }
    )
    assert place.module == "shop.settings.production"
    assert place.others[0] == "shop.settings.staging"
    assert "most production-like of 3" in place.because


def test_a_production_module_that_nothing_names_beats_a_named_workplace(found: Find) -> None:
    (place,) = found(SPLIT)
    assert place.module == "shop.settings.production"
    assert "by its name" in place.because


def test_a_fragment_with_a_production_name_is_no_settings_module(found: Find) -> None:
    files = {
        "manage.py": MANAGE.format("shop.settings"),
        "shop/settings/__init__.py": WHOLE + "from .production_logging import *\n",
        "shop/settings/production_logging.py": "LOGGING = {}\n",
    }
    (place,) = found(files)
    assert place.module == "shop.settings"


def test_a_dockerfile_for_developers_says_nothing_of_production(found: Find) -> None:
    files = {
        "manage.py": MANAGE.format("shop.conf_a"),
        "shop/conf_a.py": WHOLE,
        "shop/conf_b.py": WHOLE,
        "Dockerfile.dev": "ENV DJANGO_SETTINGS_MODULE=shop.conf_b\n",
    }
    (place,) = found(files)
    assert place.module == "shop.conf_a"


def test_tests_and_editors_have_the_last_word_only(found: Find) -> None:
    files = {
        "manage.py": MANAGE.format("shop.settings"),
        "shop/settings.py": WHOLE,
        "shop/production_like.py": WHOLE,
        "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = shop.production_like\n",
    }
    (place,) = found(files)
    assert place.module == "shop.settings"


def test_every_project_of_the_repository_is_found(found: Find) -> None:
    files = {
        "api/manage.py": MANAGE.format("api_site.settings"),
        "api/api_site/settings.py": WHOLE,
        "worker/worker_site/wsgi.py": WSGI.format("worker_site.settings"),
        "worker/worker_site/settings.py": WHOLE,
        "lib/tests/manage.py": MANAGE.format("x.settings"),
        "lib/tests/x/settings.py": WHOLE,
    }
    assert [(place.root, place.path) for place in found(files)] == [
        ("api", "api/api_site/settings.py"),
        ("worker", "worker/worker_site/settings.py"),
    ]


def test_settings_that_nothing_starts_are_found_by_what_they_hold(found: Find) -> None:
    (place,) = found({"src/shop/__init__.py": "", "src/shop/settings.py": WHOLE})
    assert (place.root, place.module, place.is_deployed) == ("src", "shop.settings", False)


def test_a_settings_module_that_is_not_here_is_said_not_guessed(found: Find) -> None:
    (place,) = found({"manage.py": MANAGE.format("elsewhere.settings")})
    assert place.path == ""
    assert "not in the repository" in place.because


def test_a_repository_without_django_has_no_projects(found: Find) -> None:
    assert found({"manage.py": "print('hello')\n", "settings.py": "X = 1\n", "wsgi.py": "app = 1\n"}) == ()


def test_the_configuration_overrides_what_is_inferred(found: Find) -> None:
    assert found(SPLIT, settings="shop.settings.staging")[0].module == "shop.settings.staging"
    entry = ProjectEntry(root=".", settings="shop.settings.base")
    assert found(SPLIT, projects=(entry,))[0].module == "shop.settings.base"
    with pytest.raises(DjawsError, match=r"shop\.nowhere"):
        found(SPLIT, settings="shop.nowhere")


def test_a_configuration_class_is_inferred_like_a_module(found: Find) -> None:
    files = {
        **SPLIT,
        "Procfile": "web: DJANGO_CONFIGURATION=Prod x\n",
        "dev.env": "DJANGO_CONFIGURATION=Dev\n",
    }
    assert found(files)[0].configuration == "Prod"


def test_the_inputs_hold_every_file_that_the_evaluation_reads(
    written: Callable[[Mapping[str, str]], Tree],
) -> None:
    tree = written(
        {
            **SPLIT,
            "shop/settings/production.py": "from . import (\n    base,\n)\nfrom . import extra, secrets as s; import shop.more\nfrom .\\\n  late import *\n",
            "shop/settings/extra.py": "X = 1\n",
            "shop/settings/secrets.py": "Y = 1\n",
            "shop/settings/late.py": "if True: from ..deep.down import Z\n",
            "shop/__init__.py": "",
            "shop/more.py": "",
            "shop/deep/down.py": "Z = 3\n",
            "shop/unrelated.py": "",
        }
    )
    (project,) = projects(tree, FileConfig())
    assert set(project.settings.inputs) <= set(project.place.inputs)
    assert project.settings.get("Z").only(None) == 3
    assert "shop/unrelated.py" not in project.place.inputs


@pytest.mark.parametrize(
    ("path", "text", "version", "line"),
    [
        ("requirements.txt", "requests==2\nDjango==4.2.7  # lts\n", (4, 2), 2),
        ("requirements.txt", "django-waffle==4.1\ndjango[argon2]~=5.1.0\n", (5, 1), 2),
        ("requirements/production.txt", "-r base.txt\ndjango>=3.2,<4\n", (3, 2), 2),
        ("uv.lock", '[[package]]\nname = "django"\nversion = "5.2.1"\n', (5, 2), 3),
        ("poetry.lock", '[[package]]\nname = "Django"\nversion = "4.1"\n', (4, 1), 3),
        ("Pipfile.lock", '{"default": {"django": {"hashes": [], "version": "==3.1.2"}}}', (3, 1), 1),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango = "^4.0"\n', (4, 0), 2),
        ("pyproject.toml", 'dependencies = [\n  "django==5.0.6",\n]\n', (5, 0), 2),
    ],
)
def test_the_version_of_django_is_read_from_what_pins_it(
    written: Callable[[Mapping[str, str]], Tree], path: str, text: str, version: tuple[int, int], line: int
) -> None:
    (project,) = projects(written({**SPLIT, path: text}), FileConfig())
    assert project.django is not None
    assert (project.django.version, project.django.span.path, project.django.span.line) == (
        version,
        path,
        line,
    )


def test_apps_and_template_folders_are_those_in_the_repository(
    written: Callable[[Mapping[str, str]], Tree],
) -> None:
    settings = (
        "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n"
        "INSTALLED_APPS = ['django.contrib.admin', 'cart', 'stock.apps.StockConfig']\n"
        "TEMPLATES = [{'DIRS': [BASE_DIR / 'templates']}]\n"
    )
    tree = written(
        {
            "src/manage.py": MANAGE.format("shop.settings"),
            "src/shop/settings.py": settings,
            "src/cart/__init__.py": "",
            "src/stock/__init__.py": "",
            "src/stock/apps.py": "",
        }
    )
    (project,) = projects(tree, FileConfig())
    assert project.apps == ("src/cart", "src/stock")
    assert project.template_dirs == ("src/templates", "src/cart/templates", "src/stock/templates")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("a.settings.production", "a.settings"),
        ("a.settings", "a.settings.staging"),
        ("a.settings.staging", "a.settings.base"),
        ("a.settings.base", "a.settings.local"),
        ("a.settings_prod", "a.settings_dev"),
        ("Prod", "Dev"),
        ("a.settings.deploy", "a.settings.ci"),
    ],
)
def test_names_are_ranked_by_how_much_they_speak_of_production(better: str, worse: str) -> None:
    assert productionness(better) < productionness(worse)
