#!/usr/bin/env python3
"""What a training step of JTR should take on a GPU, part by part, from counts: a model on paper, not a measurement.

    bench/gpu_model.py [--samples 4] [--height 288] [--columns 384] [--width 64] [--tasks 13,1,3] [--micro-batch 0]

Counted from the networks' layers: the convolutions' multiply-adds, the bytes that norms, pools and the joint space read
and write, and the kernels that are started. A part takes the longest of three: its work at the rate that was measured
for such GPUs, its bytes at their bandwidth, its launches at what the host needs for one. --micro-batch is how many
samples pass the auto-encoder at once (0: all). The rates are arguments too; their defaults say where they are from.
"""
import argparse
import importlib.util
import os

HERE = os.path.dirname(os.path.abspath(__file__))

# name: (matrix rate in bf16, FLOP/s; memory, bytes/s). H100: 800e12 is what large products of matrices were measured at,
# of 989e12 in the data sheet; A100: 312e12 in the data sheet, at the same share of it. Memory: data sheet, of which 85 %.
GPUS = {"H100 SXM": (800e12, 0.85 * 3.35e12), "A100 SXM 80 GB": (252e12, 0.85 * 2.04e12)}

# Seconds of the host for an operation of ATen that starts one kernel.
LAUNCH = 6e-6

# Kernels that a layer (convolution, norm, ReLU) starts: native/src/kernels/cuda/norm_relu.cu and networks/layers.cpp.
CAST = 2  # weight and bias to bfloat16
STATISTICS = 2  # a reduction, its totals
FORWARD = CAST + 1 + 1 + STATISTICS + 1  # norm and ReLU of the input, convolution, bias, statistics of the output
RUNNING = 5  # the batch's mean and variance into the running ones
NORM_BACKWARD = 4  # a reduction, coefficients, weights, the gradient
WEIGHT_BACKWARD = 3  # weight, bias, back to float32
DATA_BACKWARD = 1
RECOMPUTED = 1  # norm and ReLU again

# Bytes of an element that a layer's kernels read and write, in bfloat16, per element of its map.
READ_STATISTICS = 2
NORM_RELU = 4
GRADIENT = 4 + 6  # dy and x for the sums; dy, x and dx


def flop_of():
    """segnet_flop() of bench/published/compare.py: the one count of convolutions."""
    spec = importlib.util.spec_from_file_location("compare", os.path.join(HERE, "published", "compare.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.segnet_flop


def maps_of(width, height, columns):
    """(encoder, decoder): elements of each layer's output for one image."""
    f = [width * m for m in (1, 2, 4, 8, 8)]
    encoder, decoder = [], []
    for i in range(5):
        pixels, layers = (height >> i) * (columns >> i), 2 if i < 2 else 3
        encoder += [pixels * f[i]] * layers
        decoder += [pixels * (f[0] if i == 0 else f[i - 1])] * layers
    return encoder, decoder


def network(name, images, flops, layers, chunks, weights, running):
    """One network's pass: (name, FLOP, bytes, launches) of convolutions and of norms, forward and backward.

    `flops` of one image; `weights` whether they have a gradient; `chunks`: how often it runs for the batch."""
    forward, backward = flops
    elements = sum(layers) * images
    launches = FORWARD + DATA_BACKWARD + RECOMPUTED + NORM_BACKWARD + (WEIGHT_BACKWARD if weights else 0) + (RUNNING if running else 0)
    # A convolution reads its input and writes its output, each pass; maps have about the size of their inputs.
    passes = 3 if weights else 2
    return [
        (f"{name}: convolutions", (forward + backward) * images, passes * 4 * elements, 0),
        (f"{name}: norms, ReLU, pools", 0, (READ_STATISTICS + 2 * NORM_RELU + GRADIENT) * elements, launches * len(layers) * chunks),
    ]


def step(a):
    channels = [int(c) for c in a.tasks.split(",")]
    segnet_flop, samples = flop_of(), a.samples
    micro = a.micro_batch or samples
    chunks = -(-samples // micro)
    encoder, decoder = maps_of(a.width, a.height, a.columns)
    e, first, d, _ = segnet_flop(a.width, 3, [], a.height, a.columns)
    # All heads are one convolution (networks/segnet.h); two of three views have a gradient there.
    h = 18 * a.height * a.columns * a.width * sum(channels)
    parts = network("network", 3 * samples, (e + d + h, 2 * (e + d) - first + 2 * h * 2 / 3), encoder + decoder, 1, True, True)
    e, first, d, _ = segnet_flop(a.width, sum(channels), [], a.height, a.columns)
    parts += network("auto-encoder, view 1", 2 * samples, (e, e), encoder, chunks, False, False)
    parts += network("auto-encoder, view 2", 2 * samples, (e + d + h, 2 * (e + d + h) - first), encoder + decoder, chunks, True, False)
    pixels = samples * a.height * a.columns
    # Stacks of two views and their gradients, reconstruction, the tasks' losses of three views: float32.
    parts.append(("joint space and losses", 0, 4 * sum(channels) * pixels * (2 * 4 + 2 * 4 + 6 + 3 * 6), 60 * chunks + 120))
    f = [a.width * m for m in (1, 2, 4, 8, 8)]
    weights = 0
    for i in range(5):
        more = 1 if i < 2 else 2
        into, out = (3 if i == 0 else f[i - 1]), (f[0] if i == 0 else f[i - 1])
        weights += 9 * (into * f[i] + more * f[i] ** 2 + f[i] * out + more * out ** 2)
    # Adam of both networks: weight, gradient and two moments read, three written, float32.
    parts.append(("Adam, norm of the gradients", 0, 2 * weights * 4 * 8, 20))
    return parts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--height", type=int, default=288)
    parser.add_argument("--columns", type=int, default=384)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--tasks", default="13,1,3", help="channels of each task's prediction")
    parser.add_argument("--micro-batch", type=int, default=0, help="samples that pass the auto-encoder at once; 0: all")
    parser.add_argument("--launch", type=float, default=LAUNCH, help="seconds of the host for one kernel")
    a = parser.parse_args()
    parts = step(a)
    flop, launches = sum(p[1] for p in parts), sum(p[3] for p in parts)
    print(f"A model on paper, not a measurement. B = {a.samples}, {a.height} x {a.columns}, width {a.width}, bfloat16: "
          f"{flop / 1e12:.2f} TFLOP, {sum(p[2] for p in parts) / 1e9:.1f} GB, {launches} launches\n")
    print("| part | TFLOP | GB | launches |" + "".join(f" {name}, ms |" for name in GPUS))
    print("|---|---|---|---|" + "---|" * len(GPUS))
    totals = [0.0] * len(GPUS)
    for name, work, moved, started in parts:
        cells = ""
        for i, (rate, memory) in enumerate(GPUS.values()):
            seconds = max(work / rate, moved / memory)
            totals[i] += seconds
            cells += f" {seconds * 1e3:.1f} |"
        print(f"| {name} | {work / 1e12:.2f} | {moved / 1e9:.1f} | {started} |{cells}")
    print("| the GPU, parts one after the other | | | |" + "".join(f" {t * 1e3:.1f} |" for t in totals))
    print(f"| the host, {a.launch * 1e6:.0f} us a launch | | | |" + f" {launches * a.launch * 1e3:.1f} |" * len(GPUS))
    print("| **a step: the longer of the two** | | | |" + "".join(f" **{max(t, launches * a.launch) * 1e3:.1f}** |" for t in totals))
    shares = (flop / max(t, launches * a.launch) / rate for t, (rate, _) in zip(totals, GPUS.values()))
    print("| of the matrix rate | | | |" + "".join(f" {s:.0%} |" for s in shares))


if __name__ == "__main__":
    main()
