#!/usr/bin/env python3
"""Times the published code's training step against ours, on the same data, settings and libtorch, in one run.

    git clone <the published code, KentoNishi/JTR-CVPR-2024> ~/jtr-published
    bench/published/compare.py --published ~/jtr-published --step build/bench/jtr_step

Nothing of the published code is in this repository: its modules are imported from the checkout, and the step below calls
them as its training script does (forward over three views, losses sample by sample, one backward, Adam). On the CPU
its calls of .cuda() do nothing. Each side runs in a process of its own, the two in turns; the table gives medians and
each side's peak memory (CPU: resident; CUDA: as the allocator reports it).
"""
import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import types

SETS = {
    # name: (tasks, model module, JTR module, channels, batch, height, columns)
    "nyuv2": ("segmentation:13,depth,normals", "nyuv2", [13, 1, 3]),
    "cityscapes": ("segmentation:7,depth", "cityscapes", [7, 1]),
}
DEFAULT_CASES = "nyuv2:4:64x96,cityscapes:16:128x256,nyuv2:4:288x384"


def make_batch(path, tasks, samples, height, columns):
    """Smooth images and labels with regions, one label a sample, in jtr_step's layout."""
    import numpy as np

    rng = np.random.default_rng(1)

    def smooth(*lead):
        coarse = rng.random((*lead, height // 16 + 2, columns // 16 + 2), dtype=np.float32)
        rows, cols = np.linspace(0, height // 16, height), np.linspace(0, columns // 16, columns)
        r, c = rows.astype(int), cols.astype(int)
        fr, fc = (rows - r)[:, None].astype(np.float32), (cols - c).astype(np.float32)
        top = coarse[..., r, :], coarse[..., r + 1, :]
        left = [t[..., c] * (1 - fc) + t[..., c + 1] * fc for t in top]
        return left[0] * (1 - fr) + left[1] * fr

    images, labels, labelled = [], [], np.zeros((samples, len(tasks)), np.uint8)
    labelled[np.arange(samples), np.arange(samples) % len(tasks)] = 1
    for _ in range(3):
        images.append(smooth(samples, 3))
        parts = []
        for kind, channels in tasks:
            if kind == "segmentation":
                parts.append(np.floor(smooth(samples, 1) * channels * 0.999) - (smooth(samples, 1) > 0.9))
                parts[-1] = np.maximum(parts[-1], -1)
            elif kind == "depth":
                parts.append((1 + 4 * smooth(samples, 1)) * (smooth(samples, 1) < 0.9))
            else:
                n = smooth(samples, 3) - 0.5
                parts.append(n / np.sqrt((n * n).sum(1, keepdims=True) + 1e-9))
        labels.append(np.concatenate(parts, 1))
    with open(path, "wb") as file:
        file.write(np.stack(images).astype(np.float32).tobytes())
        file.write(np.stack(labels).astype(np.float32).tobytes())
        file.write(labelled.tobytes())


def run_published(args):
    """The published step, timed; runs in a process of its own."""
    import importlib.util

    import numpy as np
    import torch
    from torch import nn

    tasks, module, channels = SETS[args.set]
    device = torch.device(args.device)
    torch.set_num_threads(args.threads)
    if args.device == "cpu":
        torch.Tensor.cuda = lambda self, *a, **k: self
        nn.Module.cuda = lambda self, *a, **k: self
    # Its helper modules import pandas for their log files, which the step does not write.
    if importlib.util.find_spec("pandas") is None:
        sys.modules["pandas"] = types.SimpleNamespace(DataFrame=None)
    sys.path.insert(0, os.path.join(args.published, "code"))
    torch.manual_seed(0)
    model = importlib.import_module(f"models.{module}_segnet_mtl").SegNet_MTL().cuda()
    jtr = importlib.import_module(f"models.{module}_segnet_jtr").SegNet_JTR(channels).cuda()
    model.train(), jtr.train()
    optimizer = torch.optim.Adam([*model.parameters(), *jtr.parameters()], lr=1e-4)

    b, h, w, k = args.samples, args.height, args.columns, len(channels)
    label_channels = [1] + channels[1:]
    raw = np.fromfile(args.batch, np.uint8)
    n_images, n_labels = 3 * b * 3 * h * w * 4, 3 * b * sum(label_channels) * h * w * 4
    images = torch.from_numpy(raw[:n_images].view(np.float32).reshape(3, b, 3, h, w).copy()).to(device)
    labels = torch.from_numpy(raw[n_images : n_images + n_labels].view(np.float32).reshape(3, b, -1, h, w).copy())
    labelled = raw[n_images + n_labels :].reshape(b, k)
    views = [list(torch.split(view.to(device), label_channels, 1)) for view in labels]
    for view in views:
        view[0] = view[0][:, 0].long()

    def step():
        predictions = torch.cat(model(images.flatten(0, 1))[0][:k], 1).split(b)
        total = torch.zeros((), device=device)
        for i in range(b):
            active = [t for t in range(k) if labelled[i, t]]
            split = [p[i : i + 1].split(channels, 1) for p in predictions]
            truth = [[label[i : i + 1] for label in view] for view in views]
            losses = model.compute_losses(*split[0], *truth[0])
            dist, recon = jtr.compute_losses((*split[1], *truth[1]), (*split[2], *truth[2]), active, channels[0], 2.0)
            total = total + (sum(losses[t] for t in active) + 4.0 * dist + 2.0 * recon) / b
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        return float(total)

    times, cpu = [], []
    for s in range(-1, args.steps):
        if args.device != "cpu":
            torch.cuda.synchronize()
        t, c = time.perf_counter(), time.process_time()
        loss = step()
        if args.device != "cpu":
            torch.cuda.synchronize()
        if s >= 0:
            times.append(time.perf_counter() - t)
            cpu.append(time.process_time() - c)
    if args.device == "cpu":
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    else:
        peak = torch.cuda.max_memory_allocated()
    print(json.dumps({"seconds": times, "processor_seconds": cpu, "loss": loss, "peak_bytes": peak}))


def run_matrix_rate():
    """The GPU's rate at products of large matrices, GFLOP/s, two operations a multiply-add."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = True  # as cuDNN's convolutions do unless told otherwise
    n, rates = 8192, {}
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        a, b = (torch.randn(n, n, device="cuda").to(dtype) for _ in range(2))
        times = []
        for _ in range(12):
            torch.cuda.synchronize()
            begin = time.perf_counter()
            a @ b
            torch.cuda.synchronize()
            times.append(time.perf_counter() - begin)
        rates[precision] = 2 * n**3 / statistics.median(times[2:]) * 1e-9
    print(json.dumps(rates))


def segnet_flop(width, in_channels, heads, height, columns):
    """Multiply-adds times two of one image's forward pass: (encoder, first layer of it, decoder, heads)."""
    f = [width * m for m in (1, 2, 4, 8, 8)]
    encoder = decoder = first = 0
    for i in range(5):
        pixels = (height >> i) * (columns >> i)
        into = in_channels if i == 0 else f[i - 1]
        more = 1 if i < 2 else 2
        encoder += 18 * pixels * (into * f[i] + more * f[i] * f[i])
        if i == 0:
            first = 18 * pixels * into * f[0]
        out = f[0] if i == 0 else f[i - 1]
        decoder += 18 * pixels * (f[i] * out + more * out * out)
    pixels = height * columns
    return encoder, first, decoder, sum(pixels * (18 * f[0] * f[0] + 2 * f[0] * c) for c in heads)


def needed_flop(width, channels, samples, height, columns):
    """Convolution work that the step cannot do without: no weight gradients for the frozen pass, no input gradients
    of first layers, heads backward only for views 0 and 1."""
    e, first, d, h = segnet_flop(width, 3, channels, height, columns)
    flop = 3 * samples * (3 * (e + d) - first) + samples * (3 * h + 2 * 2 * h)
    e, first, d, h = segnet_flop(width, sum(channels), [sum(channels)], height, columns)
    return flop + 2 * samples * 2 * e + 2 * samples * (3 * (e + d + h) - first)


def published_flop(width, channels, samples, height, columns):
    """Convolution work of the published step: forward and both gradients of every network it runs, the encoder of the
    frozen copy among them."""
    e, _, d, h = segnet_flop(width, 3, channels, height, columns)
    flop = 3 * samples * 3 * (e + d + h)
    e, _, d, h = segnet_flop(width, sum(channels), [sum(channels)], height, columns)
    return flop + 2 * samples * 3 * e + 2 * samples * 3 * (e + d + h)


def cell(value, width, digits):
    """A number for the table, or a dash for what was not measured."""
    return f"{'-':>{width}}" if math.isnan(value) else f"{value:{width}.{digits}f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", help="a checkout of the published code")
    parser.add_argument("--step", default="build/bench/jtr_step", help="our program that times a step")
    parser.add_argument("--convolutions", help="jtr_convolutions, to measure the best convolution rate first")
    parser.add_argument("--cases", default=DEFAULT_CASES, help="SET:BATCH:HxW, separated by commas; SET: " + ", ".join(SETS))
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1, help="turns of the two sides")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", help="of our side: float32, bfloat16 or both, separated by a comma; default: float32, on a GPU "
                        "both. The published code has its own, float32 (on a GPU with TF32 convolutions)")
    parser.add_argument("--recomputation", choices=["norms", "stages", "none"], default="norms", help="of our side's backward pass")
    parser.add_argument("--python", default=sys.executable, help="a Python with torch, for the published code")
    parser.add_argument("--only", choices=["ours", "published"])
    parser.add_argument("--json", help="write all numbers here")
    for name in ("--run-published", "--run-matrix-rate", "--set", "--batch"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    for name in ("--samples", "--height", "--columns"):
        parser.add_argument(name, type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run_published:
        return run_published(args)
    if args.run_matrix_rate:
        return run_matrix_rate()
    precisions = (args.precision or ("float32" if args.device == "cpu" else "float32,bfloat16")).split(",")
    for precision in precisions:
        if precision not in ("float32", "bfloat16"):
            parser.error(f"--precision: '{precision}' is none of float32, bfloat16")
    if args.only != "ours" and not (args.published and os.path.isdir(os.path.join(args.published, "code"))):
        parser.error("--published must name a checkout of the published code (it holds a folder 'code')")

    # Idle OpenMP threads that spin for long starve each other on a busy machine; the managed library says the same.
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    best = {}
    if args.device == "cuda":
        try:
            best = json.loads(subprocess.check_output([args.python, os.path.abspath(__file__), "--run-matrix-rate", "1"]))
            print(f"best matrix product: {best['float32']:.0f} GFLOP/s in TF32, {best['bfloat16']:.0f} in bfloat16", flush=True)
        except subprocess.CalledProcessError:
            print(f"{args.python} could not measure the GPU's matrix rate: 'of best' stays empty", file=sys.stderr)
    elif args.convolutions:
        rates = json.loads(subprocess.check_output([args.convolutions, "--threads", str(args.threads)]))
        best = dict.fromkeys(("float32", "bfloat16"), rates["best"])
        print(f"best convolution: forward {rates['best_forward']:.0f}, data {rates['best_data']:.0f}, "
              f"weight {rates['best_weight']:.0f} GFLOP/s", flush=True)
    print(f"{'case':26} {'ours':>9} {'published s':>12} {'ours s':>9} {'ratio':>7} {'published MB':>13} {'ours MB':>9} {'ratio':>7}"
          f" {'GFLOP/s':>9} {'of best':>8} {'published':>10}", flush=True)
    rows = []
    for case in args.cases.split(","):
        name, samples, size = case.split(":")
        height, columns = (int(v) for v in size.split("x"))
        tasks, _, channels = SETS[name]
        kinds = [(t.split(":")[0], c) for t, c in zip(tasks.split(","), channels)]
        with tempfile.NamedTemporaryFile(suffix=".batch") as batch:
            make_batch(batch.name, kinds, int(samples), height, columns)
            common = ["--batch", batch.name, "--samples", samples, "--height", str(height), "--columns", str(columns),
                      "--steps", str(args.steps), "--threads", str(args.threads), "--device", args.device]
            commands = {"published": [args.python, os.path.abspath(__file__), "--run-published", "1", "--set", name,
                                      "--published", args.published or "", *common]}
            for precision in precisions:
                commands[precision] = [args.step, "--tasks", tasks, "--width", "64", "--precision", precision,
                                       "--recomputation", args.recomputation, *common]
            sides = {s: {"seconds": [], "processor_seconds": [], "peak_bytes": 0} for s in commands}
            for _ in range(args.rounds):
                for side, command in commands.items():
                    if args.only and (side == "published") != (args.only == "published"):
                        continue
                    out = json.loads(subprocess.check_output(command).splitlines()[-1])
                    for key in ("seconds", "processor_seconds"):
                        sides[side][key] += out[key]
                    sides[side]["peak_bytes"] = max(sides[side]["peak_bytes"], out["peak_bytes"])
        seconds = {s: statistics.median(v["seconds"]) if v["seconds"] else float("nan") for s, v in sides.items()}
        peak = {s: v["peak_bytes"] / 1e6 if v["seconds"] else float("nan") for s, v in sides.items()}
        for ours in precisions:
            rate = needed_flop(64, channels, int(samples), height, columns) / seconds[ours] * 1e-9
            whole = published_flop(64, channels, int(samples), height, columns) / seconds[ours] * 1e-9
            top = best.get(ours, float("nan"))
            print(f"{case:26} {ours:>9}", cell(seconds["published"], 12, 3), cell(seconds[ours], 9, 3),
                  cell(seconds["published"] / seconds[ours], 7, 2), cell(peak["published"], 13, 0), cell(peak[ours], 9, 0),
                  cell(peak[ours] / peak["published"], 7, 2), cell(rate, 9, 1), cell(rate / top, 8, 2),
                  cell(whole / top, 10, 2), flush=True)
            rows.append({"case": case, "precision": ours, "needed_gflops": rate, "published_gflops": whole,
                         "published": sides["published"], "ours": sides[ours]})
    if args.json:
        with open(args.json, "w") as file:
            json.dump({"best": best, "threads": args.threads, "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
