"""Writes what the Python reference computes, for parity_test.cpp. Usage: parity.py REFERENCE OUT"""
import json, os, sys
import torch

sys.path.insert(0, sys.argv[1])
from rosetta.model.projector import AllInOneProjector, C2CProjector, save_projector
from rosetta.model.ablation_projector import AblationProjector

out = sys.argv[2]
geometry = dict(source_dim=16, target_dim=8, source_num_heads=2, target_num_heads=3)
small = dict(hidden_dim=64, intermediate_dim=48, num_layers=4)
cases = [(C2CProjector, small), (AblationProjector, dict(ablation_level=1, **small)),
         (AblationProjector, dict(ablation_level=4, **small)), (AllInOneProjector, dict(hidden_dim=32)),
         (AllInOneProjector, dict(hidden_dim=32, num_layers=3, use_swiglu=True, use_concat=True, gate_depends_on_input=True,
                                  gate_granularity="head", weight_depends_on_input=True, weight_granularity="value",
                                  weight_input_features="target_projected_both", weight_hidden_dim=24,
                                  preserve_target_weight=False, scalar_temperature=1.0))]
index = 0
for dtype in (torch.float32, torch.bfloat16):
    for cls, args in cases:
        torch.manual_seed(7 + index)
        projector = cls(**geometry, **args, dtype=dtype)
        torch.save(projector.state_dict(), os.path.join(out, f"projector_{index}.pt"))
        save_projector(projector, os.path.join(out, f"projector_{index}.json"))
        for name, parameter in projector.named_parameters():
            if name.endswith("gate_logit"):
                torch.nn.init.constant_(parameter, 0.75)
        shapes = dict(source_key=(2, 2, 5, 16), source_value=(2, 2, 5, 16), target_key=(2, 3, 5, 8), target_value=(2, 3, 5, 8))
        result = {name: torch.randn(shape, dtype=dtype) for name, shape in shapes.items()}
        source, target = [(result[w + "_key"], result[w + "_value"]) for w in ("source", "target")]
        with torch.no_grad():
            projector.eval()
            result["eval_key"], result["eval_value"] = projector(source, target)
            projector.train()
            projector.update_temperature(100)
            torch.manual_seed(1000 + index)
            result["train_key"], result["train_value"] = projector(source, target)
        torch.save(result, os.path.join(out, f"result_{index}.pt"))
        index += 1
layers = {0: {1: {i: [(i, i)] for i in range(index)}}}
json.dump(layers, open(os.path.join(out, "projector_config.json"), "w"))
