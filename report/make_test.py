"""The page, made from sample data: complete, partial, missing and broken inputs."""

import contextlib
import html.parser
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import make  # noqa: E402
import bars  # noqa: E402
import measurements  # noqa: E402
import plots  # noqa: E402

CLIENT = {"primitive": "mpmc_ring", "client": "no_loss", "property": "No element is lost.", "engine": "Relacy",
          "words": "bounded testing, Relacy", "scheduler": "random", "bound": "1000 executions", "executions": 1000,
          "seconds": 1.5, "verdict": "pass", "expected": "pass", "trace": None}
MUTANT = {"primitive": "mpmc_ring", "edge": "full", "file": "sluice/mpmc_ring.hpp", "line": 7, "function": "fill",
          "operation": "store", "from": "release", "to": "relaxed", "client": "no_loss", "verdict": "killed",
          "executions": 12, "seconds": 0.1, "message": "DATA RACE"}
WRONG = {"name": "forgetful_queue", "property": "No wake-up is lost.", "expected": "deadlock", "message": "DEADLOCK",
         "executions": 3}


CLAIMS = """# Claims

| claim | stated in | tool | bounds |
|---|---|---|---|
| `ring`: nothing is <lost> | [full] | *explorer* | 2 threads |

Who checks `it`:

| claim | ground |
|---|---|
| it is checked | [a test](test.cpp) |

| claim | proved in | tool | bounds | memory model | tied by | not covered |
|---|---|---|---|---|---|---|
| `ring` is a FIFO | `iris/ring.v` `fifo` | Coq | any | SC | `iris/ring.v` | close |
| bugs are found | `spin/ring.pml` `bug` | SPIN | 2 | SC | | |
"""
PROVED = {"claims": [{"text": "`ring` is a FIFO", "verdict": "ok", "problems": []},
                     {"text": "bugs are found", "verdict": "FAILED", "problems": ["ring bug: found ok, not deadlock"]}],
          "generated": "2026-03-04T05:06:07+00:00", "theories": {"iris/ring": {"seconds": 61, "ok": True}},
          "runs": [{"model": "ring", "name": "bug", "expected": "deadlock", "found": "ok", "states": 1234, "megabytes": 3.2, "seconds": 0.4}]}


def verify_document(**changes):
    return {"generated": "2026-01-02T03:04:05+00:00", "mode": "quick", "commit": "0123456789abcdef",
            "compiler": "g++ 12.2.0", "seconds": 88, "clients": [CLIENT], "mutants": [MUTANT], "wrong": [WRONG], **changes}


def entry(name, ns, rate=None, **more):
    return {"name": name, "run_name": name, "run_type": "iteration", "real_time": ns, "cpu_time": ns, "time_unit": "ns",
            **({"items_per_second": rate} if rate else {}), **more}


def bench_documents(ring_ns=7.0, queue_factor=20):
    limits = [entry(f"limit/{name}/one", 5.0) for name in bars.LIMITS]
    crews = [("1+1", 1), ("1+1", 64), ("2+2", 1), ("2+2", 64)]

    def through(subject, rate):
        return [entry(f"{subject}/throughput/{who}/cap:{cap}/manual_time", 1e9, rate * k)
                for who, cap in crews for k in (0.9, 1.0, 1.3)]
    return {
        "mpmc_ring_bench": limits + [entry("mpmc_ring/pair/one/cap:64", ring_ns, 1e9 / ring_ns)]
        + through("mpmc_ring", 2e7) + through("mutex_ring", 1e7)
        + [entry("mpmc_ring/round_trip_spinning/1+1/cap:1/manual_time", 1e6, 1e6)],
        "bounded_queue_bench": limits + [entry("mpmc_ring/pair/one/cap:64", ring_ns, 1e9 / ring_ns),
                                         entry("bounded_queue/pair/one/cap:64", 9.0, 1e9 / 9)]
        + through("bounded_queue", 1e6 * queue_factor) + through("mutex_queue", 1e6),
    }


class Balanced(html.parser.HTMLParser):
    """Fails on a tag that is not closed, which a browser would forgive."""
    VOID = {"meta", "br", "link", "hr", "img", "input"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.remote = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.remote += [v for k, v in attrs if k in ("src", "href") and v and re.match(r"(https?:)?//", v)]

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append((tag, self.getpos()))


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "bench").mkdir()
        (self.folder / "saved").mkdir()
        (self.folder / "claims.md").write_text(CLAIMS)

    def put(self, verify=None, bench=None):
        if verify is not None:
            (self.folder / "results.json").write_text(json.dumps(verify))
        for program, entries in (bench or {}).items():
            (self.folder / "bench" / f"{program}.json").write_text(
                json.dumps({"context": {"num_cpus": 2}, "benchmarks": entries}))

    def run_make(self):
        out = self.folder / "report" / "index.html"
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
            status = make.main(["--verify", str(self.folder / "results.json"), "--bench", str(self.folder / "bench"),
                                "--saved", str(self.folder / "saved"), "--audit", str(self.folder / "audit.json"),
                                "--prove", str(self.folder / "prove.json"), "--claims", str(self.folder / "claims.md"),
                                "--out", str(out)])
        return status, out.read_text() if out.exists() else "", said.getvalue()

    def page(self):
        status, text, said = self.run_make()
        self.assertEqual(status, 0, said)
        parser = Balanced()
        parser.feed(text)
        self.assertEqual((parser.wrong, parser.open, parser.remote), ([], [], []))
        self.assertNotRegex(text, r"@import|url\((?!#)|fetch\(")
        return text

    def test_complete(self):
        self.put(verify_document(), bench_documents())
        text = self.page()
        for words in ("1 of 1", "bounded testing, Relacy", "No element is lost.", "[full]", "release → relaxed",
                      "forgetful_queue", "2026-01-02 03:04", "<svg", "20.0×", "1.40×", "1.29×"):
            self.assertIn(words, text)
        self.assertNotIn("not met", text)
        self.assertNotIn("#0303", text, "a colour that stands for a variable was left in")

    def test_nothing_yet_says_what_to_run(self):
        text = self.page()
        self.assertIn("./kit verify", text)
        self.assertIn("./kit bench", text)
        self.assertNotIn("<svg", text)

    def test_only_verify(self):
        self.put(verify_document())
        text = self.page()
        self.assertIn("no_loss", text)
        self.assertIn("./kit bench", text)

    def test_only_bench(self):
        self.put(bench=bench_documents())
        text = self.page()
        self.assertIn("<svg", text)
        self.assertIn("Nothing has been verified", text)

    def test_surprises_are_named_and_their_trace_is_open(self):
        self.put(verify_document(clients=[{**CLIENT, "verdict": "fail", "trace": "load <NOT CURRENT>"}],
                                 mutants=[{**MUTANT, "verdict": "survived"}]))
        text = self.page()
        self.assertIn("2 did otherwise than expected", text)
        self.assertIn("0 of 1", text)
        self.assertIn("<details open>", text)
        self.assertIn("load &lt;NOT CURRENT&gt;", text)

    def test_unknown_is_not_a_pass(self):
        self.put(verify_document(clients=[{**CLIENT, "verdict": "unknown"}]))
        text = self.page()
        self.assertIn('<div class="card maybe"><b>0 of 1', text)
        self.assertIn("Unknown is not a pass", text)

    def test_the_card_is_red_only_where_something_failed(self):
        self.put(verify_document(clients=[CLIENT, {**CLIENT, "verdict": "unknown"}, {**CLIENT, "verdict": "fail"}]))
        self.assertIn('<div class="card bad"><b>1 of 3', self.page())

    def test_an_engine_that_could_not_tell_is_not_named_among_those_that_did(self):
        self.put(verify_document(clients=[CLIENT, {**CLIENT, "verdict": "unknown", "words": "out of time"}]))
        self.assertIn("did as expected: bounded testing, Relacy</span>", self.page())

    def test_expected_failure_is_no_surprise(self):
        self.put(verify_document(clients=[{**CLIENT, "verdict": "fail", "expected": "fail", "trace": "t"}]))
        self.assertNotIn("otherwise than expected", self.page())

    def test_wrong_structure_that_was_missed(self):
        self.put(verify_document(wrong=[{**WRONG, "message": ""}]))
        text = self.page()
        self.assertIn("1 did otherwise than expected", text)
        self.assertIn("missed", text)

    def test_what_the_orchestrator_says_of_itself(self):
        self.put(verify_document(surprises=["an edge without a mutant"], wrong=[{**WRONG, "verdict": "fail"}],
                                 mutants=[{**MUTANT, "edge": "-"}, {**MUTANT, "line": 8, "edge": "[empty][order]"}], clients=[{**CLIENT, "trace": "x\n" * 1000}]))
        text = self.page()
        self.assertIn("an edge without a mutant", text)
        self.assertIn("600 more lines", text)
        self.assertIn("✓ found", text)
        self.assertIn("[empty] [order]", text)
        self.assertIn("2 edges", text)

    def test_undecided_order_is_no_pass(self):
        self.put(verify_document(mutants=[MUTANT, {**MUTANT, "verdict": "undecided", "message": "because of this"}]))
        text = self.page()
        self.assertIn("1 of 2", text)
        self.assertIn("1 killed, 1 undecided", text)
        self.assertIn("? undecided", text)
        self.assertNotIn("otherwise than expected", text)

    def test_audit_is_preferred_to_the_mutants_of_a_verification(self):
        step = {**MUTANT, "engine": "explorer", "engines": {"explorer": "no_loss", "relacy": "no_loss"}, "part": "success",
                "argument": "mpmc_ring.hpp:7:store:0:relaxed", "token": "w1/r2.0", "trace": "T0 <stores>", "surprise": None}
        needless = {**step, "line": 9, "step": "acq_rel -> acquire", "verdict": "redundant", "engines": {}, "client": None,
                    "finished": ["no_loss", "flow"], "unfinished": [], "message": "because of that", "trace": "", "token": ""}
        self.put(verify_document())
        (self.folder / "audit.json").write_text(json.dumps(
            {"generated": "2026-02-03T04:05:06+00:00", "commit": "fedcba9876543210", "seconds": 30, "only": "",
             "mutants": [step, {**step, "step": "strong -> weak"}, needless], "surprises": ["one order is not as it says"]}))
        text = self.page()
        for words in ("Audit of 2026-02-03 04:05", "3 of 3", "2 killed, 1 redundant", "every execution: no_loss, flow",
                      "T0 &lt;stores&gt;", "--replay w1/r2.0", "and by Relacy", "strong → weak", "one order is not as it says",
                      'rowspan="2"'):
            self.assertIn(words, text)

    def test_claims_stand_there_before_anything_was_proved_and_are_no_pass(self):
        text = self.page()
        for words in ("./kit prove", "<code>ring</code> is a FIFO", "? not run", "nothing is &lt;lost&gt;", "<em>explorer</em>",
                      "Who checks <code>it</code>: 1 claim<", "<td>a test</td>"):
            self.assertIn(words, text)
        self.assertNotIn("✓", text)

    def test_claims_bear_what_was_said_of_them(self):
        (self.folder / "prove.json").write_text(json.dumps(PROVED))
        text = self.page()
        for words in ("1 of 2 claims hold", "2026-03-04 05:06", "✓ ok", "✗ FAILED", "ring bug: found ok, not deadlock", "1\u202f234",
                      "✗ nothing", "1 theory<", '<div class="card bad"><b>1 of 2</b><span>claims proved'):
            self.assertIn(words, text)

    def test_a_claim_that_is_new_since_is_not_run(self):
        (self.folder / "prove.json").write_text(json.dumps({**PROVED, "claims": PROVED["claims"][:1]}))
        self.assertIn("1 of 1 claims hold", self.page())
        self.assertIn('<div class="card maybe"><b>1 of 2</b><span>claims proved', self.page())

    def test_a_part_of_the_clients_is_called_one(self):
        self.put(verify_document(only="once"))
        self.assertIn("Only a part:", self.page())
        self.put(verify_document(only=""))
        self.assertNotIn("Only a part:", self.page())

    def test_entry_that_lacks_something(self):
        self.put(verify_document(clients=[{"client": "x"}]))
        status, _, said = self.run_make()
        self.assertEqual(status, 1)
        self.assertIn("primitive", said)

    def test_bars_not_met(self):
        self.put(bench=bench_documents(ring_ns=8.0, queue_factor=9))
        text = self.page()
        self.assertIn("not met", text)
        self.assertIn("9.0×", text)

    def test_where_bars_differ_each_figure_has_its_own(self):
        rates = (("chan", 10.0), ("mutex_queue", 50.0))
        self.put(bench={"chan_bench": [entry(f"{subject}/throughput/{who}/cap:64", ns)
                                       for subject, ns in rates for who in ("2+2", "4+4")]})
        text = self.page()
        self.assertIn("<h4>Throughput: chan / mutex_queue</h4>", text)
        self.assertIn("✗ 5.0×</span> not met: ≥ 12×", text)
        self.assertIn("✗ 5.0×</span> not met: ≥ 25×", text)

    def test_a_groups_name_may_hold_code(self):
        cases = [entry(f"chan/select_done_{which}/1+1", 9.0) for which in ("private", "shared")]
        self.put(bench={"chan_bench": cases})
        self.assertIn("<h4>select beside an idle <code>done</code>: shared / private", self.page())

    def test_peers_can_be_told_apart(self):
        subjects = ["chan", "once", "mutex_queue", "boost_queue", "crossbeam", "go_chan", "moodycamel", "std_queue", "tbb_queue"]
        found = plots.looks(subjects, "chan_bench")
        self.assertEqual(found["chan"], ("ours", "o", "-"))
        self.assertEqual(len({(marker, line) for _, marker, line in found.values()}), len(subjects))

    def test_the_headline_speaks_of_mpmc_ring_only_where_that_ran(self):
        cases = [entry(f"limit/{bars.LIMITS[0]}/one", 5.0), entry("chan/pair/one/cap:64", 7.0)]
        self.put(bench={"chan_bench": cases})
        self.assertNotIn("on mpmc_ring", self.page())

    def test_benchmark_that_failed_is_named(self):
        documents = bench_documents()
        documents["mpmc_ring_bench"].append(
            entry("mpmc_ring/throughput/4+4/cap:1/manual_time", 0, error_occurred=True, error_message="sums differ"))
        self.put(bench=documents)
        self.assertIn("sums differ", self.page())

    def test_one_program_alone(self):
        documents = bench_documents()
        self.put(bench={"mpmc_ring_bench": documents["mpmc_ring_bench"][:2]})
        self.page()

    def test_kept_machine(self):
        self.put(bench=bench_documents())
        run = measurements.read_folder(self.folder / "bench")
        measurements.save(run, self.folder / "saved" / "big.json", "big")
        text = self.page()
        self.assertIn("Other machines", text)
        again = measurements.read_saved(self.folder / "saved" / "big.json")
        self.assertEqual([r.value for r in bars.ratios(again)], [r.value for r in bars.ratios(run)])

    def test_rounds_of_a_program_are_put_together(self):
        folder = self.folder / "bench"
        for ns in (4.0, 6.0):
            newer = folder / "newer"
            newer.write_text(json.dumps({"context": {}, "benchmarks": [entry("chan/pair/one/cap:64", ns)]}))
            measurements.append_document(folder / "chan_bench.json", newer)
        self.assertEqual(measurements.read_folder(folder).case("chan_bench", "chan", "pair", "one", 64).ns, [4.0, 6.0])

    def test_of_a_program_that_was_stopped_the_finished_cases_count(self):
        whole = json.dumps({"context": {}, "benchmarks": [entry(f"chan/pair/one/cap:{n}", 4.0 + n) for n in (1, 64)]}, indent=2)
        folder = self.folder / "bench"
        (folder / "newer").write_text(whole[:whole.rindex('"cpu_time"')])
        measurements.append_document(folder / "chan_bench.json", folder / "newer")
        self.assertEqual([c.capacity for c in measurements.read_folder(folder).select()], [1])
        (folder / "newer").write_text(whole[:40])
        measurements.append_document(folder / "chan_bench.json", folder / "newer")
        self.assertEqual(len(measurements.read_folder(folder).select()), 1)

    def test_the_better_peer_is_the_bar(self):
        cases = [entry(f"{subject}/throughput/2+2/cap:64", ns) for subject, ns in
                 (("chan", 10.0), ("crossbeam", 25.0), ("go_chan", 40.0), ("mutex_queue", 130.0))]
        self.put(bench={"chan_bench": cases})
        found = bars.ratios(measurements.read_folder(self.folder / "bench"))
        self.assertEqual([(r.value, r.bar, r.met) for r in found], [(13.0, "≥ 12×", True), (2.5, "≥ 3×", False)])

    def test_broken_input_is_an_error_with_its_name(self):
        for text in ("{", "[]", "{}"):
            (self.folder / "results.json").write_text(text)
            status, page, said = self.run_make()
            self.assertEqual((status, page), (1, ""))
            self.assertIn("results.json", said)

    def test_broken_bench_is_an_error_with_its_name(self):
        (self.folder / "bench" / "x_bench.json").write_text('{"benchmarks": [')
        status, _, said = self.run_make()
        self.assertEqual(status, 1)
        self.assertIn("x_bench.json", said)

    def test_unknown_option(self):
        with self.assertRaises(SystemExit) as stopped, contextlib.redirect_stderr(io.StringIO()):
            make.main(["--colour"])
        self.assertEqual(stopped.exception.code, 2)


class Names(unittest.TestCase):
    def test_names(self):
        self.assertEqual(measurements.parse_name("a/throughput/2+2/cap:64/manual_time"), ("a", "throughput", "2+2", 64))
        self.assertEqual(measurements.parse_name("limit/exchange_x2/one"), ("limit", "exchange_x2", "one", None))
        self.assertIsNone(measurements.parse_name("BM_something/8"))

    def test_one_thread_counts_cpu_time(self):
        cases = {}
        measurements.add_program(cases, "p", {"benchmarks": [
            {"name": "limit/exchange_x2/one", "real_time": 9, "cpu_time": 5, "time_unit": "ns"}]})
        self.assertEqual(next(iter(cases.values())).ns, [5])

    def test_words(self):
        self.assertEqual([measurements.duration(x) for x in (4.77, 999.9, 5.2e3, 3e6)], ["4.77 ns", "1 µs", "5.2 µs", "3 ms"])
        self.assertEqual(measurements.rate(9.43e6), "9.43 M/s")


if __name__ == "__main__":
    unittest.main()
