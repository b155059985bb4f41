"""What the benchmarks share: the program, an emulator for it, and a run that is measured."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "release").resolve()
VODCB = RELEASE / "vodcb"


@contextmanager
def running(*command, until, env):
    """A server, from the moment on that it has written a file."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    try:
        while not until.exists():
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended with status {process.returncode}")
            time.sleep(0.01)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def emulator(*arguments):
    """The environment of an emulator that was started with these arguments, with a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        ready = Path(home, "ready.sh")
        env = {"HOME": home, "PATH": os.environ["PATH"]}
        command = (VODCB, "-q", "emulator", "start", "--ready-file", ready, *arguments)
        with running(*command, until=ready, env=env):
            lines = (line.removeprefix("export ") for line in ready.read_text().splitlines())
            yield env | dict(line.split("=", 1) for line in lines)


def run(env, *arguments):
    """Seconds, and the peak of memory in MiB, of one run of the program."""
    # GNU time, since the peak of a child of ours would begin with that of Python.
    command = ["time", "--quiet", "--format=%e %M", VODCB, "-q", *arguments]
    begun = time.monotonic()
    told = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, text=True)
    seconds = time.monotonic() - begun
    if told.returncode != 0:
        sys.exit(f"{arguments} ended with status {told.returncode}: {told.stderr}")
    return seconds, int(told.stderr.split()[-1]) / 1024
