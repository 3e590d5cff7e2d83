"""The ratios that matter: two medians of one program in one run, and the bar, where there is one.

Used by bench/run.py and report/make.py. Standard library only.
"""

from dataclasses import dataclass

from measurements import duration, order_of, rate


@dataclass
class Ratio:
    """How two medians compare, and the bar."""
    what: str
    group: str
    value: float
    figures: str
    bar: str = ""
    met: bool | None = None
    row: str = ""  # of a table over P+C and capacity
    column: str = ""


LIMITS = ("fetch_add_x2", "load_compare_exchange_x2", "exchange_x2")
PAIR_BAR, QUEUE_BAR, BASELINE_BAR = 1.5, 1.5, 10.0


def ratios(run):
    """The ratios, in the order in which a reader asks for them."""
    found = [*_against_limits(run), *_queue_over_ring(run),
             *_over_baseline(run, "bounded_queue_bench", "bounded_queue", "mutex_queue", lambda c: BASELINE_BAR),
             *_over_baseline(run, "mpmc_ring_bench", "mpmc_ring", "mutex_ring", lambda c: None),
             *_synchronisation(run), *_reclaim(run), *_chan(run), *_select(run), *_waiting(run), *_maps(run), *_tasks(run), *_times(run)]
    groups = list(dict.fromkeys(r.group for r in found))
    return sorted(found, key=lambda r: groups.index(r.group))


def _at_most(what, group, mine, other, bar):
    """Times per item: ours is at most so many times the other's."""
    value = mine.median_ns / other.median_ns
    figures = f"{duration(mine.median_ns)} / {duration(other.median_ns)}"
    return Ratio(what, group, value, figures, f"≤ {bar}×" if bar else "", value <= bar if bar else None)


def _at_least(what, group, mine, other, bar, **place):
    """Items per second: ours are at least so many times the other's."""
    value = other.median_ns / mine.median_ns
    figures = f"{rate(1e9 / mine.median_ns)} / {rate(1e9 / other.median_ns)}"
    return Ratio(what, group, value, figures, f"≥ {bar:g}×" if bar else "", value >= bar if bar else None, **place)


def _best(run, mine, subjects):
    """The fastest of other subjects in a case's workload, or None."""
    found = [run.case(mine.program, s, mine.workload, mine.who, mine.capacity) for s in subjects]
    return min(filter(None, found), key=lambda c: c.median_ns, default=None)


# Of sync_bench: subject, workload, P+C (or None: however many threads), beside which subject and workload, bar: the time per
# item is at most so many times the other's.
SYNC = (
    ("wait_group", "add_done", "one", "limit", "fetch_add_x2", 1.1),
    ("wait_group", "add_done", "one", "go_wait_group", "add_done", None),
    ("wait_group", "countdown", None, "std_latch", "countdown", round(1 / 0.95, 3)),
    ("wait_group", "countdown", None, "go_wait_group", "countdown", None),
    ("sharded_wait_group", "add_done", "one", "wait_group", "add_done", None),
    ("sharded_wait_group", "add_done_by_all", None, "wait_group", "add_done_by_all", None),
    ("sharded_wait_group", "countdown", None, "wait_group", "countdown", None),
    ("wait_group", "cycle", "1+1", "futex_loop", "cycle", 1.1),
    ("wait_group", "cycle", "1+1", "std_latch", "cycle", None),
    ("wait_group", "cycle", "1+1", "absl_notification", "cycle", None),
    ("once", "done", "one", "limit", "acquire_load", 1.1),
    ("once", "done", "one", "std_call_once", "done", None),
    ("once", "done", "one", "absl_call_once", "done", None),
    ("once", "done_by_all", None, "std_call_once", "done_by_all", None),
    ("mutex", "lock_unlock", "one", "std_mutex", "lock_unlock", 0.9),
    ("mutex", "lock_unlock", "one", "absl_mutex", "lock_unlock", None),
    ("mutex", "contended", None, "std_mutex", "contended", 1.0),
    ("mutex", "contended", None, "absl_mutex", "contended", None),
    ("mutex", "contended", None, "go_mutex", "contended", None),
    ("rw_mutex", "lock_unlock", "one", "std_shared_mutex", "lock_unlock", None),
    ("rw_mutex", "lock_unlock_shared", "one", "std_shared_mutex", "lock_unlock_shared", None),
    ("rw_mutex", "contended", None, "std_shared_mutex", "contended", None),
    ("rw_mutex", "readers", None, "std_shared_mutex", "readers", None),
    ("cond", "turns", "1+1", "std_condition_variable", "turns", None),
    ("semaphore", "acquire_release", "one", "std_semaphore", "acquire_release", None),
    ("single_flight", "run", "one", "limit", "map_operation_and_allocation", 3.0),
)


def _synchronisation(run):
    for subject, workload, who, other, beside, bar in SYNC:
        for mine in sorted(run.select("sync_bench", subject, workload), key=order_of):
            theirs = run.case("sync_bench", other, beside, mine.who)
            if theirs and who in (None, mine.who):
                yield _at_most(f"{subject} {workload}, {mine.who} / {other} {beside}", "Synchronisation: time per item",
                               mine, theirs, bar)


SECTION_NS = 2.0


def _reclaim(run):
    """What a read section adds: not more than that, where fences are asymmetric."""
    nothing = run.case("reclaim_bench", "limit", "nothing", "one")
    for workload, beside in (("section", "nothing"), ("section_of_this_thread", "nothing"), ("read", "read")):
        mine, other = (run.case("reclaim_bench", s, w, "one") for s, w in (("reclaim", workload), ("limit", beside)))
        if mine and other and nothing:
            allowed = other.median_ns + SECTION_NS
            yield Ratio(f"reclaim {workload} / {beside} and {SECTION_NS:g} ns", "Synchronisation: time per item", mine.median_ns / allowed,
                        f"{duration(mine.median_ns)} / {duration(allowed)}", "≤ 1×" if workload == "section" else "",
                        mine.median_ns <= allowed if workload == "section" else None)


MAP_PEERS = ("tbb_hash_map", "cuckoo_map", "xenium_map", "sharded_map", "go_sync_map")
# Reads in percent, and how many times the operations of the best peer there have to be where two or more threads work.
MAPS = {"99": 1.5, "90": 1.2, "50": 1.0}


def _maps(run):
    """sync_map against the best peer, and never below sharded mutexes; one thread against one mutex."""
    for mine in sorted(run.select("sync_map_bench", "sync_map"), key=lambda c: (c.workload, c.threads)):
        bar = MAPS.get(mine.workload.split("_")[0])
        said = f"sync_map {mine.workload}, {mine.who} / "
        if mine.who == "one":
            if other := run.case(mine.program, "mutex_map", mine.workload, "one"):
                yield _at_least(said + "mutex_map", "Maps: operations per second", mine, other, 1.5 if bar == 1.5 else None)
            continue
        if best := _best(run, mine, MAP_PEERS):
            yield _at_least(f"{said}{best.subject}, the best peer", "Maps: operations per second", mine, best, bar)
        if other := run.case(mine.program, "sharded_map", mine.workload, mine.who):
            yield _at_least(said + "sharded_map", "Maps: operations per second", mine, other, 1.0)


# Of task_bench: workload, P+C, beside whom, bar: how many times theirs the items per second of ours are.
TASKS = (
    ("spawn", "one", "go_task", 2.0),
    ("spawn", "one", "tbb_task", 2.0),
    ("spawn_one", "one", "go_task", 2.0),
    ("round_trip", "1+1", "go_task", 2.0),
    ("elements", "4+4", "go_task", 3.0),
    ("ring", "one", "go_task", 2.0),
    ("sieve", "one", "go_task", 2.0),
    ("fork_join", "one", "tbb_task", 1.0),
    ("fork_join", "one", "go_task", None),
    ("tree", "one", "tbb_task", 1.0),
)


def _tasks(run):
    """Tasks against goroutines and oneTBB's; all workers against one."""
    for workload, who, other, bar in TASKS:
        mine = run.case("task_bench", "task", workload, who)
        theirs = run.case("task_bench", other, workload, who)
        if mine and theirs:
            yield _at_least(f"{workload}, {who} / {other}", "Tasks: items per second", mine, theirs, bar)
    cores = run.machine.get("cores") or 1
    for workload in ("fork_join", "tree"):
        mine = run.case("task_bench", "task", workload, "one")
        alone = run.case("task_bench", "task_one_worker", workload, "one")
        if mine and alone and cores > 1:
            yield _at_least(f"{workload}, {cores} workers / one", "Tasks: speed-up", mine, alone, round(0.9 * cores, 2))


def _times(run):
    """Timers and contexts against Go's; and that the end of a tree of contexts is linear in its size."""
    for workload, bar in (("arm_stop", 1.0), ("reset", None)):
        mine, other = (run.case("time_bench", s, workload, "one") for s in ("timer", "go_timer"))
        if mine and other:
            yield _at_least(f"timer {workload} / go_timer", "Time: timers per second", mine, other, bar)
    tree = {n: run.case("time_bench", "context", f"cancel_tree{n}", "one") for n in (1_000, 10_000, 100_000)}
    for n, mine in tree.items():
        if mine and (other := run.case("time_bench", "go_context", f"cancel_tree{n}", "one")):
            yield _at_most(f"context cancel_tree of {n:,} / go_context", "Time: the end of a context, per context below",
                           mine, other, 0.5 if n == 10_000 else None)
    if tree[10_000] and tree[100_000]:
        yield _at_most("context cancel_tree of 100,000 / of 10,000", "Time: the end of a context, per context below",
                       tree[100_000], tree[10_000], None)


def _against_limits(run):
    pairs = [c for c in run.select("mpmc_ring_bench", "mpmc_ring", "pair") if c.who == "one"]
    for pair in sorted(pairs, key=order_of):
        for limit in LIMITS:
            if bound := run.case("mpmc_ring_bench", "limit", limit, "one"):
                yield _at_most(f"mpmc_ring push+pop, capacity {pair.capacity} / {limit}",
                               "One thread: mpmc_ring against two uncontended RMWs", pair, bound, PAIR_BAR)


def _queue_over_ring(run):
    for queue in sorted(run.select("bounded_queue_bench", "bounded_queue", "pair"), key=order_of):
        if ring := run.case("bounded_queue_bench", "mpmc_ring", "pair", "one", queue.capacity):
            yield _at_most(f"bounded_queue push+pop / mpmc_ring, capacity {queue.capacity}",
                           "One thread: bounded_queue, nobody parked, against mpmc_ring", queue, ring, QUEUE_BAR)


def _over_baseline(run, program, subject, baseline, bar_of):
    for mine in sorted(run.select(program, subject, "throughput"), key=order_of):
        if other := run.case(program, baseline, "throughput", mine.who, mine.capacity):
            yield _at_least(f"{mine.who}, capacity {mine.capacity}", f"Throughput: {subject} / {baseline}", mine, other,
                            bar_of(mine), row=mine.who, column=str(mine.capacity))


CHANNELS = ("crossbeam", "go_chan")
OURS = (("chan", ""), ("task_chan", " between tasks"))  # as subjects, and as words


def _over_mutex(case):
    """What a channel with a buffer moves at least, in mutex_queue's."""
    if case.capacity == 0 or (case.who == "1+1" and case.capacity != 1024):
        return None
    return {"1+1": 10, "2+2": 12}.get(case.who, 25)


def _over_channels(case):
    """And in what the better of crossbeam and Go moves."""
    if case.capacity == 0 or (case.who == "1+1" and case.capacity != 1024):
        return None
    return 3 if case.who == "2+2" else 4


def _chan(run):
    """chan against limits, baselines and other languages' channels; capacity 0 is a rendezvous."""
    program = "chan_bench"
    for pair in sorted(run.select(program, "chan", "pair"), key=order_of):
        if bound := run.case(program, "limit", LIMITS[0], "one"):
            yield _at_most(f"chan push+pop, capacity {pair.capacity} / {LIMITS[0]}",
                           "One thread: chan against two uncontended RMWs", pair, bound, PAIR_BAR)
    yield from _over_baseline(run, program, "chan", "mutex_queue", _over_mutex)
    for ours, between in OURS:
        for mine in sorted(run.select(program, ours, "throughput"), key=order_of):
            if other := _best(run, mine, CHANNELS):
                yield _at_least(f"{mine.who}, capacity {mine.capacity} / {other.subject}",
                                f"Throughput: chan{between} / the better of crossbeam and Go", mine, other, _over_channels(mine),
                                row=mine.who, column=str(mine.capacity))
    mine, other = (run.case(program, s, w, "1+1", 1024) for s, w in (("chan", "throughput_bulk32"), ("mutex_queue", "throughput")))
    if mine and other:
        yield _at_least("bulk of 32, 1+1 / mutex_queue", "Throughput: chan in bulk", mine, other, 15)
    for mine in sorted(run.select(program, "chan", "throughput_unbounded"), key=order_of):
        if other := _best(run, mine, ("crossbeam", "moodycamel")):
            yield _at_least(f"{mine.who} / {other.subject}", "Throughput: chan without a bound / the better peer", mine, other, None)
    for ours, between in OURS:
        for mine in sorted(run.select(program, ours, "round_trip"), key=order_of):
            what = "rendezvous round trip" if mine.capacity == 0 else f"round trip, capacity {mine.capacity}"
            for subject, bar in (("limit", PAIR_BAR), ("crossbeam", 0.3), ("go_chan", None), ("mutex_queue", None)):
                if other := run.case(program, subject, "round_trip", "1+1", mine.capacity):
                    yield _at_most(f"{what} / {subject}", f"Latency: chan{between}", mine, other, bar if mine.capacity == 0 else None)


def _waiting(run):
    """The share of a core that a hundred threads take while nothing comes."""
    for workload in ("waiting", "waiting_select"):
        for mine in sorted(run.select("chan_bench", "chan", workload), key=order_of):
            share = mine.median_ns * 1e-9
            yield Ratio(f"{workload}, {mine.threads} threads, capacity {mine.capacity}", "CPU time of threads that wait, of a core",
                        share, f"{duration(mine.median_ns)} / 1 s", "≤ 0.01×", share <= 0.01)


def _select_of_many(run, program, n, ours, between):
    for mine in sorted(run.select(program, ours, f"select{n}"), key=order_of):
        for subject, bar in (("crossbeam", 2.5), ("go_chan", 4), ("mutex_queue", None)):
            if other := run.case(program, subject, mine.workload, mine.who, mine.capacity):
                yield _at_least(f"{mine.workload}, {mine.who} / {subject}", f"select{between}: throughput", mine, other, bar)
    for mine in run.select(program, ours, f"select{n}_round_trip"):
        for subject, bar in (("crossbeam", 0.3), ("go_chan", None)):
            if other := run.case(program, subject, mine.workload, mine.who, mine.capacity):
                yield _at_most(f"{mine.workload} / {subject}", f"select{between} that waits: a round trip", mine, other, bar)


def _select(run):
    program = "chan_bench"
    for n in (2, 8, 64):
        for mine in sorted(run.select(program, "chan", f"select{n}_pair"), key=order_of):
            for subject, bar in (("crossbeam", 0.35), ("go_chan", None), ("mutex_queue", 1.0)):
                if other := run.case(program, subject, mine.workload, mine.who, mine.capacity):
                    yield _at_most(f"{mine.workload} / {subject}", "select: a push and a ready select", mine, other, bar)
        for ours, between in OURS:
            yield from _select_of_many(run, program, n, ours, between)
    for shared in run.select(program, workload="select_done_shared") + run.select(program, workload="select_done_shared_waiting"):
        if private := run.case(program, shared.subject, shared.workload.replace("shared", "private"), shared.who):
            yield _at_least(f"{shared.subject}: {shared.workload}, {shared.who} / private", "select beside an idle `done`: shared / private",
                            shared, private, 0.9 if shared.subject == "chan" else None)
