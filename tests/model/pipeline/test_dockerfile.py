"""Dockerfiles."""

from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from djaws.model.pipeline.dockerfile import Dockerfile, Stage, parse
from djaws.model.value import Value


def read(text: str) -> Dockerfile:
    return parse("Dockerfile", textwrap.dedent(text).lstrip("\n"))


def final(text: str) -> Stage:
    stage = read(text).final
    assert stage is not None
    return stage


def known(value: Value[str]) -> object:
    return value.only(None)


def test_instructions_keep_lines_through_continuations_comments_and_heredocs() -> None:
    found = read(r"""
        FROM python:3.12
        RUN a \
            # comment

            && b
        RUN <<EOF
        pip install x
        python manage.py migrate
        EOF
        CMD ["gunicorn", "app"]
    """)
    run, heredoc, command = found.instructions[1:]
    assert [(each.text, each.line) for each in run.commands] == [("a", 2), ("b", 5)]
    assert [(each.text, each.line) for each in heredoc.commands] == [
        ("pip install x", 7),
        ("python manage.py migrate", 8),
    ]
    assert (command.span.line, command.exec) == (10, ("gunicorn", "app"))


def test_the_escape_directive_is_honoured() -> None:
    found = read("# escape=`\nFROM x\nRUN a `\n b\n")
    assert len(found.instructions) == 2


def test_flags_are_no_part_of_the_argument() -> None:
    stage = final(
        "FROM --platform=linux/arm64 python:3.12\nCOPY --from=build --chown=app a b\nHEALTHCHECK --interval=5s CMD curl x\n"
    )
    assert stage.platform == "linux/arm64"
    (copy,) = stage.copies
    assert (copy.text, copy.flags) == ("a b", {"from": "build", "chown": "app"})
    check = stage.last("HEALTHCHECK")
    assert check is not None
    assert check.text == "curl x"


def test_stages_inherit_and_the_last_is_built_unless_a_target_is_named() -> None:
    found = read("""
        FROM python:3.12 AS base
        ENV A=1
        USER app
        WORKDIR /srv
        CMD ["base"]
        FROM base AS web
        WORKDIR app
        ENV B=$A-2
        FROM node:20 AS assets
        USER node
        FROM base
        ENTRYPOINT ["run"]
    """)
    web, last = found.target("web"), found.final
    assert web is not None
    assert last is not None
    assert known(web.environment["B"]) == "1-2"
    assert web.user.only(None) == "app"
    assert web.workdir.only(None) == "/srv/app"
    assert web.last("CMD") is not None
    assert last.last("CMD") is None
    assert found.target("nowhere") is None
    assert known(last.root_base) == "python:3.12"


def test_build_arguments_are_never_known_for_sure() -> None:
    found = read("""
        ARG VERSION=3.12
        ARG REGISTRY
        FROM python:${VERSION}-slim AS a
        FROM $REGISTRY/app AS b
        ARG DEBUG=1
        ENV DEBUG=$DEBUG
    """)
    first, second = found.stages
    assert [each.value for each in first.base.alternatives] == ["python:3.12-slim"]
    assert first.base.unknown is not None
    assert not second.base.alternatives
    assert [each.value for each in second.environment["DEBUG"].alternatives] == ["1"]
    assert second.environment["DEBUG"].unknown is not None


def test_what_the_base_image_may_set_is_unknown_unless_it_is_official() -> None:
    official = final("FROM python:3.12\nENV A=${A:-x} PATH=/v:$PATH\n")
    foreign = final("FROM acme/base\nENV A=${A:-x}\n")
    assert known(official.environment["A"]) == "x"
    assert official.environment["PATH"].unknown is not None
    assert [each.value for each in foreign.environment["A"].alternatives] == ["x"]
    assert foreign.environment["A"].unknown is not None


def test_the_old_form_of_env_takes_the_rest_of_the_line() -> None:
    assert known(final("FROM x\nENV A b c\n").environment["A"]) == "b c"


def test_no_user_is_absent_not_root() -> None:
    assert final("FROM x\n").user.is_absent


@given(st.text(alphabet='FROM x AS\nRUN \\<EOF CMD ["]ARG=ENV $ {}#', max_size=80))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    for each in parse("Dockerfile", text).instructions:
        assert each.commands is not None
