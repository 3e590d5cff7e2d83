# SPDX-License-Identifier: BSL-1.0
"""The figures of the report, as PDF, from the machine that was measured and from the models' runs."""
import matplotlib

matplotlib.use("pdf")
import matplotlib.pyplot as plt  # noqa: E402

LOOK = {"chan": ("o-", "#0060a8"), "crossbeam": ("^:", "#007d5a"), "go_chan": ("v:", "#c34a00"), "mutex_queue": ("s--", "#7c8591")}
plt.rcParams.update({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
                     "axes.grid": True, "grid.color": "#dddddd", "axes.axisbelow": True, "pdf.fonttype": 42})


def throughput(run, path):
    """Elements per second by capacity, a panel for each number of producers and consumers; medians, least to most."""
    crews = list(dict.fromkeys(sorted((c.who for c in run.select("chan_bench", "chan", "throughput")), key=lambda w: (sum(map(int, w.split("+"))), w))))
    figure, axes = plt.subplots(1, len(crews), figsize=(6.6, 2.2), sharey=True, constrained_layout=True)
    for axis, who in zip(axes, crews):
        for subject, (look, colour) in LOOK.items():
            cases = sorted((c for c in run.select("chan_bench", subject, "throughput") if c.who == who and c.capacity), key=lambda c: c.capacity)
            if not cases:
                continue
            middle = [1e3 / c.median_ns for c in cases]
            low, high = [m - 1e3 / max(c.ns) for m, c in zip(middle, cases)], [1e3 / min(c.ns) - m for m, c in zip(middle, cases)]
            axis.errorbar([c.capacity for c in cases], middle, yerr=[low, high], fmt=look, color=colour, ms=3.5, lw=1, capsize=2, label=subject)
        axis.set(xscale="log", yscale="log", title=who.replace("+", " + "), xlabel="capacity")
        axis.set_xticks([c.capacity for c in cases], [str(c.capacity) for c in cases])
        axis.minorticks_off()
    axes[0].set_ylabel("million elements per second")
    axes[0].legend(fontsize=6.5, loc="lower right")
    save(figure, path)


def states(runs, path):
    """How long SPIN needs for how many states; what is correct, and what has a bug."""
    figure, axis = plt.subplots(figsize=(4.2, 2.4), constrained_layout=True)
    for wanted, label, look, colour in ((True, "every state", "o", "#0060a8"), (False, "an injected bug, found", "x", "#c34a00")):
        chosen = [r for r in runs if (r["expected"] == "ok") == wanted and r["states"] > 0]
        axis.plot([r["states"] for r in chosen], [max(r["megabytes"], 1) for r in chosen], look, color=colour, ms=4, label=label)
    axis.set(xscale="log", yscale="log", xlabel="states", ylabel="megabytes")
    axis.legend(fontsize=7)
    save(figure, path)


def save(figure, path):
    figure.savefig(path, metadata={"CreationDate": None})
    plt.close(figure)


def write(run, runs, folder):
    throughput(run, folder / "throughput.pdf")
    states(runs, folder / "states.pdf")
