#!/usr/bin/env python3
"""Predicts many photographs and prints the resident memory of `jtr predict` over them.

    bench/predict_memory.py --run jtr-run --photographs large --count 3000 --jtr "dotnet .../Jtr.Cli.dll"

The folder's photographs are linked under as many names as are asked for. Every half a second the process's resident
memory and the number of photographs that are done are read; what is printed are the mean and the largest of each part.
"""
import argparse
import itertools
import os
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def resident(pid):
    """Mebibytes, or None once the process has ended."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="a run of jtr train")
    parser.add_argument("--photographs", type=Path, required=True, help="a folder of photographs")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--parts", type=int, default=6)
    parser.add_argument("--jtr", default="jtr", help="how jtr is started")
    parser.add_argument("--options", default="--format ids --format overlay")
    args = parser.parse_args()

    work = Path(tempfile.mkdtemp(prefix="jtr-predict-", dir=args.photographs.resolve().parent))
    try:
        photographs, output = work / "in", work / "out"
        photographs.mkdir()
        sources = sorted(p for p in args.photographs.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
        for number, source in zip(range(args.count), itertools.cycle(sources)):
            os.link(source, photographs / f"{number:06d}{source.suffix}")
        command = shlex.split(args.jtr) + ["predict", str(args.run), str(photographs), "--output", str(output)]
        begin = time.monotonic()
        process = subprocess.Popen(command + shlex.split(args.options), stdout=subprocess.DEVNULL)
        seen = []
        while process.poll() is None:
            memory = resident(process.pid)
            done = len({name.split(".")[0] for name in os.listdir(output)}) if output.exists() else 0
            if memory is not None and done > 0:
                seen.append((done, memory))
            time.sleep(0.5)
        seconds = time.monotonic() - begin
        if process.returncode != 0:
            raise SystemExit(f"jtr predict ended with {process.returncode}")
        print(f"{args.count} photographs in {seconds:.0f} s: {args.count / seconds:.1f} a second")
        print("| photographs | mean MiB | largest MiB |\n|---|---|---|")
        for part in range(args.parts):
            first, last = part * args.count // args.parts, (part + 1) * args.count // args.parts
            memory = [m for done, m in seen if first < done <= last]
            if memory:
                print(f"| {first + 1} to {last} | {statistics.mean(memory):.0f} | {max(memory):.0f} |")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
