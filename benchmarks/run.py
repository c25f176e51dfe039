"""Measure this package against flytekit, against the floor, and against budgets.

`make bench` makes the two environments and runs this with the Python of the first: the package as a wheel with
compiled bytecode, and flytekit likewise in one of its own. Nothing here passes or fails: times belong to a machine.
With --strict, a missed budget makes the exit status 1.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import container_process
import data_paths
import explain_thousand
import graphs_and_lists
import launches
import many_launches
import quiet
import round_trips
import sandbox_trip
import second_run
import start_up
from report import Budget, machine, table, write_json
from timing import Samples, in_turns


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, help="environment that has flytekit; without it, no comparison")
    parser.add_argument("--runs", type=int, default=20, help="rounds of the container processes (default %(default)s)")
    parser.add_argument("--trips", type=int, default=20, help="trips through the sandbox (default %(default)s)")
    parser.add_argument("--kernels", type=int, default=5, help="kernels to start (default %(default)s)")
    parser.add_argument("--data", type=int, default=3, help="processes for data, 0 for none (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of launches, graphs, lists (default %(default)s)")
    parser.add_argument(
        "--launches", type=int, default=200, help="launches whose memory is watched, after 100 (default %(default)s)"
    )
    parser.add_argument(
        "--quiet", type=float, default=50, help="seconds whose calls are counted, after 10 (default %(default)s)"
    )
    parser.add_argument("--line", type=int, default=3, help="rounds over a slow line, 0 for none (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples and budgets to FILE")
    parser.add_argument("--strict", action="store_true", help="exit status 1 if a budget is missed")
    return parser.parse_args()


def progress(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All samples of one run."""

    processes: dict[str, Samples]  # by the names of container_process
    trip: Samples
    bare: Samples
    data: dict[tuple[str, str], Samples]  # by package and key of data_paths
    edited: second_run.SecondRuns
    explained: list[Samples]
    imported: Samples
    loaded: Samples
    launched: dict[tuple[str, str], Samples]  # by kind and step of launches
    grown: dict[str, Samples]  # by the keys of graphs_and_lists
    memory: many_launches.Memory
    calls: dict[str, quiet.Quiet]  # by the names of quiet.KINDS
    trips: dict[str, round_trips.Launch]  # by kind and step

    def all(self) -> list[Samples]:
        rest = [self.trip, self.bare, self.imported, self.loaded, *self.launched.values(), *self.grown.values()]
        if self.edited.second.seconds:
            rest += [self.edited.first, self.edited.second]
        return [*self.processes.values(), *rest, *self.explained, *self.data.values()]


def measure(options: argparse.Namespace, folder: Path) -> Measured:
    here = Path(sys.executable)  # not resolved: the link inside the environment is what makes it the environment's
    peer = options.peer.absolute() / "bin" / "python" if options.peer else None
    progress(f"container processes, {options.runs} rounds")
    commands = container_process.commands(here, peer, folder)
    processes = in_turns({what: command.run for what, command in commands.items()}, runs=options.runs)
    progress(f"sandbox, {options.trips} trips")
    ours = commands[container_process.OURS]
    trip, bare = sandbox_trip.samples(here, ours, folder / "sandbox", runs=options.trips)
    progress(f"data, {options.data} processes of each package")
    data = data_paths.samples(here, peer, folder / "data", runs=options.data)
    edited = second_run.samples(here, folder / "edited", runs=options.data)
    explained = explain_thousand.samples(here, folder / "explained", runs=options.data)
    progress(f"launches, graphs and lists, {options.rounds} rounds")
    launched = launches.samples(here, folder / "launches", runs=options.rounds)
    grown = graphs_and_lists.samples(here, folder / "grown", runs=options.rounds)
    progress(f"memory, {options.launches} launches after {many_launches.WARM_UP}")
    memory = many_launches.memory(folder / "memory", launches=options.launches)
    progress(f"calls and displays, {options.quiet:g} s after {quiet.WARM_UP_S:g}")
    calls = quiet.measurements(here, warm_up_s=quiet.WARM_UP_S, seconds=options.quiet)
    progress(f"round trips of launches over a slow line, {options.line} rounds")
    trips = round_trips.measurements(here, folder / "line", rounds=options.line)
    progress(f"start-up, {options.kernels} kernels")
    imported = start_up.import_samples(runs=options.runs)
    loaded = start_up.load_ext_samples(folder / "kernel", runs=options.kernels)
    return Measured(
        processes=processes, trip=trip, bare=bare, data=data, edited=edited, explained=explained, imported=imported,
        loaded=loaded, launched=launched, grown=grown, memory=memory, calls=calls, trips=trips,
    )  # fmt: skip


# What a launch may cost, by kind and step: so many times cloudpickle's own dump of the data.
LAUNCHES = {
    ("dictionaries", "unchanged"): 10,
    ("instances", "unchanged"): 15,
    ("dictionaries", "first"): 20,
    ("instances", "first"): 20,
}

# What a kernel may ask of the control plane, by the names of quiet.KINDS.
CALLS_A_SECOND = {"rest of 1": 1, "rest of 50": 1, "wait for 1": 5, "wait for 50": 5}


def budgets_of(found: Measured) -> list[Budget]:
    """Return the design's budgets with what was measured; those beside flytekit only where it was there."""
    ours, floor = found.processes[container_process.OURS], found.processes[container_process.FLOOR]
    budgets = [
        ratio("container process by the floor", ours, floor, limit=1.25),
        ratio("sandbox trip by the bare process", found.trip, found.bare, limit=2),
        Budget(what="import autocontainer_nb", measured=found.imported.median_s * 1000, limit=20, unit="ms"),
        Budget(what="%load_ext autocontainer_nb", measured=found.loaded.median_s * 1000, limit=150, unit="ms"),
    ]
    for (kind, step), limit in LAUNCHES.items() if found.launched else ():
        what = f"{found.launched[kind, step].what}, by a dump"
        budgets.append(ratio(what, found.launched[kind, step], found.launched[kind, "dump"], limit=limit))
    if found.grown:
        chain, quarter = found.grown["chain"], found.grown["quarter"]
        budgets += [
            ratio("list[Optional[int]] by list[int]", found.grown["optional"], found.grown["list"], limit=2),
            Budget(what=chain.what, measured=chain.median_s * 1000, limit=2000, unit="ms"),
            ratio("a chain of four times the nodes", chain, quarter, limit=5),  # 4 is linear
        ]
    if found.memory.kilobytes:
        what = f"memory after {found.memory.launches} launches more, by that before"
        budgets.append(Budget(what=what, measured=found.memory.growth, limit=1.02, unit="x"))
    for name, limit in CALLS_A_SECOND.items() if found.calls else ():
        measured = found.calls[name].calls_a_second
        budgets.append(Budget(what=f"calls of a {name}, after 10 s", measured=measured, limit=limit, unit="a second"))
    for name in ("rest of 50", "wait for 50") if found.calls else ():
        kilobytes = found.calls[name].update_bytes_a_minute / 1000
        budgets.append(Budget(what=f"display updates of a {name}", measured=kilobytes, limit=200, unit="kB a minute"))
    if found.calls:
        trips = found.calls["end of a wait"].trips_at_the_end
        budgets.append(Budget(what="end of a wait after the last poll", measured=trips, limit=1.5, unit="round trips"))
    for name, limit in round_trips.ROUND_TRIPS.items() if found.trips else ():
        budgets.append(
            Budget(what=f"launch of a {name}", measured=found.trips[name].round_trips, limit=limit, unit="round trips")
        )
    for name, limit in round_trips.SECONDS.items() if found.trips else ():
        what = f"launch of a {name}, 200 ms a round trip"
        budgets.append(Budget(what=what, measured=found.trips[name].seconds, limit=limit, unit="s"))
    if found.edited.second_bytes:
        kilobytes = max(found.edited.second_bytes) / 1000
        budgets.append(
            Budget(what="uploaded after an edit, 100 MB unchanged", measured=kilobytes, limit=100, unit="kB")
        )
    if container_process.PEER in found.processes:
        budgets.insert(0, gain("container process", found.processes[container_process.PEER], ours, limit=5))
        kinds = (
            ("capture", "capture of a 100 MB array", 10),
            ("load", "loading of a 100 MB array", 1),
            ("list", "list[int] and back", 15),
        )
        for key, what, limit in kinds if found.data else ():
            budgets.append(gain(what, found.data["flytekit", key], found.data["autocontainer_nb", key], limit=limit))
    return budgets


def ratio(what: str, measured: Samples, by: Samples, *, limit: float) -> Budget:
    return Budget(what=what, measured=measured.median_s / by.median_s, limit=limit, unit="x")


def gain(what: str, peer: Samples, ours: Samples, *, limit: float) -> Budget:
    factor = peer.median_s / ours.median_s
    return Budget(what=f"{what}: flytekit's time by ours", measured=factor, limit=limit, unit="x", at_least=True)


def main() -> int:
    options = arguments()
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONPATH"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="autocontainer-nb-bench-") as name:
        found = measure(options, Path(name))
    budgets = budgets_of(found)
    print(", ".join(f"{key}: {value}" for key, value in machine().items()) + "\n")
    print(table(found.all(), budgets))
    if options.json:
        write_json(options.json, found.all(), budgets)
    return 1 if options.strict and not all(budget.is_kept for budget in budgets) else 0


if __name__ == "__main__":
    sys.exit(main())
