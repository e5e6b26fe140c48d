"""As TorchScriptCheck.cpp, with Python's torch."""

import sys

import numpy
import torch

path, n, h, w = sys.argv[1], *map(int, sys.argv[2:5])
sizes = [(n, 3, h, w)] + [(n, *map(int, words.split("x"))) for words in sys.argv[5:]]
module = torch.jit.load(path)
module.eval()
inputs = []
for size in sizes:
    values = numpy.frombuffer(sys.stdin.buffer.read(4 * int(numpy.prod(size))), "<f4")
    inputs.append(torch.from_numpy(values.reshape(size).copy()))
with torch.no_grad():
    outputs = module(*inputs)
assert all(p.requires_grad for p in module.parameters()) and not any(b.requires_grad for b in module.buffers())
for name, value in sorted(outputs.items()):
    sys.stdout.buffer.write(f"{name} {' '.join(map(str, value.shape))}\n".encode())
    sys.stdout.buffer.write(value.contiguous().numpy().tobytes())
