"""./kit itself: what it refuses, and what it says and leaves behind when it is stopped. In a copy of it whose builds, packages and
scripts are pretended, and last until they are stopped."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Says that it has begun, and holds the pipe open until it ends: it should be stopped, and say no more.
LASTING = '#!/bin/bash\necho began >"$PIPE"\nexec 3>"$PIPE"\nsleep 60\necho outlived >&3\n'
AT_ONCE = "#!/bin/bash\nexit 0\n"
INSTALLED = '#!/bin/bash\nfor package in "${@:4}"; do printf "%s:installed " "$package"; done\n'
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SCRIPTS = ("models/kit/verify.py", "models/kit/audit.py", "proofs/kit/prove.py", "bench/run.py", "report/make.py")


def heed_signals():
    """As from a terminal: who starts the tests in the background, or by nohup, has them ignored, and no shell can heed them then."""
    for stop in STOPS:
        signal.signal(stop, signal.SIG_DFL)


class Kit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a kit ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        shutil.copy(ROOT / "kit", self.root)
        for name in SCRIPTS:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text("")
        for name in ("chan_bench", "sync_bench"):
            (self.root / f"bench/{name}.cpp").touch()
        (self.root / "bench/explore").mkdir()
        (self.root / "bench/explore/explore_bench.cpp").touch()
        (self.root / "bin").mkdir()
        self.pretend("dpkg-query", INSTALLED)
        self.pretend("cmake", AT_ONCE)
        self.pretend("ctest", AT_ONCE)
        self.pipe = self.root / "pipe"
        os.mkfifo(self.pipe)

    def pretend(self, name, text):
        path = self.root / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def start(self, *arguments):
        environment = {**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "PIPE": str(self.pipe)}
        return subprocess.Popen([self.root / "kit", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=environment, start_new_session=True, preexec_fn=heed_signals)

    def stop(self, *arguments, how=signal.SIGINT):
        """Stops it as a terminal does, once something lasts. Status and what was said."""
        kit = self.start(*arguments)
        with open(self.pipe, encoding="utf-8") as pipe:
            self.assertEqual(pipe.readline(), "began\n")
            os.killpg(kit.pid, how)
            self.assertEqual(pipe.read(), "", "something that was started is left")
        said = kit.communicate()[0]
        return kit.returncode, said

    def refuses(self, arguments, *words):
        kit = self.start(*arguments.split())
        said = kit.communicate()[0]
        self.assertEqual(kit.returncode, 2, said)
        for text in words:
            self.assertIn(text, said)

    def test_what_cannot_be_meant_is_refused_with_its_value(self):
        self.refuses("frob", "unknown command 'frob'")
        self.refuses("verify some", "verify does not know 'some'")
        self.refuses("verify --jobs 0", "--jobs takes a whole number from 1 on, not '0'")
        self.refuses("test --only nothing", "no preset 'nothing'", "release clang")
        self.refuses("test --soak soon", "--soak takes minutes, not 'soon'")
        self.refuses("test --soak -5", "--soak takes minutes, not '-5'")
        self.refuses("bench nothing", "no benchmark program 'nothing_bench'", "chan_bench")
        self.refuses("bench chan sync", "one WHAT at a time: 'chan', not 'sync' too")
        self.refuses("bench --quick chan", "WHAT comes before the options: ./kit bench chan ...")
        self.refuses("bench chan --json no/such/x.json", "--json: there is no folder 'no/such'")

    def test_of_two_options_that_contradict_each_other_none_is_ignored(self):
        self.refuses("verify --thorough --quick", "--quick and --thorough exclude each other")
        self.refuses("test --quick --only clang", "--quick and --only exclude each other")
        self.refuses("test --only=clang --quick", "--quick and --only exclude each other")
        self.refuses("test --quick --soak", "--quick and --soak exclude each other")
        self.refuses("bench --minutes 5 --repetitions=3", "--minutes and --repetitions exclude each other")
        self.refuses("bench --json=x.json --pack there", "--pack and --json exclude each other")
        self.refuses("test --only clang --only=tsan", "--only is given twice")

    def test_a_soak_without_minutes_lasts_an_hour(self):
        soak = self.root / "out/build/release/tests/soak"
        soak.mkdir(parents=True)
        (soak / "soak").write_text('#!/bin/bash\necho "soaks: $*"\n')
        (soak / "soak").chmod(0o755)
        for given, taken in (("--soak", "--minutes 60"), ("--soak --seed 7", "--minutes 60 --seed 7"), ("--soak 2.5", "--minutes 2.5")):
            self.assertIn(f"soaks: {taken}\n", self.start("test", *given.split()).communicate()[0])

    def test_stopped_in_a_build_it_leaves_nothing_and_says_what_was_not_done(self):
        self.pretend("cmake", LASTING)
        for command, kept in (("verify", "out/verify/results.json"), ("audit", "out/verify/audit.json"), ("prove", "out/prove/results.json")):
            status, said = self.stop(command)
            self.assertEqual(status, 130, said)
            self.assertIn(f"kit: stopped by SIGINT\nkit: not finished: {command}\nkit: {kept} and the report are as they were", said)

    def test_another_signal_has_its_own_status(self):
        self.pretend("cmake", LASTING)
        self.assertEqual(self.stop("verify", how=signal.SIGTERM)[0], 143)

    def test_stopped_in_a_suite_it_names_the_suites_that_did_not_come_to_their_end(self):
        self.pretend("ctest", LASTING)
        status, said = self.stop("test", "--only", "release")
        self.assertEqual(status, 130, said)
        self.assertTrue(said.endswith("kit: stopped by SIGINT\nkit: not finished: suite, release\n"), said)

    def test_stopped_in_a_benchmark_it_says_where_the_others_are(self):
        (self.root / "bench/run.py").write_text('import os\nos.execv("bin/lasting", ["lasting"])\n')
        self.pretend("lasting", LASTING)
        status, said = self.stop("bench", "chan", "--quick")
        self.assertEqual(status, 130, said)
        self.assertIn("kit: not finished: bench\nkit: out/bench has the programs that came to their end", said)

    def test_of_the_benchmarks_only_those_are_built_that_will_run(self):
        self.pretend("cmake", '#!/bin/bash\necho "cmake $*"\n')
        for given, built in (("chan", "chan_bench bench_peers"), ("--program sync_bench --program chan_bench", "sync_bench chan_bench bench_peers"),
                             ("--quick", "benches")):
            said = self.start("bench", *given.split()).communicate()[0]
            self.assertIn(f"--target {built}\n", said)


if __name__ == "__main__":
    unittest.main()
