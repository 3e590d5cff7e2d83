# SPDX-License-Identifier: BSL-1.0
"""Compiles the theories, each file when it or what it requires has changed, and asks what their theorems assume.
What another checkout has compiled need not be compiled again (compiled.py)."""
import concurrent.futures
import dataclasses
import hashlib
import pathlib
import re
import subprocess
import time

FOLDERS = {"iris": "sluice", "weak": "sluice_weak"}  # folder of proofs/ -> the name that its theories bear in Coq
REQUIRE = re.compile(r"^From (sluice\w*) Require (?:Import |Export )?([^.]*)\.", re.M)
CLOSED = "Closed under the global context"
LEFT_OPEN = re.compile(r"\b(Admitted|admit|Axiom|Axioms|Parameter|Parameters|Conjecture|Unset Guard Checking|bypass_check)\b")
COMMENT = re.compile(r"\(\*.*?\*\)", re.S)
TAKEN = "from elsewhere"  # what is noted of a theory that another checkout has compiled


@dataclasses.dataclass
class Theory:
    path: pathlib.Path  # in the checkout
    needs: list = dataclasses.field(default_factory=list)
    key: str = ""
    seconds: float = 0.0
    kept: bool = False
    error: str = ""


class Theories:
    def __init__(self, proofs, out, elsewhere=None):
        self.proofs, self.out = proofs, out.resolve()  # where Coq leaves its caches too
        self.elsewhere = elsewhere
        self.all = {f"{folder}/{p.stem}": Theory(p) for folder in FOLDERS for p in sorted((proofs / folder).glob("*.v"))}
        folder_of = {logical: folder for folder, logical in FOLDERS.items()}
        version = self.version()
        for t in self.all.values():
            t.needs = [f"{folder_of[lib]}/{name}" for lib, names in REQUIRE.findall(t.path.read_text()) for name in names.split()]
        for name in self.all:
            self.give_key(name, version)

    def version(self):
        """Of Coq, and of the libraries that are installed beside it."""
        coq, where = (subprocess.run(["coqc", o], capture_output=True, text=True, check=True).stdout for o in ("--version", "-where"))
        libraries = pathlib.Path(where.strip()) / "user-contrib"
        return coq + "".join(f"{p.relative_to(libraries)} {p.stat().st_size} {p.stat().st_mtime_ns}\n"
                             for p in sorted(libraries.glob("**/*.vo")))

    def give_key(self, name, version):
        t = self.all[name]
        if not t.key:
            parts = [version, t.path.read_text()] + [self.give_key(n, version) for n in t.needs]
            t.key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return t.key

    def options(self):
        return [o for folder, logical in FOLDERS.items() if (self.out / folder).is_dir()
                for o in ("-Q", str(self.out / folder), logical)]

    def is_kept(self, t, key):
        """Here, from the last time. Where nothing is to come from elsewhere, what came from there then is compiled after all, and so is
        what was compiled beside it."""
        said = key.read_text().splitlines() if key.exists() else []
        return said[:1] == [t.key] and len(said) > 1 and bool(self.elsewhere or TAKEN not in said and all(self.all[n].kept for n in t.needs))

    def compile(self, name):
        t = self.all[name]
        folder = self.out / pathlib.Path(name).parent
        copy, key = folder / t.path.name, folder / f"{t.path.stem}.key"
        if self.is_kept(t, key):
            t.kept, t.seconds = True, float(key.read_text().split("\n")[1])
            return
        broken = next((n for n in t.needs if self.all[n].error), None)
        if broken:
            t.error = f"needs {broken}"
            return
        key.unlink(missing_ok=True)  # who is stopped leaves no key beside what is not its theory
        compiled, needs = copy.with_suffix(".vo"), [self.out / f"{n}.vo" for n in t.needs]
        called = f"{name} {t.key}"  # what is compiled bears its name
        if self.elsewhere and (seconds := self.elsewhere.take(called, needs, compiled)) is not None:
            t.kept, t.seconds = True, seconds
            key.write_text(f"{t.key}\n{t.seconds:.1f}\n{TAKEN}\n")
            return
        copy.write_text(t.path.read_text())
        start = time.monotonic()
        done = subprocess.run(["coqc", "-q", *self.options(), str(copy)], cwd=self.out, capture_output=True, text=True)
        t.seconds = time.monotonic() - start
        if done.returncode == 0:
            key.write_text(f"{t.key}\n{t.seconds:.1f}\n")
            if self.elsewhere:
                self.elsewhere.put(called, needs, compiled, t.seconds)
        else:
            t.error = (done.stderr + done.stdout).strip().replace(str(copy), f"proofs/{name}.v")

    def build(self, jobs, wanted=None, meanwhile=()):
        """In the order of their needs, `jobs` side by side; what most has to wait for comes first. Where no theory can begin, something
        of `meanwhile` is done."""
        for folder in FOLDERS:
            (self.out / folder).mkdir(parents=True, exist_ok=True)
        waiting, running, done = set(self.all if wanted is None else wanted), {}, set()
        order, meanwhile = sorted(self.all, key=self.path_behind, reverse=True), iter(meanwhile)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            while waiting or running:
                for name in [n for n in order if n in waiting]:
                    if all(n in done or n not in self.all for n in self.all[name].needs) and len(running) < jobs:
                        waiting.remove(name)
                        running[pool.submit(self.compile, name)] = name
                while any(running.values()) and len(running) < jobs and (other := next(meanwhile, None)):
                    running[pool.submit(other)] = None
                for future in concurrent.futures.wait(running, return_when="FIRST_COMPLETED").done:
                    future.result()
                    name = running.pop(future)
                    if name is not None:
                        done.add(name)
                        yield name, self.all[name]

    def path_behind(self, name):
        """How much there is to compile from here on, one after the other: by the size of the texts."""
        behind = [self.path_behind(n) for n, t in self.all.items() if name in t.needs]
        return self.all[name].path.stat().st_size + max(behind, default=0)

    def left_open(self):
        """What claims without proving, by its text."""
        for name, t in self.all.items():
            text = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), t.path.read_text())
            for match in LEFT_OPEN.finditer(text):
                yield f"proofs/{name}.v:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"

    def assumptions(self, theorems):
        """[(theory, theorem)] -> {(theory, theorem): "" if it is closed, else what it assumes}. One script, for loading costs; and first
        one question for all of them, for each answer takes a walk through everything that they rest on."""
        names = {(theory, theorem): f"{FOLDERS[theory.split('/')[0]]}.{theory.split('/')[1]}.{theorem}" for theory, theorem in theorems}
        there = [n for (t, theorem), n in names.items() if re.search(rf"\b{theorem}\b", self.all[t].path.read_text())]
        loads = [f"Require {module}." for module in dict.fromkeys(n.rpartition(".")[0] for n in names.values())]
        all_of_them = "Definition all_of_them := (" + ", ".join(["tt", *(f"@{n}" for n in there)]) + ")."
        said = self.ask([*loads, all_of_them, *self.question("all_of_them")])
        if said.get("all_of_them") == CLOSED:
            said = dict.fromkeys(there, CLOSED)
        else:
            said = self.ask([*loads, *(line for n in there for line in self.question(n))])
        return {key: "" if said.get(n) == CLOSED else said.get(n) or "there is no such theorem" for key, n in names.items()}

    def question(self, name):
        return [f'Goal True. idtac "== {name}". Abort.', f"Print Assumptions {name}."]

    def ask(self, lines):
        script = self.out / "assumptions.v"
        script.write_text("\n".join(lines) + "\n")
        done = subprocess.run(["coqc", "-q", *self.options(), str(script)], cwd=self.out, capture_output=True, text=True)
        parts = re.split(r"^== (\S+)\n", done.stdout, flags=re.M)
        return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2])}
