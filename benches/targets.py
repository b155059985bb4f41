#!/usr/bin/env python3
"""Measures how vodcb reads many targets, against the emulator at 20 ms latency.

    cargo build --release
    benches/targets.py [BINARY]

Prints what docs/performance.md tells: the ratio to the time the limit dictates, the gain over reading
one by one, and the memory at 1,000 and 10,000 targets. It takes about two minutes, and no longer than
that on a machine with two cores. Needs Python 3 on Linux or macOS.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

BINARY = Path(sys.argv[1] if len(sys.argv) > 1 else "target/release/vodcb").resolve()
REGIONS = [f"ap-south-{number}" for number in range(10, 30)]
LIMIT = 15  # calls of one operation in a second
LATENCY_MS = 20


@contextmanager
def emulator(apps, *faults):
    """The environment of an emulator with so many applications in every region."""
    with tempfile.TemporaryDirectory() as home:
        ready = Path(home, "ready.sh")
        command = [BINARY, "-q", "emulator", "start", "--ready-file", ready]
        command += ["--quirk", f"apps={apps - 1}"]
        for fault in faults:
            command += ["--fault", fault]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={"HOME": home})
        try:
            while not ready.exists():
                time.sleep(0.01)
            lines = (line.removeprefix("export ") for line in ready.read_text().splitlines())
            yield {"HOME": home, **dict(line.split("=", 1) for line in lines)}
        finally:
            process.terminate()
            process.wait()


def run(environment, *arguments):
    """Seconds and peak memory in KiB of one run."""
    start = time.monotonic()
    process = subprocess.Popen(
        [BINARY, "-q", *arguments], stdout=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"{arguments} ended with status {status}")
    scale = 1024 if sys.platform == "darwin" else 1
    return seconds, usage.ru_maxrss // scale


def get_all(environment, qps):
    regions = ",".join(REGIONS)
    return run(
        environment, "get", "--regions", regions, "--all-apps", "--qps", str(qps), "-o", "json"
    )


def main():
    latency = [f"{action}:slow={LATENCY_MS}" for action in ("get", "list-apps")]
    targets = len(REGIONS) * 50
    with emulator(50, *latency) as environment:
        singles = 50
        alone = sum(run(environment, "get")[0] for _ in range(singles)) / singles * targets
        unlimited = min(get_all(environment, 0)[0] for _ in range(3))
        print(f"{targets} targets one by one        {alone:8.2f} s (from {singles})")
        print(f"{targets} targets, no limit         {unlimited:8.2f} s, {alone / unlimited:.1f} times faster")
        limited, _ = get_all(environment, LIMIT)
        dictated = (targets - LIMIT) / LIMIT
        print(f"{targets} targets at {LIMIT} a second    {limited:8.2f} s, {limited / dictated:.3f} of {dictated:.2f} s")
    for apps in (50, 500):
        with emulator(apps) as environment:
            seconds, memory = get_all(environment, 0)
            print(f"{apps * len(REGIONS):6} targets, no latency   {seconds:8.2f} s, {memory / 1024:.1f} MiB")


if __name__ == "__main__":
    main()
