"""The fuzzer: makes cases by number, checks them, reports what fails. See README.md."""

import argparse
import json
import os
import random
import sys
import time
import traceback
from collections import Counter

import psycopg

import catalog
import findings
from generator import Generator
from oracles import all_oracles
from session import Fault, Refused, Session

RECONNECT = 4000  # cases per connection: new ones must work, old ones must not grow


def arguments():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--seed", type=int, default=time.time_ns() // 1000 % 1000000, help="a new one each time without it")
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--documents", type=int, default=10**9, help="how many cases")
    parser.add_argument("--seconds", type=float, default=10**9)
    parser.add_argument("--kinds", default="", help="of oracles, with commas: " + " ".join(sorted({o.kind for o in all_oracles().values()})))
    parser.add_argument("--oracles", default="", help="their names, with commas: " + " ".join(sorted(all_oracles())))
    parser.add_argument("--found", default=os.path.join(findings.HERE, "found"), help="folder for what is found")
    parser.add_argument("--replay", nargs="*", default=[], help="files of that folder")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--stop", type=int, default=20, help="findings after which it ends")
    return parser.parse_args()


class Fuzzer:
    def __init__(self, options):
        self.options = options
        self.session = Session(os.environ["PGDATABASE"])
        # Sorted names and samples: the same number makes the same case whenever the database is made anew.
        every = catalog.load(self.session.connection, ["public", "guarded", "plain"])
        apart = lambda name: name.partition(".")[0] in ("guarded", "plain")
        self.models = {name.removeprefix("public."): model for name, model in every.items() if not apart(name)}
        self.apart = {name: model for name, model in every.items() if apart(name)}
        self.oracles = all_oracles()
        self.counts, self.faults, self.refused = Counter(), {}, 0

    def chosen(self):
        kinds, names = self.options.kinds, self.options.oracles
        chosen = {
            name: oracle
            for name, oracle in self.oracles.items()
            if (not kinds or oracle.kind in kinds.split(",")) and (not names or name in names.split(","))
        }
        if not chosen:
            raise SystemExit("fuzz: there is no such kind")
        return chosen

    def make(self, number, names, weights):
        """The case of a number: its oracle's name and what that made, or None."""
        seed = f"{self.options.seed}:{number}"
        name = random.Random(seed + ":oracle").choices(names, weights)[0]
        oracle = self.oracles[name]
        g = Generator(self.apart if oracle.kind == "rights" and name != "Forbidden" else self.models, seed)
        return name, oracle.make(g)

    def check(self, name, case):
        """None, or what is wrong. What is slow only once was so because the machine was busy."""
        fault = self.check_once(name, case)
        return self.check_once(name, case) if fault and fault.kind == "SLOW" else fault

    def check_once(self, name, case):
        oracle, session = self.oracles[name], self.session
        try:
            session.begin_case()
            if oracle.writes:
                session.do("BEGIN")
            try:
                oracle.check(session, case)
            except Refused:
                self.refused += 1
            finally:
                if oracle.writes and not session.connection.closed:
                    session.do("ROLLBACK")
            session.end_case()
        except Fault as fault:
            if fault.kind == "LOST":
                session.connection.close()
            return fault
        except psycopg.OperationalError as error:
            # a statement of ours that met another's lock is no loss
            lost = session.connection.closed or error.sqlstate is None or error.sqlstate[:3] == "57P"
            session.connection.close()
            return Fault("LOST", error) if lost else None
        return None

    def run(self):
        options, chosen = self.options, self.chosen()
        names, weights = list(chosen), [oracle.weight for oracle in chosen.values()]
        began = told = time.time()
        number = options.start
        print(f"# seed {options.seed}", flush=True)
        while number < options.start + options.documents and time.time() - began < options.seconds and len(self.faults) < options.stop:
            name, case = self.make(number, names, weights)
            if case is not None:
                self.counts[name] += 1
                try:
                    fault = self.check(name, case)
                except Exception:  # the oracle's own: one more thing to look at
                    fault = Fault("ORACLE", traceback.format_exc()[-1500:])
                    self.session.connection.close()
                if fault:
                    self.report(number, name, case, fault)
            number += 1
            if number % RECONNECT == 0:
                self.session.connection.close()
            if time.time() - told > 60:
                told = time.time()
                self.progress(number, began)
        self.progress(number, began)
        return 1 if self.faults else 0

    def progress(self, number, began):
        done, seconds = sum(self.counts.values()), time.time() - began
        print(f"# {done} documents in {seconds:.0f} s, {done / seconds:.0f} per second, {self.refused} refused; next {self.options.seed}:{number}", flush=True)

    def report(self, number, name, case, fault):
        """One finding of each kind by each oracle; the others are counted."""
        known = (name, fault.kind)
        self.faults.setdefault(known, 0)
        self.faults[known] += 1
        if self.faults[known] > 3:
            return
        calls = list(self.session.calls)
        if not self.options.no_shrink and fault.kind not in ("LOST", "SLOW"):
            again = lambda candidate: self.still(name, candidate, fault.kind)
            if again(case):
                case = findings.shrink(case, again)
                fault = self.check(name, case) or fault
                calls = list(self.session.calls)
            else:
                fault = Fault(fault.kind, str(fault) + " (not a second time)")
        path = findings.save(self.options.found, self.options.seed, number, name, case, fault, calls)
        print(f"FOUND {self.options.seed}:{number} {name}: {str(fault)[:600]}\n  {json.dumps(case, ensure_ascii=False)[:1500]}\n  {path}", flush=True)

    def still(self, name, case, kind):
        try:
            fault = self.check(name, case)
        except Exception:  # a case that lost a part which the oracle needs
            if not self.session.connection.closed and self.session.connection.info.transaction_status:
                self.session.connection.execute("ROLLBACK; RESET ROLE; RESET search_path")
            return False
        return fault is not None and fault.kind == kind

    def replay(self):
        status = 0
        for path in self.options.replay:
            with open(path, encoding="utf-8") as file:
                found = json.load(file)
            fault = self.check(found["oracle"], found["case"])
            print(f"{path}: {fault or 'right now'}\n{findings.as_sql(self.session.calls)}")
            status |= fault is not None
        return status


def main():
    options = arguments()
    fuzzer = Fuzzer(options)
    try:
        return fuzzer.replay() if options.replay else fuzzer.run()
    except Exception:
        traceback.print_exc()
        return 2
    finally:
        for (name, kind), count in sorted(fuzzer.faults.items()):
            print(f"# {count} times {name}: {kind}")
        print("# SQLSTATEs: " + ", ".join(f"{state} {count}" for state, count in sorted(fuzzer.session.states.items())))


if __name__ == "__main__":
    sys.exit(main())
