"""Brings the Lambda runtimes in data/lifecycles.json up to the installed cfn-lint, and reminds of what is kept by hand.

    python tools/refresh_lifecycles.py            rewrite the runtimes
    python tools/refresh_lifecycles.py --check    fail when the runtimes are not the installed cfn-lint's

Everything else is read by people: each table names the page it came from and the day. Read the page again, mend the table and
put the new day there. Tables that nobody has read for half a year are listed.
"""

from __future__ import annotations

import datetime
import json
import sys
from importlib.metadata import version
from typing import Any

from _engine_facts import cfn_lint_schemas
from _files import DATA, finish, read, today, with_lines

FILE = DATA / "lifecycles.json"
TABLES = ("database_engines", "django", "python", "lambda_runtimes", "instance_families", "volume_types")
STALE_AFTER = datetime.timedelta(days=183)


def main() -> int:
    checking = "--check" in sys.argv[1:]
    old = read(FILE)
    for name, source in old["sources"].items():
        if datetime.date.today() - datetime.date.fromisoformat(source["read"]) > STALE_AFTER:
            print(f"{name} was last read on {source['read']}: {source['from']}")
    described = f"cfn-lint {version('cfn-lint')}, AdditionalSpecs/LmbdRuntimeLifecycle.json (MIT-0)"
    if checking and old["sources"]["lambda_runtimes"]["from"] != described:
        print("not compared: the installed cfn-lint is not the one the runtimes were read from")
        return 0
    runtimes = _runtimes()
    if runtimes != old["lambda_runtimes"] and not checking:
        old["sources"]["lambda_runtimes"] = {"from": described, "read": today()}
    return finish(
        FILE, with_lines({**old, "lambda_runtimes": runtimes}, "sources", *TABLES), checking=checking
    )


def _runtimes() -> dict[str, dict[str, Any]]:
    file = cfn_lint_schemas().parent / "AdditionalSpecs" / "LmbdRuntimeLifecycle.json"
    return {
        name: {
            "deprecated": dates["deprecated"],
            "creation_ends": dates["create-block"],
            "update_ends": dates["update-block"],
            "successor": dates["successor"],
        }
        for name, dates in sorted(json.loads(file.read_text()).items())
    }


if __name__ == "__main__":
    sys.exit(main())
