"""Writes the seeds of the tensor-file targets into corpus/. For developers; needs torch, safetensors, gguf and numpy."""
import collections
import io
import json
import pathlib
import zipfile

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.constants import GGML_QUANT_SIZES
from safetensors.torch import save

CORPUS = pathlib.Path(__file__).parent / "corpus"


def put(subject, name, data):
    folder = CORPUS / subject
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


put("safetensors", "two.safetensors",
    save({"a": torch.ones(2, 3), "b.w": torch.ones(4, dtype=torch.bfloat16)}, {"format": "pt"}))
put("safetensors", "types.safetensors",
    save({str(t): torch.ones(3).to(t) for t in (torch.float64, torch.float16, torch.int64, torch.int8, torch.bool)}))
put("safetensors", "scalar.safetensors", save({"s": torch.tensor(1.5), "none": torch.empty(0, 3)}))
put("safetensors", "nothing.safetensors", save({}))

for name in ("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"):
    kind = GGMLQuantizationType[name]
    path = CORPUS / "gguf" / f"{name.lower()}.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(str(path), "llama")
    writer.add_uint32("llama.block_count", 1)
    writer.add_float32("f", 1.0)
    writer.add_array("tokens", ["a", "bc"])
    writer.add_array("types", [1, 2])
    size = GGML_QUANT_SIZES[kind][1] if name[0] == "Q" else 8
    writer.add_tensor("w", np.arange(size, dtype=np.uint8).reshape(1, -1) % 120, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

state = collections.OrderedDict(a=torch.ones(2, 3), b=torch.arange(6.0).view(2, 3).t(), c=torch.tensor(1, dtype=torch.int64))
for protocol in (2, 4):
    for name, value in {"state": state, "nested": {"model": dict(state), "list": [torch.ones(2), None, 1.5, 2**70]},
                        "parameter": {"p": torch.nn.Parameter(torch.ones(3))},
                        "module": torch.nn.Linear(2, 2).state_dict()}.items():
        file = io.BytesIO()
        torch.save(value, file, pickle_protocol=protocol)
        if protocol == 2:
            put("torch_archive", f"{name}.pt", file.getvalue())
        with zipfile.ZipFile(file) as archive:
            put("torch_archive", f"{name}.{protocol}.pkl", archive.read("archive/data.pkl"))

put("shard_index", "index.json", json.dumps({"metadata": {"total_size": 8}, "weight_map": {
    "a.weight": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}))
put("shard_index", "outside.json", json.dumps({"weight_map": {"a": "../x"}}))
put("shard_index", "deep.json", "[" * 40 + "]" * 40)
