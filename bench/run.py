#!/usr/bin/env python3
"""Runs the benchmark programs of a build and says how they compare.

Writes one JSON per program and machine.json into the output folder. Repetitions of all cases of a program are
interleaved at random, so that what disturbs the machine for a while disturbs all of them; compare ratios of medians
within one program, not times across programs. Standard library only: what --pack writes runs anywhere with Python.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import bars  # noqa: E402
import measurements  # noqa: E402

QUICK_FILTER = r"/(one|1\+1|2\+2)(/cap:(1|64))?(/manual_time|/iterations:1)*$|/4\+4/cap:64/"
LOADER = "ld-linux"


class Unusable(Exception):
    """What stops us, in words for the user."""


class Misused(Unusable):
    """The same, where what was asked for cannot be."""


def options(argv):
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("--build", "--binaries", default="out/build/release", metavar="DIR",
                        help="build folder; its programs are bench/*_bench (default: %(default)s)")
    parser.add_argument("--out", default="out/bench", metavar="DIR", help="where results go (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="fewer cases, shorter: under a minute, for a first look")
    parser.add_argument("--filter", metavar="REGEX", help="only the cases whose name matches, e.g. 'mpmc_ring/pair'")
    parser.add_argument("--program", metavar="NAME", action="append", default=[],
                        help="only this program, e.g. mpmc_ring_bench; may be repeated")
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("--repetitions", type=positive, metavar="N", help="per case (default: 9; quick: 3)")
    parser.add_argument("--pin", action="store_true", help="each thread stays on a CPU of its own, if there are enough")
    parser.add_argument("--timeout", type=positive, default=1800, metavar="S",
                        help="seconds after which a program is stopped (default: %(default)s)")
    parser.add_argument("--save", metavar="NAME", help="also keep the results as bench/results/NAME.json")
    parser.add_argument("--json", metavar="FILE", help="also keep the results as FILE, as --save does; it may go to "
                        "bench/results/ of another machine's tree")
    how_long.add_argument("--minutes", type=positive, metavar="N", help="instead of --repetitions: rounds over all programs, in "
                        "the order in which --program names them, until N minutes are over")
    parser.add_argument("--pack", metavar="DIR", help="run nothing; copy the programs, the libraries that they need "
                        "and this script to DIR, to be run on another machine")
    return parser.parse_args(argv)


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return value


def check(opts):
    if opts.save and not re.fullmatch(r"[\w-]+", opts.save):
        raise Misused(f"--save takes letters, digits, - and _, not {opts.save!r}")
    try:
        re.compile(opts.filter or "")
    except re.error as error:
        raise Misused(f"--filter {opts.filter!r} is no regular expression: {error}") from error


def find_programs(build, wanted):
    folder = pathlib.Path(build) / "bench"
    programs = sorted(p for p in folder.glob("*_bench") if p.is_file() and os.access(p, os.X_OK))
    if not programs:
        raise Misused(f"no benchmark programs in {folder}; build them first, e.g. with ./kit bench")
    names = {p.name for p in programs}
    if unknown := [name for name in wanted if name not in names]:
        raise Misused(f"no program {', '.join(unknown)}; there are: {', '.join(sorted(names))}")
    if wanted:
        return [folder / name for name in dict.fromkeys(wanted)]
    return programs


def launcher(build):
    """A packed folder brings its own loader and libraries."""
    libraries = (pathlib.Path(build) / "lib").resolve()
    loader = next(libraries.glob(LOADER + "*"), None)
    return [str(loader), "--library-path", str(libraries)] if loader else []


def first_line(path, start=""):
    try:
        with open(path, encoding="utf-8") as lines:
            return next((line.strip() for line in lines if line.startswith(start)), None)
    except OSError:
        return None


def cpus_in_use(seconds=1.0):
    """How many CPUs others keep busy, over a moment; a load average would still remember our own build."""
    def ticks():
        fields = [int(x) for x in (first_line("/proc/stat", "cpu ") or "cpu").split()[1:9]]
        return sum(fields), sum(fields[3:5])  # all, idle
    before = ticks()
    time.sleep(seconds)
    after = ticks()
    if not (total := after[0] - before[0]):
        return None
    return round((os.cpu_count() or 1) * (1 - (after[1] - before[1]) / total), 2)


def machine_facts():
    model = (first_line("/proc/cpuinfo", "model name") or "").partition(":")[2].strip()
    governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    hypervisor = first_line("/proc/cpuinfo", "flags") or ""
    return {
        "cpu": model or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": f"{platform.system()} {platform.release()}",
        "governor": governor or "not readable",
        "virtual": " hypervisor" in hypervisor,
        "in_use_before": cpus_in_use(),
        "load_before": [round(x, 2) for x in os.getloadavg()],
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }


def command_of(program, opts, prefix, repetitions, result):
    command = [*prefix, str(program.resolve()), "--benchmark_enable_random_interleaving=true",
               f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={0.02 if opts.quick else 0.1}",
               "--benchmark_display_aggregates_only=true", f"--benchmark_out={result}", "--benchmark_out_format=json"]
    if opts.filter or opts.quick:
        command.append(f"--benchmark_filter={opts.filter or QUICK_FILTER}")
    return command


def measure(program, out, opts, prefix, repetitions, timeout):
    """Runs a program once. False if it has no case that was asked for."""
    target = out / f"{program.name}.json"
    partial = out / f"{program.name}.json.partial"
    try:
        done = subprocess.run(command_of(program, opts, prefix, repetitions, partial), timeout=timeout,
                              capture_output=True, text=True, errors="replace",
                              env={**os.environ, "SLUICE_BENCH_PIN": "1"} if opts.pin else None)
    except subprocess.TimeoutExpired:
        if opts.minutes and partial.is_file():  # what it finished until then counts
            measurements.append_document(target, partial)
        partial.unlink(missing_ok=True)
        raise
    except OSError as error:
        raise Unusable(f"{program.name} does not start: {error}") from error
    if "Failed to match any benchmarks" in done.stderr + done.stdout:
        partial.unlink(missing_ok=True)
        print(f"   {program.name}: no case matches {opts.filter!r}")
        return False
    if done.returncode != 0:
        raise Unusable(f"{program.name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    measurements.append_document(target, partial)
    return True


def measure_all(programs, out, opts, prefix):
    """Each program on its own: all repetitions, interleaved. Whether there was anything to measure."""
    found = False
    for program in programs:
        repetitions = opts.repetitions or (3 if opts.quick else 9)
        print(f"== {program.name}, {repetitions} interleaved repetitions", flush=True)
        try:
            found = measure(program, out, opts, prefix, repetitions, opts.timeout) or found
        except subprocess.TimeoutExpired as error:
            raise Unusable(f"{program.name} was stopped after {opts.timeout} s (--timeout)") from error
    return found


def measure_rounds(programs, out, opts, prefix):
    """One repetition of each program, again and again until the time is over; of what ran then the finished cases count."""
    end = time.monotonic() + 60 * opts.minutes
    rounds = 0
    while programs:
        print(f"== round {rounds + 1}", flush=True)
        for program in list(programs):
            try:
                if not measure(program, out, opts, prefix, 1, max(0.1, end - time.monotonic())):
                    programs.remove(program)
            except subprocess.TimeoutExpired:
                print(f"   time is over in round {rounds + 1}, in {program.name}")
                return any(out.glob("*_bench.json"))
        rounds += 1
    return False


def table(rows, head):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))))


def print_medians(run):
    for program in sorted({c.program for c in run.cases.values()}):
        print(f"\n{program}: medians")
        rows = []
        for c in run.select(program):
            spread = f"{measurements.duration(min(c.ns))} .. {measurements.duration(max(c.ns))}"
            rows.append((c.name, measurements.duration(c.median_ns), measurements.rate(1e9 / c.median_ns), spread))
        table(rows, ("case", "per item", "items", "least .. most"))


def print_percentiles(run):
    """Of the round trips: throughput that is bought by letting elements wait shows here."""
    rows = []
    for c in sorted(run.select(), key=lambda c: (c.program, c.name)):
        if c.percentiles:
            cells = [measurements.duration(statistics.median(c.percentiles[p])) for p in measurements.PERCENTILES]
            rows.append((f"{c.program}: {c.name}", *cells))
    if rows:
        print("\nround trips, medians of the repetitions' percentiles")
        table(rows, ("case", *measurements.PERCENTILES.values()))


def print_ratios(run):
    group = None
    for ratio in bars.ratios(run):
        if ratio.group != group:
            group = ratio.group
            print(f"\n{group}")
        verdict = "" if ratio.met is None else f"   bar {ratio.bar}: {'met' if ratio.met else 'NOT met'}"
        print(f"  {ratio.what:<58} {ratio.value:7.2f}×   {ratio.figures}{verdict}")


def pack(programs, build, folder):
    """Programs, the libraries that the loader finds for them, the loader itself, and the peers' programs."""
    folder = pathlib.Path(folder)
    for name in ("bench", "lib"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for program in programs:
        shutil.copy(program, folder / "bench")
        listed = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout
        for word in listed.split():
            if word.startswith("/") and os.path.isfile(word):
                shutil.copy(word, folder / "lib")
    for script in ("run.py", "measurements.py", "bars.py"):
        shutil.copy(HERE / script, folder)
    peers = [p for p in pathlib.Path(build, "bench", "peers").glob("*_peer") if p.is_file()]
    (folder / "bench" / "peers").mkdir(exist_ok=True)
    for peer in peers:  # linked statically
        shutil.copy(peer, folder / "bench" / "peers")
    print(f"packed {len(programs)} programs and {len(peers)} peers; there: python3 run.py --build . --out results")


def write_machine(out, facts):
    facts["load_after"] = [round(x, 2) for x in os.getloadavg()]
    (out / "machine.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def run_all(opts, programs):
    out = pathlib.Path(opts.out)
    out.mkdir(parents=True, exist_ok=True)
    facts = machine_facts()
    prefix = launcher(opts.build)
    for stale in out.glob("*_bench.json"):  # one folder, one run
        stale.unlink()
    write_machine(out, facts)  # also for who stops us on the way: what has been measured can be read
    measured = (measure_rounds if opts.minutes else measure_all)(programs, out, opts, prefix)
    if not measured:
        raise Misused(f"no case of any program matches {opts.filter!r}, or none ended in time")
    write_machine(out, facts)
    run = measurements.read_folder(out)
    print_medians(run)
    print_percentiles(run)
    print_ratios(run)
    shown = {key: value for key, value in run.machine.items() if value not in (None, "")}
    print("\n" + ", ".join(f"{key} {value}" for key, value in shown.items()))
    if run.busy:
        print(run.busy)
    if opts.save:
        kept = HERE / "results"
        kept.mkdir(exist_ok=True)
        measurements.save(run, kept / f"{opts.save}.json", opts.save)
    if opts.json:
        measurements.save(run, opts.json, pathlib.Path(opts.json).stem)
    for error in run.errors:
        print(f"bench/run.py: {error}", file=sys.stderr)
    return 1 if run.errors else 0


def main(argv):
    opts = options(argv)
    try:
        check(opts)
        programs = find_programs(opts.build, opts.program)
        if opts.pack:
            pack(programs, opts.build, opts.pack)
            return 0
        return run_all(opts, programs)
    except (Unusable, ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"bench/run.py: {error}", file=sys.stderr)
        return 2 if isinstance(error, Misused) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
