#!/usr/bin/env python3
"""Writes tests/model/families/data/NAME.json: the hand-written config of each published model of the C2C pairs, and the
parameter names and shapes of transformers' class built from it on the meta device. For developers; nothing is
downloaded. Layers of one model are alike, so names of layer 0 stand for all ("model.layers.*."): checked here.

    python tools/model_names.py tests/model/families/data
"""

import json
import pathlib
import re
import sys

import torch
from transformers import AutoConfig, AutoModelForCausalLM

LLAMA3_ROPE = {
    "factor": 32.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 8192,
    "rope_type": "llama3",
}


def qwen3(hidden, intermediate, layers, heads, tied, positions=40960, eos=151645):
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "attention_bias": False,
        "bos_token_id": 151643,
        "eos_token_id": eos,
        "head_dim": 128,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "max_position_embeddings": positions,
        "max_window_layers": layers,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "num_key_value_heads": 8,
        "rms_norm_eps": 1e-06,
        "rope_scaling": None,
        "rope_theta": 1000000,
        "sliding_window": None,
        "tie_word_embeddings": tied,
        "torch_dtype": "bfloat16",
        "use_sliding_window": False,
        "vocab_size": 151936,
    }


def qwen2(hidden, intermediate, layers, heads, kv_heads, tied, **changes):
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "bos_token_id": 151643,
        "eos_token_id": 151645,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "max_position_embeddings": 32768,
        "max_window_layers": 21,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "num_key_value_heads": kv_heads,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "sliding_window": 32768,
        "tie_word_embeddings": tied,
        "torch_dtype": "bfloat16",
        "use_sliding_window": False,
        "vocab_size": 151936,
        **changes,
    }


MODELS = {
    "Qwen3-0.6B": qwen3(1024, 3072, 28, 16, True),
    "Qwen3-1.7B": qwen3(2048, 6144, 28, 16, True),
    "Qwen3-4B": qwen3(2560, 9728, 36, 32, True),
    "Qwen3-4B-Base": qwen3(2560, 9728, 36, 32, True, positions=32768, eos=151643),
    "Qwen3-8B": qwen3(4096, 12288, 36, 32, False),
    "Qwen2.5-0.5B-Instruct": qwen2(896, 4864, 24, 14, 2, True),
    "Qwen2.5-1.5B-Instruct": qwen2(1536, 8960, 28, 12, 2, True),
    "Qwen2.5-7B-Instruct": qwen2(3584, 18944, 28, 28, 4, False, vocab_size=152064, max_window_layers=28),
    "Qwen2.5-Math-1.5B": qwen2(
        1536, 8960, 28, 12, 2, True, rope_theta=10000, max_position_embeddings=4096, sliding_window=4096, eos_token_id=151643
    ),
    "Llama-3.2-1B-Instruct": {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": False,
        "bos_token_id": 128000,
        "eos_token_id": [128001, 128008, 128009],
        "head_dim": 64,
        "hidden_act": "silu",
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "max_position_embeddings": 131072,
        "mlp_bias": False,
        "num_attention_heads": 32,
        "num_hidden_layers": 16,
        "num_key_value_heads": 8,
        "rms_norm_eps": 1e-05,
        "rope_scaling": LLAMA3_ROPE,
        "rope_theta": 500000.0,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "vocab_size": 128256,
    },
    "gemma-3-1b-it": {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "attention_bias": False,
        "attn_logit_softcapping": None,
        "bos_token_id": 2,
        "eos_token_id": [1, 106],
        "final_logit_softcapping": None,
        "head_dim": 256,
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": 1152,
        "intermediate_size": 6912,
        "max_position_embeddings": 32768,
        "num_attention_heads": 4,
        "num_hidden_layers": 26,
        "num_key_value_heads": 1,
        "pad_token_id": 0,
        "query_pre_attn_scalar": 256,
        "rms_norm_eps": 1e-06,
        "rope_local_base_freq": 10000,
        "rope_scaling": None,
        "rope_theta": 1000000,
        "sliding_window": 512,
        "sliding_window_pattern": 6,
        "torch_dtype": "bfloat16",
        "vocab_size": 262144,
    },
}


def names_of(config):
    fields = {key: value for key, value in config.items() if key != "model_type"}
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(config["model_type"], **fields))
    parameters = {name: list(p.shape) for name, p in model.named_parameters()}  # a tied head stands once
    folded = {}
    for name, shape in parameters.items():
        if folded.setdefault(re.sub(r"\.layers\.\d+\.", ".layers.*.", name), shape) != shape:
            raise SystemExit(f"{name}: its shape differs between layers")
    layers = config["num_hidden_layers"]
    unfolded = sum(layers if "*" in name else 1 for name in folded)
    if unfolded != len(parameters):
        raise SystemExit(f"{len(parameters)} parameters, but {unfolded} after folding")
    kinds = None
    if hasattr(model.model.layers[0], "is_sliding"):
        kinds = "".join("l" if layer.is_sliding else "g" for layer in model.model.layers)
    return folded, kinds


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, config in MODELS.items():
        parameters, kinds = names_of(config)
        rows = ",\n".join(f"  {json.dumps(key)}: {json.dumps(shape)}" for key, shape in parameters.items())
        document = f'{{\n "config": {json.dumps(config)},\n "parameters": {{\n{rows}\n }}'
        document += f',\n "layer_kinds": {json.dumps(kinds)}\n}}\n' if kinds else "\n}\n"
        (folder / f"{name}.json").write_text(document)
        print(name, len(parameters), kinds or "")


if __name__ == "__main__":
    main()
