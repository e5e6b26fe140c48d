"""As TorchScriptCheck.cpp, with Python's torch."""

import sys

import numpy
import torch

path, n, h, w = sys.argv[1], *map(int, sys.argv[2:])
module = torch.jit.load(path)
module.eval()
images = numpy.frombuffer(sys.stdin.buffer.read(), "<f4").reshape(n, 3, h, w).copy()
with torch.no_grad():
    outputs = module(torch.from_numpy(images))
assert all(p.requires_grad for p in module.parameters()) and not any(b.requires_grad for b in module.buffers())
for name, value in sorted(outputs.items()):
    sys.stdout.buffer.write(f"{name} {' '.join(map(str, value.shape))}\n".encode())
    sys.stdout.buffer.write(value.contiguous().numpy().tobytes())
