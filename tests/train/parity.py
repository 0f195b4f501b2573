"""What the Python reference makes of a fuser that c2c trained, and PEFT of an adapter, for parity_test.cpp.
Usage: parity.py FOLDER [REFERENCE]; reads FOLDER/case.json, writes FOLDER/logits.safetensors. Exit code 77: a package is
missing."""
import json, os, sys

try:
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM
    if len(sys.argv) < 3:
        from peft import PeftModel
except ModuleNotFoundError as missing:
    print(f"{missing.name} is missing", file=sys.stderr)
    sys.exit(77)

folder = sys.argv[1]
case = json.load(open(os.path.join(folder, "case.json")))


def model(path):
    return AutoModelForCausalLM.from_pretrained(path, torch_dtype=torch.float32, attn_implementation="eager").eval()


def fused():
    """The reference's way: projectors and their map from the checkpoint's files, one forward by sections."""
    sys.path.insert(0, sys.argv[2])
    from rosetta.model.projector import load_projector
    from rosetta.model.wrapper import RosettaModel
    projectors = []
    for i in range(case["projectors"]):
        projector = load_projector(os.path.join(case["checkpoint"], f"projector_{i}.json"))
        state = torch.load(os.path.join(case["checkpoint"], f"projector_{i}.pt"), map_location="cpu")
        projector.load_state_dict(state, strict=True)
        projectors.append(projector)
    rosetta = RosettaModel([model(case["receiver"]), model(case["sharer"])], 0, projectors,
                           multi_source_fusion_mode="sequential").eval()
    rosetta.load_projector_config(os.path.join(case["checkpoint"], "projector_config.json"))
    masks = [torch.tensor([rows], dtype=torch.float32) for rows in case["masks"]]
    index = [torch.tensor([[[mask, 0]] * length]) for length, mask in case["sections"]]
    return rosetta(kv_cache_index=index, input_ids=[torch.tensor([ids]) for ids in case["ids"]], attention_mask=masks,
                   position_ids=torch.tensor([case["positions"]]), use_cache=True).logits


def adapted():
    return PeftModel.from_pretrained(model(case["receiver"]), case["checkpoint"]).eval()(
        torch.tensor([case["ids"]])).logits


with torch.no_grad():
    logits = fused() if "sharer" in case else adapted()
save_file({"logits": logits[0].float().contiguous()}, os.path.join(folder, "logits.safetensors"))
