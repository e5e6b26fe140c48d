#!/usr/bin/env python3
"""How many instructions nvcc makes of each CUDA kernel: a table of what stands in the machine code.

    bench/sass_counts.py [--nvcc nvcc] [--cuobjdump cuobjdump] [--arch sm_90] [--include FOLDER] [--match norm_relu]

Static counts: an instruction in a loop counts once, and a kernel's slow path too. `calls` are of nvcc's own routines:
64-bit integer divisions, some 70 instructions each, and the rare half of float ones; `fma` are multiply-adds of floats,
those of nvcc's divisions and roots among them. No GPU is needed.
"""
import argparse
import collections
import glob
import os
import re
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def kernels_of(text):
    """(name, instructions) of each function in cuobjdump's text."""
    found, name = collections.OrderedDict(), None
    for line in text.splitlines():
        function = re.match(r"\s*Function : (\S+)", line)
        if function:
            name = function.group(1)
            found[name] = []
            continue
        code = re.match(r"\s*/\*[0-9a-f]{4,}\*/\s+(.*?);", line)
        if code and name:
            found[name].append(code.group(1))
    return found


def readable(name):
    """Names of the kernel and of the operation with its type, from a mangled name."""
    plain = subprocess.run(["c++filt", name], capture_output=True, text=True, check=True).stdout
    kernel = re.search(r"cuda::(\w+)<", plain)
    operation = re.search(r"(?:typed::|anonymous namespace\)::)(\w+)<([\w:]+)", plain)
    lambda_number = re.search(r"#(\d+)\}", plain)
    part = f" {lambda_number.group(1)}" if lambda_number and lambda_number.group(1) != "1" else ""
    of = f"{operation.group(1)}<{operation.group(2)}>{part}" if operation else plain.strip()[:60]
    return f"{of}, {kernel.group(1) if kernel else '?'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--cuobjdump", default="cuobjdump")
    parser.add_argument("--arch", default="sm_90")
    parser.add_argument("--include", action="append", default=[], help="a further folder of headers")
    parser.add_argument("--match", default="", help="only kernels whose name holds this")
    parser.add_argument("--cubin", action="append", help="count these instead of compiling")
    a = parser.parse_args()
    cubins = a.cubin or []
    with tempfile.TemporaryDirectory() as folder:
        if not cubins:
            for source in sorted(glob.glob(os.path.join(ROOT, "native/src/kernels/cuda/*.cu"))):
                cubins.append(os.path.join(folder, os.path.basename(source) + "bin"))
                folders = [f"-I{i}" for i in (os.path.join(ROOT, "native/src"), *a.include)]
                subprocess.run([a.nvcc, "-cubin", f"-arch={a.arch}", "-std=c++17", "--extended-lambda", *folders, "-o",
                                cubins[-1], source], check=True)
        print("| kernel | instructions | calls | fma | loads and stores |\n|---|---|---|---|---|")
        for cubin in cubins:
            text = subprocess.run([a.cuobjdump, "--dump-sass", cubin], capture_output=True, text=True, check=True).stdout
            for name, code in kernels_of(text).items():
                words = readable(name)
                if a.match not in words:
                    continue
                body = [c for c in code if not c.startswith("NOP")]
                count = lambda pattern: sum(1 for c in body if re.search(pattern, c))
                print(f"| {words} | {len(body)} | {count(r'CALL')} | {count(r'FFMA|DFMA')} | {count(r'LDG|STG')} |")


if __name__ == "__main__":
    main()
