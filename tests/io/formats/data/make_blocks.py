"""Writes blocks.gguf beside itself: random blocks of every type, what gguf-py makes of them (NAME.float, NAME.bf16), and
metadata of every value type. For developers; needs `pip install gguf==0.19.0` or later."""
import pathlib

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as Value
from gguf import GGUFWriter
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize, quantize

# Byte offsets of the half-precision scales in a block.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2],
          "Q6_K": [208]}
HALVES = np.array([0.0, -0.0, 6e-8, -3e-5, 6.1e-5, 1.0, -0.37, 0.0123, 655.0, -65504.0], np.float16)

rng = np.random.default_rng(7)
writer = GGUFWriter(str(pathlib.Path(__file__).with_name("blocks.gguf")), "test")
for name, kind in {"u8": Value.UINT8, "i8": Value.INT8, "u16": Value.UINT16, "i16": Value.INT16, "u32": Value.UINT32,
                   "i32": Value.INT32, "u64": Value.UINT64, "i64": Value.INT64}.items():
    bits = int(name[1:])
    writer.add_key_value(f"int.{name}", 2 ** min(bits, 63) - 1 if name[0] == "u" else -(2 ** (bits - 1)), kind)
writer.add_float32("float.f32", 0.1)
writer.add_float64("float.f64", 0.1)
writer.add_bool("bool", True)
writer.add_string("string", "h\u00e9llo")
writer.add_array("strings", ["", "a", "\u2581b"])
writer.add_array("ints", [3, -4, 5])
writer.add_array("floats", [0.5, -1.5])
writer.add_array("bools", [True, False])


def add(name, data, kind):
    """`data` are the type's bytes, one row per line."""
    writer.add_tensor(name, data, raw_dtype=kind)
    floats = dequantize(data, kind).astype(np.float32)
    writer.add_tensor(name + ".float", floats, raw_dtype=Type.F32)
    writer.add_tensor(name + ".bf16", quantize(floats, Type.BF16), raw_dtype=Type.BF16)


for name, offsets in SCALES.items():
    kind = Type[name]
    elements, size = GGML_QUANT_SIZES[kind]
    blocks = 512 // elements
    data = rng.integers(0, 256, (2, blocks, size), dtype=np.uint8)
    for offset in offsets:
        scale = rng.choice(HALVES, (2, blocks, 1)) * (1 if elements == 32 else np.float16(0.1))
        data[:, :, offset : offset + 2] = scale.astype(np.float16).view(np.uint8)
    add(name, data.reshape(2, blocks * size), kind)

halves = np.arange(0, 65536, 61, dtype=np.uint16)
halves = halves[(halves & 0x7C00) != 0x7C00].view(np.float16)
add("F16", halves.view(np.uint8).reshape(1, -1), Type.F16)
floats = rng.integers(0, 2**32, 300, dtype=np.uint32).view(np.float32)
floats = floats[np.isfinite(floats)].reshape(1, -1)
# Ties, and values that round up to the next exponent and to infinity.
floats[0, :6] = np.array([0x3F808000, 0x3F818000, 0x3FFFFFFF, 0x7F7FFFFF, 0x80000001, 0], np.uint32).view(np.float32)
writer.add_tensor("F32", floats, raw_dtype=Type.F32)
writer.add_tensor("F32.bf16", quantize(floats, Type.BF16), raw_dtype=Type.BF16)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
