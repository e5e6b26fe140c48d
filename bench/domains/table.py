#!/usr/bin/env python3
"""Trains on a source with labels and scores on a target without: what joining, adapting and transfer give, in a table.

    dotnet run bench/domains/CamVidSplit.cs -- ../shared/data/camvid artifacts/domains/camvid
    bench/domains/table.py camvid --data artifacts/domains/camvid --output artifacts/domains/runs
    bench/domains/table.py scenes --output artifacts/domains/runs

A run that has its results.json is not done again, so that the script may be stopped and called anew; --table-only
trains nothing. Every number of the table is read from these files: means over the seeds, and the mean of the paired
differences to the first row with its 95 % interval (Student's t).
"""
import argparse
import json
import math
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TECHNIQUES = ["norms", "adversarial", "coral", "mmd", "fourier", "histogram"]
# Of Student's t, two-sided 95 %, by degrees of freedom.
STUDENT = {1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764, 5: 2.5706, 6: 2.4469, 7: 2.3646, 8: 2.3060, 9: 2.2622}


class Photographs:
    """The folders that CamVidSplit.cs makes."""

    title = "CamVid, the target through a colour and blur shift"
    network = ("--backbone resnet18-cntk --decoder pyramid --weights resnet18-imagenet --size 64x96 --batch-size 8 "
               "--ema 0.99")

    def __init__(self, args):
        self.folder = args.data
        if self.folder is None or not (self.folder / "joined.json").exists():
            sys.exit("--data has to be the folder that bench/domains/CamVidSplit.cs wrote")

    # Whether scores that train writes are of the target's test part.
    scores_target = True

    def data(self, which):
        if which in ("joined", "joined-few"):
            return ["--data", str(self.folder / (which + ".json"))]
        return ["--data", str(self.folder / which), "--test", str(self.folder / "test"), "--scenario", "asfound"]

    def scored(self):
        return ["--data", str(self.folder / "test")]

    def photographs(self):
        return ["--data", str(self.folder / "unlabelled")]


class Scenes:
    """Built-in scenes: those of the usual camera, and other ones of another camera (--scene-shift)."""

    title = "scenes, the target of another camera"
    network = Photographs.network
    scores_target = False
    scenes, test_scenes, few, tasks = 400, 200, 20, 3
    cameras = {"source": {"scene_variety": 0, "scene_shift": 0, "scene_seed": 1},
               "target": {"scene_variety": 0, "scene_shift": 1, "scene_seed": 2}}

    def __init__(self, args):
        self.folder = args.output / args.what
        self.folder.mkdir(parents=True, exist_ok=True)
        # Labels that training may see of the target: none, or of some scenes one each.
        none = [[0] * self.tasks for _ in range(self.scenes)]
        some = [list(row) for row in none]
        for i in range(self.few):
            some[i * self.scenes // self.few][i % self.tasks] = 1
        for name, rows in (("joined", none), ("joined-few", some)):
            labels = self.folder / (name + ".npy")
            write_npy(labels, rows)
            sources = [{"name": "source", "data": "scenes", "scenes": self.scenes, **self.cameras["source"],
                        "test_scenes": self.test_scenes},
                       {"name": "target", "data": "scenes", "scenes": self.scenes, **self.cameras["target"],
                        "test_scenes": self.test_scenes, "labels": labels.name}]
            (self.folder / (name + ".json")).write_text(json.dumps({"sources": sources}))

    def data(self, which):
        if which in ("joined", "joined-few"):
            return ["--data", str(self.folder / (which + ".json")), "--scenario", "asfound"]
        camera = self.of("source" if which == "source" else "target", self.scenes, self.test_scenes)
        return camera + (["--labels", str(self.folder / "joined-few.npy")] if which == "few" else ["--scenario", "asfound"])

    def of(self, domain, scenes, test_scenes):
        options = [f"--{key.replace('_', '-')}={value}" for key, value in self.cameras[domain].items()]
        return ["--data", "scenes", *options, f"--scenes={scenes}", f"--test-scenes={test_scenes}"]

    def scored(self):
        return self.of("target", self.scenes, self.test_scenes)

    def photographs(self):
        # The part to score on is taken: scenes 1 to 399 of those that are trained on.
        return self.of("target", 1, self.scenes - 1)


DATA = {"camvid": Photographs, "scenes": Scenes}


def write_npy(path, rows):
    """An array of bytes as NumPy writes it (format 1.0)."""
    head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(v for row in rows for v in row))


class Row:
    """A row of the table: a run, and how it is scored."""

    def __init__(self, name, data, options=(), after=None, scored=None, adapt=False):
        self.name, self.data, self.options = name, data, list(options)
        self.after, self.scored, self.adapt = after, scored, adapt


def rows(args):
    source = Row("source alone", "source")
    few = Row("target alone, few labels", "few")
    ramp = ["--adversarial-ramp-steps", str(args.steps)]
    listed = [source,
              Row("target alone, all labels", "target"),
              Row("source alone, `jtr adapt`", "source", after=source, adapt=True),
              Row("joined plainly", "joined")]
    for technique in TECHNIQUES:
        more = {"adversarial": ramp, "coral": ["--coral-ramp-steps", str(args.steps)],
                "mmd": ["--mmd-ramp-steps", str(args.steps)]}.get(technique, [])
        listed.append(Row(f"joined, `{technique}`", "joined", ["--domain", technique, *more],
                          scored="target" if technique == "norms" else None))
    listed += [few,
               Row("transfer: source, then few labels", "few", after=source),
               Row("joined with few labels", "joined-few")]
    return listed


def slug(name):
    return "-".join("".join(c if c.isalnum() else " " for c in name).split())


class Bench:
    def __init__(self, args, data):
        self.args, self.data = args, data
        self.jtr = shlex.split(args.jtr)

    def call(self, *command):
        line = [*self.jtr, *map(str, command)]
        print("$", shlex.join(line), file=sys.stderr, flush=True)
        if subprocess.run(line).returncode != 0:
            sys.exit("that failed")

    def folder(self, row, seed):
        return self.args.output / self.args.what / f"{slug(row.name)}-{seed}"

    def results(self, row, seed):
        """The file of scores that a row of the table reads."""
        apart = row.scored or row.adapt or not self.data.scores_target
        return self.folder(row, seed) / ("scored.json" if apart else "results.json")

    def finish(self, row, seed):
        if self.results(row, seed).exists() or self.args.table_only:
            return
        folder = self.folder(row, seed)
        if row.adapt:
            folder.mkdir(parents=True, exist_ok=True)
            self.finish(row.after, seed)
            checkpoint = folder / "adapted.safetensors"
            self.call("adapt", self.folder(row.after, seed) / "checkpoint.safetensors", *self.data.photographs(),
                      "--output", checkpoint, "--threads", self.args.threads, "--quiet")
            self.score(checkpoint, row, seed)
            return
        if not (folder / "results.json").exists():
            begin = []
            if row.after is not None:
                self.finish(row.after, seed)
                begin = ["--init-from", self.folder(row.after, seed)]
            network = shlex.split(self.args.network or self.data.network)
            if begin and "--weights" in network:
                at = network.index("--weights")
                del network[at:at + 2]
            self.call("train", *self.data.data(row.data), *network, "--method", "supervised", *row.options, *begin,
                      "--steps", self.args.steps, "--seed", seed, "--threads", self.args.threads, "--workers", 1,
                      "--preset", "none", "--no-tensorboard", "--no-check", "--quiet", "--overwrite", "--output", folder,
                      *shlex.split(self.args.more))
        if row.scored or not self.data.scores_target:
            self.score(folder / "checkpoint.safetensors", row, seed)

    def score(self, checkpoint, row, seed):
        self.call("evaluate", checkpoint, *self.data.scored(), *(["--as-domain", row.scored] if row.scored else []),
                  "--json", self.results(row, seed), "--threads", self.args.threads, "--quiet")

    def headline(self, row, seed):
        """Value and direction of the headline metric of each task."""
        file = self.results(row, seed)
        if not file.exists():
            return None
        found = {}
        for task in json.loads(file.read_text())["tasks"]:
            metric = next(m for m in task["metrics"] if m["headline"])
            found[task["name"]] = (metric["name"], metric["value"], metric["unit"], metric["higherIsBetter"])
        return found


def interval(differences):
    n = len(differences)
    if n < 2:
        return None
    return STUDENT[n - 1] * statistics.stdev(differences) / math.sqrt(n)


def table(bench, listed, seeds):
    found = {(row.name, seed): bench.headline(row, seed) for row in listed for seed in seeds}
    first = next((f for f in found.values() if f), None)
    if first is None:
        sys.exit("no run has finished")
    tasks = list(first)
    heads = [f"{t} {first[t][0]}{' ' + first[t][2] if first[t][2] else ''} ({'higher' if first[t][3] else 'lower'})" for t in tasks]
    print("| training | " + " | ".join(heads) + " | seeds |")
    print("| --- |" + " ---: |" * (len(tasks) + 1))
    for row in listed:
        have = [s for s in seeds if found[row.name, s]]
        if not have:
            continue
        cells = []
        for task in tasks:
            values = [found[row.name, s][task][1] for s in have]
            cell = number(statistics.mean(values), first[task])
            paired = [found[row.name, s][task][1] - found[listed[0].name, s][task][1] for s in have if found[listed[0].name, s]]
            if row is not listed[0] and paired:
                wide = interval(paired)
                cell += f" ({number(statistics.mean(paired), first[task], '+')}{'' if wide is None else ' ± ' + number(wide, first[task])})"
            cells.append(cell)
        print("| " + " | ".join([row.name, *cells, ", ".join(map(str, have))]) + " |")


def number(value, metric, sign=""):
    return f"{value:{sign}.{2 if metric[2] in ('%', 'deg') else 4}f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=DATA, help="the data")
    parser.add_argument("--data", type=Path, help="the folder of the two domains, where they are photographs")
    parser.add_argument("--output", type=Path, default=ROOT / "artifacts/domains/runs", help="where the runs go")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--rows", default="", help="parts of the names of the rows to train, separated by commas; all if empty")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--network", help="network, size and batch instead of the usual ones")
    parser.add_argument("--more", default="", help="further options of every training")
    parser.add_argument("--jtr", default=f"dotnet {ROOT}/managed/Jtr.Cli/bin/Release/net10.0/Jtr.Cli.dll", help="the tool")
    parser.add_argument("--table-only", action="store_true", help="train nothing")
    args = parser.parse_args()
    seeds = [int(s) for s in args.seeds.split(",")]
    bench = Bench(args, DATA[args.what](args))
    listed = rows(args)
    wanted = [w for w in args.rows.split(",") if w]
    for seed in seeds:
        for row in listed:
            if not wanted or any(w in row.name for w in wanted):
                bench.finish(row, seed)
    table(bench, listed, seeds)


if __name__ == "__main__":
    main()
