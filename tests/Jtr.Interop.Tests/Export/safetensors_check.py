"""Reads a safetensors file as Python does, and says what is in it.

    python3 safetensors_check.py FILE [NETWORK.pt]

With Python's package safetensors where it is installed, else with a reader written from the format's specification alone, which
refuses what the package refuses. To standard output: a line with the reader's name, then for each tensor a line with its name, type
and sizes, followed by its elements. With a TorchScript module, and where Python has torch, the tensors have to be the module's state.
"""

import json
import struct
import sys

ITEM_SIZES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
}  # fmt: skip


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), f"the header has a key twice: {keys}"
    return dict(pairs)


def by_specification(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    assert length <= 100_000_000 and 8 + length <= len(content), f"a header of {length} bytes"
    assert content[8:9] == b"{", "the header begins with a brace"
    header = json.loads(content[8 : 8 + length].decode("utf-8"), object_pairs_hook=no_duplicates)
    metadata = header.pop("__metadata__", {})
    assert all(isinstance(text, str) for text in metadata.values()), "metadata are texts"
    data, end, tensors = content[8 + length :], 0, {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert set(entry) == {"dtype", "shape", "data_offsets"}, f"{name}: {entry}"
        begin, stop = entry["data_offsets"]
        size = ITEM_SIZES[entry["dtype"]]
        count = 1
        for extent in entry["shape"]:
            assert isinstance(extent, int) and extent >= 0, f"{name}: {entry}"
            count *= extent
        assert begin == end and stop - begin == count * size, f"{name}: {entry}, which leaves a gap or does not fit"
        end = stop
        tensors[name] = (entry["dtype"], entry["shape"], data[begin:stop])
    assert end == len(data), f"{len(data) - end} bytes that are no tensor's"
    return tensors, metadata


def by_package(path):
    from safetensors import safe_open

    types = {"float32": "F32", "float64": "F64", "int64": "I64"}
    with safe_open(path, framework="np") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}
        metadata = file.metadata()
    return {name: (types[str(array.dtype)], array.shape, array.tobytes()) for name, array in arrays.items()}, metadata


def compare_with_module(tensors, path):
    try:
        import torch
    except ImportError:
        return
    types = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}
    state = torch.jit.load(path).state_dict()
    assert len(state) > 10, f"the module has the tensors {list(state)}"
    # TorchScript's attributes have no dots in their names.
    ours = {name.replace(".", "_"): tensor for name, tensor in tensors.items()}
    for name, expected in state.items():
        dtype, shape, elements = ours[name]
        actual = torch.frombuffer(bytearray(elements), dtype=types[dtype]).reshape(shape)
        assert torch.equal(actual, expected), f"{name} is not the module's"


def main():
    try:
        import numpy  # noqa: F401, what the package reads into
        import safetensors

        reader, (tensors, metadata) = f"safetensors {safetensors.__version__}", by_package(sys.argv[1])
    except ImportError:
        reader, (tensors, metadata) = "specification", by_specification(sys.argv[1])
    if len(sys.argv) > 2:
        assert metadata["format"] == "pt", metadata
        compare_with_module(tensors, sys.argv[2])
    out = sys.stdout.buffer
    out.write(f"{reader}\n".encode())
    for name, (dtype, shape, elements) in tensors.items():
        out.write(f"{name} {dtype} {' '.join(map(str, shape))}".rstrip().encode() + b"\n")
        out.write(elements)


if __name__ == "__main__":
    main()
