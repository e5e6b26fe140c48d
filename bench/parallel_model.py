#!/usr/bin/env python3
"""What data parallelism adds to a training step on 8 to 1,024 GPUs: a model on paper, not a measurement.

    bench/parallel_model.py [--parameters 50044578] [--step-ms 20] [--norms 78] [--norm-bytes 2048] [--overlap 0.5]
                            [--bytes 4]

A step's gradients, --bytes a weight (2 with --gradient-compression bfloat16), are summed in buckets while the backward pass
runs: --overlap is the share of the step behind which their sum can hide. Ring: 2 (n - 1) / n of the bytes pass each
GPU's slowest link, in 2 (n - 1) turns. Tree: twice the bytes pass it, in 2 log2(n) turns (Sanders, Speck, Traeff,
Parallel Computing 2009: two trees, so that every link sends and receives all the time). Two levels: within each
machine first (reduce-scatter, all-gather by a ring), and between machines each GPU with its share. Norms that share
statistics wait for two small sums each, by the tree.
"""
import argparse
import math

# Bytes/s of a GPU in one direction, seconds of a turn. NVLink 4: 450e9 in the data sheet of the H100 SXM, 80 % of it.
# InfiniBand NDR, a port of 400 Gbit/s for each GPU, 90 % of it. Ethernet of 100 Gbit/s for the whole machine, 85 % of it,
# through the host, which is what Gloo does. The turns: 3, 8 and 50 microseconds, assumed.
WITHIN = (0.8 * 450e9, 3e-6)
NETWORKS = {"InfiniBand, 400 Gbit/s a GPU": (0.9 * 50e9, 8e-6, True), "Ethernet, 100 Gbit/s a machine": (0.85 * 12.5e9, 50e-6, False)}
PER_MACHINE = 8


def ring(size, count, link):
    return 0.0 if count == 1 else 2 * (count - 1) / count * size / link[0] + 2 * (count - 1) * link[1]


def tree(size, count, link):
    return 0.0 if count == 1 else 2 * size / link[0] + 2 * math.ceil(math.log2(count)) * link[1]


def sums(size, gpus, network):
    """Seconds of a sum over all GPUs: one ring, one tree, two levels."""
    machines = max(1, gpus // PER_MACHINE)
    speed, turn, is_per_gpu = network
    inside = min(gpus, PER_MACHINE)
    # One ring or tree through all machines crosses each machine's link once: a port a GPU does not make that faster.
    link = WITHIN if machines == 1 else (min(speed, WITHIN[0]), turn)
    between = (speed if is_per_gpu else speed / inside, turn)
    two = ring(size, inside, WITHIN) + min(ring(size / inside, machines, between), tree(size / inside, machines, between))
    return {"ring": ring(size, gpus, link), "tree": tree(size, gpus, link), "two levels": two}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    # jtr train --width 64 --dry-run: network and auto-encoder. 20 ms: bench/gpu_model.py, an H100 with four samples.
    parser.add_argument("--parameters", type=int, default=50_044_578)
    parser.add_argument("--step-ms", type=float, default=20.0)
    # 26 in the network, and in the auto-encoder twice: views 1 and 2.
    parser.add_argument("--norms", type=int, default=78)
    parser.add_argument("--norm-bytes", type=int, default=2048)
    parser.add_argument("--overlap", type=float, default=0.5)
    parser.add_argument("--bytes", type=int, default=4)
    arguments = parser.parse_args()
    size, step = arguments.bytes * arguments.parameters, arguments.step_ms / 1e3
    print(f"{size / 1e6:.0f} MB of gradients a step, {arguments.step_ms:g} ms of computing, {arguments.norms} norms\n")
    for name, network in NETWORKS.items():
        print(f"{name}; {WITHIN[0] / 1e9:.0f} GB/s within a machine of {PER_MACHINE}\n")
        print("| GPUs | ring, ms | tree, ms | two levels, ms | nothing hidden: step, ms | of linear "
              f"| {arguments.overlap:.0%} of a step hides it: step, ms | of linear | norms, ms | step with them, ms | of linear |")
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for gpus in [8 * 2**i for i in range(8)]:
            of = sums(size, gpus, network)
            whole = min(of.values())
            best = max(0.0, whole - arguments.overlap * step)
            norms = 2 * arguments.norms * min(sums(arguments.norm_bytes, gpus, network).values())
            cells = [f"{value * 1e3:.1f}" for value in (of["ring"], of["tree"], of["two levels"])]
            for left in (whole, best):
                cells += [f"{(step + left) * 1e3:.1f}", f"{step / (step + left):.0%}"]
            cells += [f"{norms * 1e3:.1f}", f"{(step + best + norms) * 1e3:.1f}", f"{step / (step + best + norms):.0%}"]
            print(f"| {gpus} | " + " | ".join(cells) + " |")
        print()


if __name__ == "__main__":
    main()
