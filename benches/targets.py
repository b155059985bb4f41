#!/usr/bin/env python3
"""Measures how vodcb reads many targets, against the emulator at 20 ms latency.

    cargo build --release
    benches/targets.py

Prints what docs/performance.md tells: the ratio to the time the limit dictates, the gain over reading
one by one, and the memory at 1,000 and 10,000 targets. It takes about two minutes, and no longer than
that on a machine with two cores. Needs Python 3 and GNU time.
"""

from emulated import emulator, run

REGIONS = [f"ap-south-{number}" for number in range(10, 30)]
LIMIT = 15  # calls of one operation in a second
LATENCY_MS = 20


def applications(count, *faults):
    """An emulator with so many applications in every region."""
    arguments = (word for fault in faults for word in ("--fault", fault))
    return emulator("--quirk", f"apps={count - 1}", *arguments)


def get_all(environment, qps):
    regions = ",".join(REGIONS)
    return run(
        environment, "get", "--regions", regions, "--all-apps", "--qps", str(qps), "-o", "json"
    )


def main():
    latency = [f"{action}:slow={LATENCY_MS}" for action in ("get", "list-apps")]
    targets = len(REGIONS) * 50
    with applications(50, *latency) as environment:
        singles = 50
        alone = sum(run(environment, "get")[0] for _ in range(singles)) / singles * targets
        unlimited = min(get_all(environment, 0)[0] for _ in range(3))
        print(f"{targets} targets one by one        {alone:8.2f} s (from {singles})")
        print(f"{targets} targets, no limit         {unlimited:8.2f} s, {alone / unlimited:.1f} times faster")
        limited, _ = get_all(environment, LIMIT)
        dictated = (targets - LIMIT) / LIMIT
        print(f"{targets} targets at {LIMIT} a second    {limited:8.2f} s, {limited / dictated:.3f} of {dictated:.2f} s")
    for apps in (50, 500):
        with applications(apps) as environment:
            seconds, memory = get_all(environment, 0)
            print(f"{apps * len(REGIONS):6} targets, no latency   {seconds:8.2f} s, {memory:.1f} MiB")


if __name__ == "__main__":
    main()
