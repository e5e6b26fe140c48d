#!/usr/bin/env python3
"""Times a training step and a prediction of ResNet-18 with a pyramid against the same network in eager PyTorch, on the
same libtorch, with the same threads, in turns.

    cmake --preset bench && cmake --build --preset bench
    bench/networks/compare.py --step build/bench/jtr_step

The eager side is written below as one writes it in PyTorch: torch.nn modules, in-place ReLUs, AdamW. Each run is a
process of its own; the table gives medians and each side's peak resident memory.
"""
import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

CASES = {"96x128": 8, "192x256": 4}
TASKS = "segmentation:11,map,map"
CHANNELS = [11, 1, 1]
NETWORK = {"name": "encoder_decoder", "backbone": {"name": "resnet18"}, "decoder": {"name": "pyramid", "channels": 64},
           "backbone_rate": 0.3}


def eager(args):
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(args.threads)
    torch.manual_seed(1)

    class Block(nn.Module):
        def __init__(self, inside, out, stride):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
            self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
            self.shortcut = None
            if stride != 1 or inside != out:
                self.shortcut = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

        def forward(self, x):
            y = F.relu(self.bn1(self.conv1(x)), inplace=True)
            y = self.bn2(self.conv2(y))
            y += x if self.shortcut is None else self.shortcut(x)
            return F.relu(y, inplace=True)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True),
                                      nn.MaxPool2d(3, 2, 1))
            sizes, self.stages, inside = [64, 128, 256, 512], nn.ModuleList(), 64
            for i, out in enumerate(sizes):
                self.stages.append(nn.Sequential(Block(inside, out, 1 if i == 0 else 2), Block(out, out, 1)))
                inside = out
            self.lateral = nn.ModuleList(nn.Conv2d(c, 64, 1) for c in sizes)
            self.refine = nn.ModuleList(nn.Sequential(nn.Conv2d(64, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64),
                                                      nn.ReLU(True)) for _ in sizes)
            self.heads = nn.ModuleList(nn.Sequential(nn.Conv2d(64, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64),
                                                     nn.ReLU(True), nn.Conv2d(64, c, 1)) for c in CHANNELS)
            self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
            self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

        def forward(self, images):
            x = self.stem((images - self.mean) / self.deviation)
            maps = []
            for stage in self.stages:
                x = stage(x)
                maps.append(x)
            y = None
            for lateral, refine, m in reversed(list(zip(self.lateral, self.refine, maps))):
                own = lateral(m)
                if y is not None:
                    own = own + F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
                y = refine(own)
            return [F.interpolate(head(y), scale_factor=4, mode="bilinear", align_corners=False) for head in self.heads]

    network = Network()
    backbone = [*network.stem.parameters(), *network.stages.parameters()]
    rest = [*network.lateral.parameters(), *network.refine.parameters(), *network.heads.parameters()]
    optimizer = torch.optim.AdamW([{"params": backbone, "lr": 1.5e-4}, {"params": rest}], lr=5e-4)
    images = torch.rand(args.samples, 3, args.height, args.columns)
    labels = torch.randint(0, 11, (args.samples, args.height, args.columns))
    maps = [torch.rand(args.samples, 1, args.height, args.columns) for _ in range(2)]

    def step():
        optimizer.zero_grad()
        predictions = network(images)
        # One label a sample, as the samples' own tasks.
        task = torch.arange(args.samples) % 3
        loss = 0
        for t in range(3):
            rows = task == t
            if not rows.any():
                continue
            p = predictions[t][rows]
            loss = loss + (F.cross_entropy(p, labels[rows]) if t == 0 else F.l1_loss(p, maps[t - 1][rows]))
        loss.backward()
        optimizer.step()

    def predict():
        with torch.inference_mode():
            network(images)

    if args.predict:
        network.eval()
    seconds = []
    for i in range(-args.warm_up, args.steps):
        begin = time.perf_counter()
        (predict if args.predict else step)()
        if i >= 0:
            seconds.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak_bytes": peak}))


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
        if line.startswith("flags"):
            return f"{name}, {'AVX-512' if 'avx512f' in line else 'AVX2' if 'avx2' in line else 'no AVX2'}"
    return "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", help="the program jtr_step")
    parser.add_argument("--cases", default=",".join(CASES), help="sizes, such as 96x128,192x256")
    parser.add_argument("--what", default="supervised,jtr,predict", help="methods of a step, or predict")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    for hidden in ("--samples", "--height", "--columns"):
        parser.add_argument(hidden, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--eager", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--predict", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.eager:
        return eager(args)
    print(f"{processor()}, {args.threads} threads; medians of {args.rounds} x {args.steps}\n")
    print("| what | case | eager, ms | ours, ms | ratio | eager, MiB | ours, MiB | ratio |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for what in args.what.split(","):
        for case in args.cases.split(","):
            height, columns = map(int, case.split("x"))
            same = ["--samples", str(CASES.get(case, 4)), "--height", str(height), "--columns", str(columns),
                    "--threads", str(args.threads), "--steps", str(args.steps), "--warm-up", str(args.warm_up)]
            predict = what == "predict"
            theirs = [sys.executable, __file__, "--eager", *same, *(["--predict"] if predict else [])]
            ours = [args.step, *same, "--tasks", TASKS, "--network", json.dumps(NETWORK), "--optimizer",
                    json.dumps({"name": "adamw", "learning_rate": 5e-4}), "--method", "supervised" if predict else what,
                    "--predict", str(int(predict))]
            found = [[], []]
            peaks = [0, 0]
            for _ in range(args.rounds):
                for side, command in enumerate((theirs, ours)):
                    if side == 0 and what not in ("supervised", "predict"):
                        continue  # eager PyTorch has no such method
                    result = run(command)
                    found[side] += result["seconds"]
                    peaks[side] = max(peaks[side], result["peak_bytes"])
            time_of = [1000 * statistics.median(s) if s else None for s in found]
            memory = [p / 2**20 if p else None for p in peaks]
            cells = [what, f"{case}, B = {CASES.get(case, 4)}"]
            for pair in (time_of, memory):
                cells += [f"{v:.0f}" if v else "" for v in pair]
                cells.append(f"{pair[1] / pair[0]:.2f}" if pair[0] else "")
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
