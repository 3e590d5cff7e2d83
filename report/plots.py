"""Plots as SVG text that takes its colours from the page: every colour here is a CSS variable of the template."""

import io
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: E402

import bars  # noqa: E402
import measurements  # noqa: E402

# Matplotlib wants colours, the page wants variables: each stands for one, and is replaced in the SVG.
_INK, _FAINT = "#010101", "#020202"
_VARIABLES = {_INK: "currentColor", _FAINT: "var(--grid)"}
_SERIES = ("ours", "ours2", "mutex", "peer", "limit")
_COLOUR = {name: f"#0303{i:02x}" for i, name in enumerate(_SERIES, 1)}
_VARIABLES |= {colour: f"var(--{name})" for name, colour in _COLOUR.items()}
_LOOK = {"ours": ("o", "-"), "ours2": ("D", "-."), "mutex": ("s", "--"), "peer": ("^", ":"), "limit": ("x", "-")}
# Subjects of one role have one colour: from the second on each has a marker and a line of its own.
_MORE_LOOKS = [("v", (0, (5, 1.5))), ("P", (0, (3, 1, 1, 1))), ("<", (0, (1, 3))), ("*", (0, (8, 2))), (">", (0, (3, 1, 1, 1, 1, 1))),
               ("p", (0, (5, 4)))]

plt.rcParams.update({
    "svg.fonttype": "none", "svg.hashsalt": "sluice", "font.family": "sans-serif", "font.size": 10,
    "text.color": _INK, "axes.labelcolor": _INK, "axes.edgecolor": _FAINT, "xtick.color": _INK, "ytick.color": _INK,
    "xtick.labelcolor": _INK, "ytick.labelcolor": _INK, "grid.color": _FAINT, "axes.grid": True, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "axes.titleweight": "bold",
    "legend.frameon": False, "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
})


PEERS = ("boost", "tbb", "go", "crossbeam", "moodycamel", "atomic", "cuckoo", "xenium", "std", "absl")


def role(subject, program):
    """Which colour a subject has in the plots of a program: the primitive that the program is about stands out."""
    if subject == "limit":
        return "limit"
    if subject == program.removesuffix("_bench"):
        return "ours"
    if subject.startswith("mutex_"):
        return "mutex"
    return "peer" if subject.split("_")[0] in PEERS else "ours2"


def _svg(figure, label):
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", pad_inches=0.05, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = out.getvalue()
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    width = float(re.search(r'width="([\d.]+)pt"', text)[1])
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    text = re.sub(r"#0[123]0[123]0[0-9a-f]", lambda m: _VARIABLES.get(m.group(), m.group()), text)
    text = re.sub(r"font: (?:\w+ )?([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    label = label.replace("&", "and").replace('"', "'").replace("<", "")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}" style="max-width: {width * 1.6:.0f}px"', 1)


def _rate_axis(axis):
    axis.set_major_formatter(FuncFormatter(lambda value, _: measurements.rate(value)))
    axis.set_minor_formatter(NullFormatter())


def _log_ticks(axis):
    """Powers of ten, and where there are few of them also twice and five times each."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 60 * low else (1,), numticks=20))


def _time_axis(axis):
    axis.set_major_formatter(FuncFormatter(lambda value, _: measurements.duration(value) if value else "0"))
    axis.set_minor_formatter(NullFormatter())


def looks(subjects, program):
    """{subject: (role, marker, line)}, such that no two are alike while there are looks left."""
    shown, seen = {}, {}
    for subject in subjects:
        its = role(subject, program)
        nth = seen[its] = seen.get(its, -1) + 1
        shown[subject] = (its, *(_MORE_LOOKS[(nth - 1) % len(_MORE_LOOKS)] if nth else _LOOK[its]))
    return shown


def _series(axes, cases, positions, look):
    """A line through the medians, with whiskers from the least to the most."""
    rates = [sorted(case.rates) for case in cases]
    middle = [1e9 / case.median_ns for case in cases]
    spread = [[m - r[0] for m, r in zip(middle, rates)], [r[-1] - m for m, r in zip(middle, rates)]]
    its, marker, line = look
    return axes.errorbar(positions, middle, yerr=[[max(0, x) for x in side] for side in spread], color=_COLOUR[its],
                         marker=marker, linestyle=line, linewidth=1.8, markersize=5, capsize=3, elinewidth=1)


def _lines(run, program, panels, panel_of, ticks, tick_of, titles, x_label, title):
    """One panel per element of `panels`, one line per subject, one tick per element of `ticks`."""
    cases = run.select(program, workload="throughput")
    subjects = sorted({c.subject for c in cases}, key=lambda s: (_SERIES.index(role(s, program)), s))
    figure, all_axes = plt.subplots(1, len(panels), figsize=(2.35 * len(panels) + 1, 3.2), sharey=True, squeeze=False,
                                    constrained_layout=True)
    shown, look = {}, looks(subjects, program)
    for axes, panel, head in zip(all_axes[0], panels, titles):
        for i, subject in enumerate(subjects):
            mine = sorted((c for c in cases if c.subject == subject and panel_of(c) == panel),
                          key=lambda c: ticks.index(tick_of(c)))
            if mine:
                shift = 0.06 * (i - (len(subjects) - 1) / 2)  # whiskers side by side
                shown[subject] = _series(axes, mine, [ticks.index(tick_of(c)) + shift for c in mine], look[subject])
        axes.set_yscale("log")
        axes.set_xticks(range(len(ticks)), [str(t) for t in ticks])
        axes.set_xlim(-0.4, len(ticks) - 0.6)
        axes.set_title(head)
        axes.set_xlabel(x_label)
        axes.grid(axis="x", visible=False)
        _rate_axis(axes.yaxis)
    _log_ticks(all_axes[0][0].yaxis)
    all_axes[0][0].set_ylabel("elements per second, log scale")
    figure.legend(shown.values(), shown.keys(), loc="upper center", ncol=len(shown), bbox_to_anchor=(0.5, 1.1))
    return _svg(figure, title)


def throughput(run, program):
    """Elements per second by number of threads, a panel per capacity; by capacity where there is only 1+1."""
    cases = run.select(program, workload="throughput")
    if not cases:
        return None
    capacities = sorted({c.capacity for c in cases})
    crews = sorted({c.who for c in cases}, key=lambda who: int(who.split("+")[0]))
    title = f"Throughput of {program.removesuffix('_bench')} and its peers, elements per second"
    if len(crews) == 1:
        return _lines(run, program, crews, lambda c: c.who, capacities, lambda c: c.capacity,
                      ["1 producer, 1 consumer"], "capacity", title + ", by capacity")
    return _lines(run, program, capacities, lambda c: c.capacity, crews, lambda c: c.who,
                  [f"capacity {n}" for n in capacities], "producers + consumers", title + ", by threads")


def _bars(axes, rows, log=False, lines=()):
    """rows: (label, case, colour name), top to bottom; vertical lines at `lines`."""
    for y, (_, case, look) in enumerate(rows):
        middle = case.median_ns
        axes.barh(y, middle, height=0.62, color=_COLOUR[look],
                  xerr=[[max(0, middle - min(case.ns))], [max(0, max(case.ns) - middle)]],
                  error_kw={"ecolor": _INK, "capsize": 3, "elinewidth": 1}, hatch="///" if look == "mutex" else None,
                  edgecolor=_FAINT, linewidth=0.5)
        end = max([max(case.ns), *(x for x in lines if middle < 1.1 * x)])  # right of whatever would cross the figure
        axes.annotate(measurements.duration(middle), (end, y), xytext=(5, 0), textcoords="offset points",
                      va="center", fontsize=9)
    axes.set_yticks(range(len(rows)), [label for label, _, _ in rows])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    if log:
        axes.set_xscale("log")
    axes.margins(x=0.22)
    _time_axis(axes.xaxis)
    if log:
        _log_ticks(axes.xaxis)


def one_thread(run, program):
    """What push+pop costs one thread, against two RMWs of the same run."""
    cases = [c for c in run.select(program) if c.who == "one" and c.workload in ("pair", *bars.LIMITS)
             and (c.subject == "limit" or c.capacity == 64)]
    if not any(c.subject != "limit" for c in cases):
        return None
    rows = [((c.workload.replace("_x2", " ×2") if c.subject == "limit" else c.subject), c, role(c.subject, program))
            for c in sorted(cases, key=lambda c: (c.subject != "limit", c.median_ns))]
    figure, axes = plt.subplots(figsize=(5.2, 0.36 * len(rows) + 0.9), constrained_layout=True)
    limit = run.case(program, "limit", bars.LIMITS[0], "one")
    marks = [(limit.median_ns * factor, f"{factor:g}×", style, side) for factor, style, side in
             ((1, "-", "right"), (bars.PAIR_BAR, "--", "left"))] if limit else []
    _bars(axes, rows, lines=[at for at, *_ in marks])
    for at, word, style, side in marks:
        axes.axvline(at, color=_INK, linestyle=style, linewidth=1)
        axes.annotate(word, (at, -0.75), ha=side, va="bottom", fontsize=9, annotation_clip=False)
    axes.set_ylim(len(rows) - 0.4, -0.75)
    return _svg(figure, f"One thread's push and pop, {program}, against two read-modify-writes")


def round_trips(run):
    """One element there and one back, all programs."""
    cases = [c for c in run.select() if c.capacity in (None, 1)
             and (c.workload.startswith("round_trip") or c.workload == "line_round_trip")]
    best = {}  # the cache line's own round trip is measured by several programs
    for c in cases:
        best.setdefault((c.subject, c.workload), c)
    if not best:
        return None
    words = {"line_round_trip": "a cache line", "round_trip": "spin, then park", "round_trip_spinning": "spinning",
             "round_trip_parked": "parked at once"}
    rows = [(words.get(c.workload, c.workload) if c.subject == "limit" else f"{c.subject}, {words.get(c.workload)}", c,
             role(c.subject, c.program)) for c in sorted(best.values(), key=lambda c: (c.subject != "limit", c.median_ns))]
    figure, axes = plt.subplots(figsize=(7.2, 0.36 * len(rows) + 0.8), constrained_layout=True)
    _bars(axes, rows, log=True)
    axes.set_xlabel("time per round trip, log scale")
    return _svg(figure, "Round trip of one element through two queues")
