"""Flags of which tests try only one state."""

from __future__ import annotations

from collections import defaultdict

from djaws.finding import Span
from djaws.model.flags import Flags
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import day, registered


@policy(
    "Tests try only one state of the flag",
    severity="info",
    confidence="low",
    pillar="operations",
    languages=("django",),
    default="off",
    advice=("A7.3", "A7.2"),
    source="djaws: of 35 tested flags in four projects 14 have both states, too few for a gate",
)
def untested_branch(system: System) -> Verdicts:
    """Tests fix the flag with `override_flag`, `override_switch` or `override_sample`, always to the same state. Silent for flags that
    no test fixes, where the state or the name is a parameter, and for flags created less than a week ago. A test without an
    override runs the branch for "off" too, and is not counted: that is why the policy is off by default.

    ## Why

    The branch that no test runs is the one that users get on the day the flag is switched.

    ## Fix: Django

    Run the test in both states:

        @pytest.mark.parametrize("on", [True, False])
        def test_checkout(on, client):
            with override_flag("new-checkout", active=on):
                assert client.get("/checkout/").status_code == 200
    """
    flags = system.flags
    states: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    places: dict[tuple[str, str], Span] = {}
    for override in flags.overrides:
        states[override.name, override.backend].add(override.active)
        places.setdefault((override.name, override.backend), override.span)
    for (name, backend), seen in sorted(states.items()):
        is_blurred = ("", backend) in states
        if is_blurred or "" in seen or len(seen) > 1 or not _is_asked(flags, name, system):
            continue
        only = "on" if seen == {"True"} else "off"
        yield finding(places[name, backend], f"tests try flag {name!r} only when it is {only}", subject=name)


def _is_asked(flags: Flags, name: str, system: System) -> bool:
    """Whether code asks for a flag that is old enough for both branches to have tests."""
    entry = registered(flags, name)
    begun = day(entry.created) if entry else None
    return name in flags.evaluated and (begun is None or (system.as_of - begun).days >= 7)
