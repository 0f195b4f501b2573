"""Writes this folder with PEFT 0.17.1, transformers 4.52.4, torch 2.13 (CPU): an adapter with random A and B for
tests/golden/models/tiny-qwen3, its logits and gradients there, and what PEFT draws for a fresh one after seed 42.

    PYTHONHASHSEED=N python tests/model/families/lora/make.py    (N: until target_modules come out sorted)
"""
import json
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

here = Path(__file__).parent
model_folder = here.parents[2] / "golden/models/tiny-qwen3"


def adapted(dtype, seed):
    base = AutoModelForCausalLM.from_pretrained(model_folder, torch_dtype=dtype, attn_implementation="eager")
    torch.manual_seed(seed)
    config = LoraConfig(r=4, lora_alpha=12, target_modules=["down_proj", "q_proj", "v_proj"], lora_dropout=0.1,
                        bias="none", task_type="CAUSAL_LM")
    return get_peft_model(base, config)


def trained(model):
    return {n.replace(".default", ""): p for n, p in model.named_parameters() if p.requires_grad}


expected = {}
for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
    for key, parameter in trained(adapted(dtype, 42)).items():
        if "lora_A" in key and "layers.1." in key:
            expected[f"initial.{name}.{key}"] = parameter.detach().clone()

model = adapted(torch.float32, 7)
with torch.no_grad():
    for parameter in trained(model).values():
        parameter.normal_(0, 0.3)
model.eval()
ids = torch.randint(3, 400, (2, 9))
logits = model(input_ids=ids).logits
logits.square().mean().backward()
expected |= {"input_ids": ids, "logits": logits.detach().contiguous()}
expected |= {f"gradient.{k}": p.grad.clone() for k, p in trained(model).items() if "layers.0." in k}
save_file(expected, here / "expected.safetensors")
model.peft_config["default"].base_model_name_or_path = "tiny-qwen3"
model.save_pretrained(here)
(here / "README.md").unlink()
print(json.loads((here / "adapter_config.json").read_text())["target_modules"])
