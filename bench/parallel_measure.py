#!/usr/bin/env python3
"""What 1, 2 and 4 processes of `jtr train` on this machine take: wall time, processor time and bytes, a step.

    bench/parallel_measure.py --tool managed/Jtr.Cli/bin/Release/net10.0/Jtr.Cli.dll [--rounds 3] [--steps 30]

Each number is the difference of two runs, of --short and of --steps more steps, divided by --steps: what starting,
scoring and saving take is left out. Every process has one thread. The runs are in a network namespace of their own, where
the loopback interface carries nothing else; its bytes are those sent by all processes together (each is counted once).
Processor time is that of all processes together. Medians over the rounds, and the smallest and largest wall time.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

CASES = [
    ("1 process", ["1"], []),
    ("2 processes", ["2"], []),
    ("2, all gradients after the pass", ["2"], ["--bucket-mib", "0"]),
    ("2, gradients in bfloat16", ["2"], ["--gradient-compression", "bfloat16"]),
    ("2, norms each its own", ["2"], ["--sync-norms", "off"]),
    ("4 processes", ["4"], []),
    ("4, gradients in bfloat16", ["4"], ["--gradient-compression", "bfloat16"]),
    ("4, norms each its own", ["4"], ["--sync-norms", "off"]),
]


def sent():
    """Bytes that the loopback interface has sent."""
    for line in open("/proc/net/dev", encoding="ascii"):
        name, _, rest = line.partition(":")
        if name.strip() == "lo":
            return int(rest.split()[8])
    raise SystemExit("there is no loopback interface")


def run(arguments, processes, more, steps):
    """Wall seconds, processor seconds and bytes of a run."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["dotnet", arguments.tool, "train", "--scenes", "64", "--test-scenes", "1", "--size", arguments.size, "--width",
                   str(arguments.width), "--batch-size", str(arguments.batch), "--method", arguments.method, "--preset", "none",
                   "--workers", "1", "--threads", "1", "--no-tensorboard", "--no-check", "--quiet", "--steps", str(steps),
                   "--output", os.path.join(folder, "run"), "--processes", *processes, *more]
        before, used, begun = sent(), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env={**os.environ, "OMP_NUM_THREADS": "1"})
        if done.returncode != 0:
            raise SystemExit(" ".join(command) + "\n" + done.stdout + done.stderr)
        wall, now = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, sent() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", type=int, default=5)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--size", default="96x128")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--method", default="supervised")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        again = [sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--inside"]
        os.execvp("unshare", ["unshare", "--net", "--map-root-user", *again])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print(f"{arguments.method}, width {arguments.width}, {arguments.size}, batches of {arguments.batch}\n")
    print("| | wall, s a step | smallest to largest | processors, s a step | MB a step, of all |\n|---|---|---|---|---|", flush=True)
    found = {name: [] for name, _, _ in CASES}
    for _ in range(arguments.rounds):
        # Round after round, so that what else the machine does falls on all alike.
        for name, processes, more in CASES:
            short = run(arguments, processes, more, arguments.short)
            whole = run(arguments, processes, more, arguments.short + arguments.steps)
            found[name].append([(b - a) / arguments.steps for a, b in zip(short, whole)])
    for name, rounds in found.items():
        wall, processor, size = (statistics.median(column) for column in zip(*rounds))
        walls = [r[0] for r in rounds]
        print(f"| {name} | {wall:.3f} | {min(walls):.3f} to {max(walls):.3f} | {processor:.3f} | {size / 1e6:.2f} |", flush=True)


if __name__ == "__main__":
    main()
