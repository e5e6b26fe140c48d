#!/usr/bin/env python3
"""Step time and memory against batch, image size, width and number of tasks, and how well a line fits each.

    bench/scaling.py --step build/bench/jtr_step [--method jtr] [--only tasks]

Each row is a process of its own: medians of --steps steps after one to warm up, and the process's peak memory. The
base is B = 4, 64 x 96, width 16, K = 3; one thing changes at a time.
"""
import argparse
import json
import statistics
import subprocess

BASE = {"samples": 4, "height": 64, "columns": 96, "width": 16, "tasks": 3}
NAMES = ["segmentation:13", "depth", "normals"]


def tasks(count):
    return ",".join((NAMES + ["map"] * count)[:count])


SERIES = {
    "tasks": ("number of tasks K", [dict(tasks=k) for k in (2, 3, 4, 6, 8, 12, 16)], lambda c: c["tasks"]),
    "batch": ("batch B", [dict(samples=b) for b in (1, 2, 4, 8, 16)], lambda c: c["samples"]),
    "size": ("pixels", [dict(height=h, columns=w) for h, w in ((32, 64), (64, 96), (96, 128), (128, 256), (192, 256))],
             lambda c: c["height"] * c["columns"]),
    "width": ("width squared", [dict(width=w) for w in (8, 16, 32, 48, 64)], lambda c: c["width"] ** 2),
}


def fit(x, y):
    """Least squares y = a + b x, and R squared."""
    n, mx, my = len(x), sum(x) / len(x), sum(y) / len(y)
    sxx = sum((v - mx) ** 2 for v in x)
    b = sum((v - mx) * (w - my) for v, w in zip(x, y)) / sxx
    a = my - b * mx
    rest = sum((w - a - b * v) ** 2 for v, w in zip(x, y))
    return a, b, 1 - rest / sum((w - my) ** 2 for w in y) if n > 1 else 1.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", default="build/bench/jtr_step")
    parser.add_argument("--method", default="jtr")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--only", choices=SERIES)
    args = parser.parse_args()
    for name, (title, changes, value) in SERIES.items():
        if args.only and name != args.only:
            continue
        print(f"\n| {title} | s / step | peak MB |\n|---|---|---|", flush=True)
        x, seconds, memory = [], [], []
        for change in changes:
            case = {**BASE, **change}
            command = [args.step, "--method", args.method, "--tasks", tasks(case["tasks"]), "--steps", str(args.steps),
                       "--threads", str(args.threads), "--device", args.device]
            for key in ("samples", "height", "columns", "width"):
                command += [f"--{key}", str(case[key])]
            out = json.loads(subprocess.check_output(command).splitlines()[-1])
            x.append(value(case))
            seconds.append(statistics.median(out["seconds"]))
            memory.append(out["peak_bytes"] / 1e6)
            print(f"| {x[-1]} | {seconds[-1]:.4f} | {memory[-1]:.0f} |", flush=True)
        for what, y, unit in (("time", seconds, "s"), ("memory", memory, "MB")):
            a, b, r2 = fit(x, y)
            print(f"\n{what} = {a:.4g} + {b:.4g} x {unit}, R^2 = {r2:.4f}", flush=True)


if __name__ == "__main__":
    main()
