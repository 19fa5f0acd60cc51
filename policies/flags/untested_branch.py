"""Flags of which tests try only one state."""

from __future__ import annotations

from collections import defaultdict

from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy


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
    """Tests fix the flag with `override_flag`, `override_switch` or `override_sample`, always to the same state. Flags that no test
    fixes are left out.

    ## Why

    The branch that no test runs is the one that users get on the day the flag is switched.

    ## Fix: Django

    Run the test in both states:

        @pytest.mark.parametrize("on", [True, False])
        def test_checkout(on, client):
            with override_flag("new-checkout", active=on):
                assert client.get("/checkout/").status_code == 200
    """
    states: defaultdict[str, set[str]] = defaultdict(set)
    places: dict[str, Span] = {}
    for override in system.flags.overrides:
        states[override.name].add(override.active)
        places.setdefault(override.name, override.span)
    for name, seen in sorted(states.items()):
        if "" not in seen and len(seen) == 1 and name in system.flags.evaluated:
            only = "on" if seen == {"True"} else "off"
            yield finding(places[name], f"tests try flag {name!r} only when it is {only}", subject=name)
