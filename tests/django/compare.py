"""Runs the cases, then random querysets and related managers; the last line is "N passed, N failed"."""

import argparse
import collections
import fnmatch
import sys

import configure  # noqa: F401  first: models need it

from django.apps import apps
from django.db import connection

import deletes
import features
import random_querysets
import related_managers
import seed
import writes
from bolt_django import register
from case import all_cases
from outcome import compare, report


def main():
    options = arguments()
    load(options.seed)
    wanted = features.available()
    if options.features is not None:
        wanted &= set(options.features.split(","))
    passed = failed = 0
    left_out = collections.Counter()
    for name, case in all_cases():
        if options.only and not fnmatch.fnmatch(name, options.only):
            continue
        missing = set(case.needs) - wanted
        if missing:
            left_out.update(missing)
            continue
        outcome, error = attempt(case, options.form, wanted)
        if outcome is not None and outcome.verdict == "needs chain":
            left_out["chain"] += 1
        elif outcome is not None and outcome.verdict == "same":
            passed += 1
        else:
            failed += 1
            print(f"\nFAILED {name}\n{error or report(outcome, case.build)}", flush=True)
    if options.random:
        more_passed, more_failed = random_querysets.run(options, wanted)
        passed += more_passed
        failed += more_failed
    writing = {"delete": deletes, "related managers": related_managers, "write": writes}
    for name, module in writing.items():
        if name in wanted and (not options.only or fnmatch.fnmatch(name, options.only)):
            more_passed, more_failed = module.run(options)
            passed += more_passed
            failed += more_failed
    if left_out:
        print("left out, for want of: " + ", ".join(f"{name} ({n})" for name, n in left_out.most_common()))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def attempt(case, form, wanted):
    """The outcome in the form asked for, and in the chain form where only that says it."""
    expected = {"sqlstate": case.sqlstate, "instead": case.instead, "refused": case.refused}
    try:
        outcome = compare(case.build, form, **expected)
        if outcome.verdict == "needs chain" and "chain" in wanted:
            outcome = compare(case.build, "chain", **expected)
        if outcome.verdict == "ambiguous":
            return None, "the case: Django's answer is one of several, its order decides nothing"
        return outcome, None
    except Exception as error:
        return None, f"the harness: {type(error).__name__}: {error}"


def load(number):
    """Rows for the tables, names for bolt_orm."""
    seed.load(number)
    register(apps.get_app_config("press").get_models())
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '20s'")


def arguments():
    parser = argparse.ArgumentParser(prog="tests/django/run", description=__doc__)
    parser.add_argument("--random", type=int, default=0, metavar="N", help="how many random querysets")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first of them")
    parser.add_argument("--seed", type=int, default=1, help="of the rows and of the random querysets")
    parser.add_argument("--form", choices=["plain", "chain"], default="plain", help="of the documents")
    parser.add_argument("--only", metavar="PATTERN", help='cases by their id, such as "lookup: *"')
    parser.add_argument("--features", help="only these of those that are there, with commas")
    parser.add_argument("--most", type=int, default=10, help="random differences to show before stopping")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
