# SPDX-License-Identifier: BSL-1.0
"""Theories that other checkouts have compiled, as ccache keeps objects: one is taken from there if its name, its text, the Coq and
the libraries that it was compiled with, and the very files of what it requires are the same."""
import hashlib
import os
import pathlib
import shutil
import time

UNUSED_FOR = 60 * 86_400  # seconds, after which one is forgotten


class Compiled:
    def __init__(self, folder):
        self.folder = folder

    @classmethod
    def of_this_user(cls):
        """Where the user keeps caches; None where there is no such place."""
        home = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("HOME") and os.path.join(os.environ["HOME"], ".cache"))
        return cls(pathlib.Path(home) / "sluice" / "coq") if home else None

    def place(self, key, needs):
        parts = [key, *(hashlib.sha256(need.read_bytes()).hexdigest() for need in needs)]
        return self.folder / (hashlib.sha256("\0".join(parts).encode()).hexdigest() + ".vo")

    def take(self, key, needs, to):
        """Copies it to `to`; the seconds that it took, or None where it is not there."""
        try:
            kept = self.place(key, needs)
            seconds = float(kept.with_suffix(".seconds").read_text())
            shutil.copyfile(kept, to)
            os.utime(kept)
        except (OSError, ValueError):
            return None
        return seconds

    def put(self, key, needs, compiled, seconds):
        """A place that cannot be written to keeps nothing."""
        try:
            kept = self.place(key, needs)
            self.folder.mkdir(parents=True, exist_ok=True)
            for suffix, write in ((".seconds", lambda p: p.write_text(f"{seconds:.1f}")), (".vo", lambda p: shutil.copyfile(compiled, p))):
                new = kept.with_suffix(f".{os.getpid()}.new")
                write(new)
                os.replace(new, kept.with_suffix(suffix))
            self.forget()
        except OSError:
            pass

    def forget(self):
        for old in self.folder.glob("*.vo"):
            if old.stat().st_mtime < time.time() - UNUSED_FOR:
                old.unlink(missing_ok=True)
                old.with_suffix(".seconds").unlink(missing_ok=True)
