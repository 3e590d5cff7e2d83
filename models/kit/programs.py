# SPDX-License-Identifier: BSL-1.0
"""The model programs: one per primitive and engine. Each runs one client per process and answers with a line of JSON."""
import concurrent.futures
import json
import os
import signal
import subprocess
import tempfile

WALK_DEPTH = 3  # of bugs: so many moments decide whether they show
ENGINES = ("explorer", "relacy")
SUFFIX = {"explorer": "explore", "relacy": "relacy"}


class Program:
    """One model program."""

    def __init__(self, path):
        self.path = path
        self.name = path.name.rpartition("_")[0]
        listing = subprocess.run([path, "--list"], capture_output=True, text=True, check=True).stdout
        self.clients = [json.loads(line) for line in listing.splitlines()]

    def explore(self, client, seconds, *more):
        """Under the explorer: every execution, as far as the time goes."""
        return self.answer([self.path, "--client", client, "--seconds", str(seconds), *more], seconds + 60)

    def walk(self, client, walks, limit, *more):
        """Under the explorer: so many executions at random, by priorities, the same ones each time."""
        return self.answer([self.path, "--client", client, "--walk", str(walks), "--depth", str(WALK_DEPTH), "--seed", "1",
                            *more], limit)

    def run(self, client, executions, limit, *more):
        """Under Relacy: so many executions, within `limit` seconds."""
        return self.answer([self.path, "--client", client, "--executions", str(executions), *more], limit)

    @staticmethod
    def answer(command, limit):
        nothing = {"ok": None, "executions": 0, "seconds": 0.0, "trace": ""}
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return {**nothing, "result": f"no answer within {limit} s", "seconds": limit}
        if done.returncode == -signal.SIGINT:  # what stops one of them stops them all
            raise KeyboardInterrupt
        if done.returncode not in (0, 1) or not done.stdout.strip():
            why = (done.stderr or done.stdout).strip()[-2000:]
            return {**nothing, "result": f"exit status {done.returncode}: {why}"}
        return json.loads(done.stdout.splitlines()[-1])


class Pool(concurrent.futures.ThreadPoolExecutor):
    """Begins nothing more once the work has been broken off."""

    def __exit__(self, kind, *about):
        self.shutdown(cancel_futures=kind is not None)
        return False


def make_writable(folder):
    """Says that there is no place for results before they are there, not after hours."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SystemExit(f"no results can be written to {folder}: {error.strerror}") from error


def find_programs(folder, engine):
    found = sorted(p for p in folder.glob(f"*_{SUFFIX[engine]}") if os.access(p, os.X_OK))
    return [Program(p) for p in found]


def git_commit(root):
    done = subprocess.run(["git", "-C", root, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
