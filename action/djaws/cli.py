"""The command line: the only caller of `sys.exit` and the only writer to stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar

import click

from djaws import __version__
from djaws.errors import DjawsError

if TYPE_CHECKING:
    from djaws.config import Config
    from djaws.report import Report
    from djaws.timings import Timings

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("text", "json", "sarif", "sarif-audit", "github", "markdown", "html", "junit", "gitlab")


class _Commands(click.Group):
    """A group whose default command is `check`: `djaws`, `djaws PATH` and `djaws --format json` are all checks."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = ("--help", "-h", "--version")
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="djaws", message="%(prog)s %(version)s")
def cli() -> None:
    """One policy gate for Django applications on AWS.

    `djaws check [PATH]` is the main job, and what runs when no command is named.

    \b
    Exit codes: 0 clean, 1 findings at or above --fail-on, 2 wrong usage or
    configuration, 3 incomplete (something failed, timed out or is missing),
    130 interrupted.
    """


def _check_options(function: F) -> F:
    options = [
        click.option("--config", "config_file", type=click.Path(path_type=Path), help="Configuration file to use instead of the nearest."),
        click.option("--engine", "engines", multiple=True, metavar="NAME", help="Run only this engine: djaws, checkov, cfn-lint, bandit, django. Repeatable."),
        click.option("--select", multiple=True, metavar="RULE", help="Only this rule, topic or engine, whatever its default. Repeatable."),
        click.option("--ignore", multiple=True, metavar="RULE", help="Not this rule, topic or engine. Repeatable."),
        click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files (a git-style pattern). Repeatable."),
        click.option("--profile", type=click.Choice(["default", "strict"]), help="Which rules are on."),
        click.option("--fail-on", type=click.Choice(["critical", "high", "medium", "low", "none"]), help="The least severity that fails (default: high)."),
        click.option("--base", metavar="REF", help="Compare with this commit; only what is new fails."),
        click.option("--filter", type=click.Choice(["new", "changed-lines", "changed-files", "all"]), help="What counts as part of the change (default with a base: new)."),
        click.option("--staged", is_flag=True, default=None, help="Judge what is staged in git's index, not the working tree."),
        click.option("--baseline", metavar="FILE", help="Findings accepted earlier."),
        click.option("--settings", metavar="MODULE", help="The settings module that production uses."),
        click.option("--python", metavar="PATH", help="The project's interpreter, for --live-django."),
        click.option("--live-django", is_flag=True, default=None, help="Also run `check --deploy` inside the project's own interpreter. Executes project code."),
        click.option("--plan", multiple=True, metavar="FILE", help="`terraform show -json` of a plan. Repeatable."),
        click.option("--var-file", "var_files", multiple=True, metavar="FILE", help="A tfvars file; several are several environments. Repeatable."),
        click.option("--allow-python-policies", is_flag=True, default=None, help="Load Python policies from the configured folders. Executes them."),
        click.option("--jobs", type=click.IntRange(1), metavar="N", help="Worker processes at once (default: cores)."),
        click.option("--timeout", type=click.FloatRange(0.1), metavar="S", help="Seconds that one unit may take (default: 120)."),
        click.option("--no-cache", is_flag=True, default=None, help="Neither read nor write the cache."),
        click.option("--timings", is_flag=True, default=None, help="Show where time went, on stderr."),
        click.option("--trace", metavar="FILE", help="Write the timings as a trace for chrome://tracing or Perfetto."),
        click.option("--shard", metavar="I/N", help="Run only this share of the units and write unjudged JSON for `djaws merge`."),
        click.option("--publish", multiple=True, type=click.Choice(["checks", "comment"]), help="Tell GitHub: a check run with every annotation, one comment edited in place. Repeatable."),
        click.option("--as-of", metavar="DATE", help="Judge dated data and expiries as of this day (YYYY-MM-DD)."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def _output_options(function: F) -> F:
    function = click.option("--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Also write this format to a file. Repeatable.")(function)  # fmt: skip
    return click.option(
        "--format", "format_", type=click.Choice(FORMATS), help="What to print (default: text)."
    )(function)


@cli.command()
@click.argument("path", type=click.Path(path_type=Path), default=".")
@_output_options
@_check_options
def check(
    path: Path, format_: str | None, outputs: tuple[str, ...], config_file: Path | None, **flags: Any
) -> int:
    """Check a repository, or the part of it below PATH."""
    from djaws import check as job

    config = _config(path, format_, outputs, config_file, flags)
    watcher = _watcher()
    timings = None
    if config.timings or config.trace:
        from djaws.timings import Timings

        watcher = timings = Timings(watcher)
    if config.shard:
        _print(_encoded(job.check_shard(config, config.shard, watcher)))
        return 0
    report = job.check(config, watcher)
    _emit(report, config)
    if timings is not None:
        _tell(timings, config, report.seconds)
    return report.verdict.exit_code


def _tell(timings: Timings, config: Config, seconds: float) -> None:
    from djaws import timings as times

    if config.timings:
        click.echo(times.table(timings, seconds), err=True)
    if config.trace:
        _write(Path(config.trace), times.trace(timings))


def _encoded(shard: Any) -> str:
    import msgspec

    return msgspec.json.encode(shard).decode()


@cli.command()
@click.argument("shards", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--path", type=click.Path(path_type=Path), default=".", help="The repository that was checked.")
@_output_options
@_check_options
def merge(
    shards: tuple[Path, ...],
    path: Path,
    format_: str | None,
    outputs: tuple[str, ...],
    config_file: Path | None,
    **flags: Any,
) -> int:
    """Judge the shards of one run (`djaws check --shard I/N`) as one."""
    from djaws import check as job

    config = _config(path, format_, outputs, config_file, flags)
    report = job.merge(config, shards)
    _emit(report, config)
    return report.verdict.exit_code


@cli.command()
@click.argument("name")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="A JSON report; NAME is then the fingerprint of one of its findings.",
)
def explain(name: str, report: Path | None) -> None:
    """What a rule means, why, and how to mend what it finds. Offline.

    NAME is a rule (CKV_AWS_16, cost/missing-tags, security.W008), or with --report a fingerprint.
    """
    import datetime

    from djaws import explain as pages

    if report is not None:
        _say(pages.explain_finding(name, report, datetime.date.today()))
    else:
        _say(pages.explain(name, pages.every_rule()))


@cli.command()
@click.option("--engine", "engines", multiple=True, metavar="NAME", help="Only this engine's. Repeatable.")
@click.option("--advice", is_flag=True, help="Grouped by the founding advice that each serves.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(engines: tuple[str, ...], advice: bool, format_: str) -> None:
    """List every rule of every engine."""
    from djaws import explain as pages
    from djaws import names

    for name in engines:
        names.check_engine(name)
    listed = [rule for rule in pages.every_rule() if not engines or rule.engine in engines]
    if format_ == "json":
        import msgspec

        _say(msgspec.json.format(msgspec.json.encode(listed), indent=1).decode())
    else:
        _say(pages.by_advice(listed) if advice else pages.table(listed))


@cli.group()
def baseline() -> None:
    """Accept today's findings, or drop those that are gone."""


@baseline.command("write")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@_check_options
def baseline_write(path: Path, config_file: Path | None, **flags: Any) -> int:
    """Write every open finding into the baseline file (default: djaws-baseline.json)."""
    from djaws.judge import baseline as accepted

    report, file = _baseline_run(path, config_file, flags)
    data = accepted.write(report.judged)
    _write(file, data.decode())
    _say(f"{file}: {data.count(b'fingerprint')} findings accepted")
    return _incomplete(report)


@baseline.command("prune")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@_check_options
def baseline_prune(path: Path, config_file: Path | None, **flags: Any) -> int:
    """Drop entries of the baseline that no finding stands behind any more."""
    from djaws.judge import baseline as accepted

    report, file = _baseline_run(path, config_file, flags)
    if not file.is_file():
        raise DjawsError(f"{file}: no baseline to prune; write one with `djaws baseline write`")
    if not report.verdict.complete:
        _say("the run is incomplete, so nothing was pruned: what did not run cannot say what is gone")
        return 3
    known = accepted.parse(file.read_bytes(), str(file))
    gone = accepted.gone(report.judged, known)
    for entry in gone:
        _say(f"gone: {entry.path}: {entry.rule} {entry.subject}")
    _write(file, accepted.without(known, gone).decode())
    _say(f"{file}: {sum(entry.count for entry in gone)} findings dropped")
    return 0


def _baseline_run(path: Path, config_file: Path | None, flags: dict[str, Any]) -> tuple[Report, Path]:
    """A run that no baseline silences, and the baseline's file."""
    import msgspec

    from djaws import check as job

    config = _config(path, None, (), config_file, flags)
    file = config.resolved(config.file.baseline or "djaws-baseline.json")
    config = msgspec.structs.replace(config, file=msgspec.structs.replace(config.file, baseline="", base=""))
    return job.check(config, _watcher()), file


def _incomplete(report: Report) -> int:
    if report.verdict.complete:
        return 0
    for run in report.runs:
        for error in run.errors:
            click.echo(f"djaws: {run.engine}: {error.path}: {error.because}", err=True)
    return 3


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--allow-python-policies", is_flag=True, help="Also load the folder's Python policies. Executes them."
)
def test(folder: Path, allow_python_policies: bool) -> int:
    """Hold the policies in FOLDER to their examples."""
    from djaws import policy_test

    lines, ok = policy_test.run(folder, allow_python=allow_python_policies)
    _say("\n".join(lines))
    return 0 if ok else 1


@cli.command()
@click.argument("path", type=click.Path(path_type=Path, file_okay=False, exists=True), default=".")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--baseline", "with_baseline", is_flag=True, help="Also accept today's findings in a baseline.")
def init(path: Path, yes: bool, with_baseline: bool) -> int:
    """Write the configuration, the workflow and the hook entry for a repository, after showing them."""
    from djaws import check as job
    from djaws import config as configuration
    from djaws import init as start
    from djaws.files import top_level
    from djaws.judge import baseline as accepted

    root = top_level(path) or path.resolve()
    planned = start.pieces(root, baseline=with_baseline)
    for piece in planned:
        name = piece.path.relative_to(root)
        if piece.left_alone:
            _say(f"{name}: left alone, {piece.left_alone}\n")
        else:
            _say(f"{name}{' (appended)' if piece.is_extension else ''}:\n\n{_indented(piece.text)}\n")
    report = job.check(configuration.load(root, {}, os.environ), _watcher())
    _say(
        f"today {report.verdict.failing} findings would fail at {report.fail_on} or above; `djaws check` lists them"
    )
    if not yes and not (sys.stdin.isatty() and click.confirm("write these files?")):
        _say("nothing was written; `djaws init --yes` writes")
        return 0
    for piece in planned:
        start.write(piece)
    if with_baseline:
        file = root / "djaws-baseline.json"
        _write(file, accepted.write(report.judged).decode())
        _say(f"{file.name}: today's findings accepted; from now on only new ones fail")
    return _incomplete(report)


def _indented(text: str) -> str:
    return "".join(f"    {line}" for line in text.splitlines(keepends=True))


def _say(text: str) -> None:
    click.echo(text)


def _config(
    path: Path, format_: str | None, outputs: tuple[str, ...], config_file: Path | None, flags: dict[str, Any]
) -> Config:
    from djaws import config as configuration

    if not path.exists():
        raise DjawsError(f"{path}: no such file or directory (and no command; see `djaws --help`)")
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if format_:
        given["format"] = format_
    if outputs:
        given["output"] = dict(_output(text) for text in outputs)
    if "shard" in given:
        given["shard"] = _shard(given["shard"])
    config = configuration.load(path, given, os.environ, config_file)
    _reject_unknown_names(config)
    return config


def _output(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    if not equals or not file:
        raise DjawsError(f"--output {text}: write FORMAT=FILE, for example --output sarif=djaws.sarif")
    return name, file


def _shard(text: str) -> tuple[int, int]:
    first, _, second = text.partition("/")
    if first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise DjawsError(f"--shard {text}: write I/N with 1 <= I <= N, for example --shard 2/4")


def _reject_unknown_names(config: Config) -> None:
    """Names of engines, formats and rules that nobody knows are errors that name the nearest."""
    from djaws import names

    for name in config.file.engines:
        names.check_engine(name)
    for name in (config.file.format, *config.file.output):
        names.check_format(name, FORMATS)
    for selector in (*config.file.select, *config.file.ignore, *config.file.unwaivable):
        names.check_selector(selector, has_own_policies=bool(config.file.policy_folders))
    for policy_id, parameters in config.file.policies.items():
        names.check_parameters(policy_id, parameters)


def _emit(report: Report, config: Config) -> None:
    """Writes every report that was asked for; stdout gets `format`."""
    from djaws.render import github

    text_of = _renderer(config)
    for name, file in config.file.output.items():
        _write(Path(file), text_of(name, report))
    taken = _published(report, config.publish, text_of) if config.publish else 0
    if taken and config.file.format == "github":
        # The check run shows these: commands would show the first of them twice.
        _print(github.log(report, github.left_over(github.ranked(report), taken)))
    else:
        _print(text_of(config.file.format, report, colour=_is_terminal(sys.stdout)))


class _Renderer(Protocol):
    def __call__(self, name: str, report: Report, *, colour: bool = False) -> str: ...


def _renderer(config: Config) -> _Renderer:
    """Renders a report in a format, with links when a workflow runs it."""
    from djaws import advice, explain
    from djaws.event import Event
    from djaws.render import render
    from djaws.render.links import github_link

    event = Event.find(os.environ)
    link = github_link(event.server, event.repository, event.sha) if event else None
    read = _reader(config)

    def text_of(name: str, report: Report, *, colour: bool = False) -> str:
        is_counted = name in ("markdown", "html")
        rows = advice.rows(report, explain.every_rule(), config.file) if is_counted else ()
        return render(name, report, colour=colour, width=_width(), read=read, link=link, advice=rows)

    return text_of


def _print(text: str) -> None:
    stream = sys.stdout.buffer
    stream.write(text.encode("utf-8", "backslashreplace"))
    if not text.endswith("\n"):
        stream.write(b"\n")
    stream.flush()


def _published(report: Report, channels: Sequence[str], text_of: _Renderer) -> int:
    """How many annotations a check run shows. Whatever GitHub refuses is one line on stderr; the verdict stands."""
    from djaws import publish
    from djaws.render import github
    from djaws.render.figures import count

    place = publish.Place.find(os.environ)
    if place is None:
        click.echo("djaws: nothing published: GITHUB_TOKEN and GITHUB_REPOSITORY are not set", err=True)
        return 0
    summary = text_of("markdown", report.steady())
    taken = 0
    if "checks" in channels:
        annotations = list(github.ranked(report))
        try:
            taken = publish.check_run(place, annotations, summary, report.verdict.exit_code)
        except publish.Refusal as refusal:
            click.echo(f"djaws: no check run: {refusal}", err=True)
        else:
            left = sum(1 for each in annotations if each.path) - taken
            if left:
                click.echo(
                    f"djaws: GitHub took no more than {count(taken, 'annotation')}, {left} are left", err=True
                )
    if "comment" in channels:
        try:
            click.echo(f"djaws: {publish.comment(place, summary)}", err=True)
        except publish.Refusal as refusal:
            click.echo(f"djaws: no comment: {refusal}", err=True)
    return taken


def _reader(config: Config) -> Callable[[str], str | None]:
    from djaws.errors import Refused
    from djaws.files import Tree, top_level

    path = config.path if config.path.is_dir() else config.path.parent
    tree = Tree((top_level(path) or path).resolve(), ())

    def read(name: str) -> str | None:
        try:
            return tree.text(name)
        except Refused:
            return None

    return read


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        raise DjawsError(f"{file}: cannot be written: {error.strerror}") from error


def _is_terminal(stream: IO[str]) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def _watcher() -> Any:
    if not _is_terminal(sys.stderr):
        return None
    from djaws.progress import Progress

    return Progress()


def main() -> None:
    """The entry point: every way out of the program passes here."""
    try:
        code = cli.main(standalone_mode=False)
    except DjawsError as error:
        click.echo(f"djaws: {error}", err=True)
        code = 2
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except KeyboardInterrupt:
        click.echo("djaws: interrupted", err=True)
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 3
    except Exception as error:
        code = _confess(error)
    sys.exit(code or 0)


def _confess(error: Exception) -> int:
    import traceback

    traceback.print_exception(error)
    click.echo(
        "djaws: this is a fault of djaws, not of your repository; the run is incomplete. Please report it with the lines above.",
        err=True,
    )
    return 3
