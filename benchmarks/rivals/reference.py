#!/usr/bin/env python3
"""The Python reference (thu-nics/C2C under transformers): the receiver alone, and fused through a random fuser with all
gates open, mapped from the last layers down.

    reference.py RECEIVER SHARER --ref CHECKOUT [--dtype f32|bf16] [--hidden SIZE] [--cache FOLDER]

RECEIVER, SHARER: folders that from_pretrained reads, or GGUF files, which are saved as such folders in the cache first.
"""
import argparse
import os
import sys
import time

from answers import cached, serve


def model_folder(path, cache):
    if not path.endswith(".gguf"):
        return path

    def make(source, target):
        import torch
        from transformers import AutoModelForCausalLM

        folder, file = os.path.split(os.path.abspath(source))
        AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, torch_dtype=torch.float32).save_pretrained(target)

    return cached(cache, path, "f32", make)


def head_size(config):
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def load(options):
    import torch
    from rosetta.model.projector import create_projector
    from rosetta.model.wrapper import RosettaModel
    from transformers import AutoModelForCausalLM

    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[options.dtype]
    receiver, sharer = (
        AutoModelForCausalLM.from_pretrained(model_folder(path, options.cache), torch_dtype=dtype).eval()
        for path in (options.receiver, options.sharer))
    r, s = receiver.config, sharer.config
    layers = min(r.num_hidden_layers, s.num_hidden_layers)
    projectors = [
        create_projector(
            "C2CProjector", source_dim=head_size(s), target_dim=head_size(r), source_num_heads=s.num_key_value_heads,
            target_num_heads=r.num_key_value_heads, hidden_dim=options.hidden, intermediate_dim=options.hidden,
            num_layers=3, dropout=0.1, initial_temperature=1.0, final_temperature=0.001, anneal_steps=100, dtype=dtype)
        for _ in range(layers)]
    for projector in projectors:  # a logit of 0 would be a closed gate
        torch.nn.init.ones_(projector.key_gate_logit)
        torch.nn.init.ones_(projector.value_gate_logit)
    fused = RosettaModel([receiver, sharer], 0, projectors).eval()
    for i in range(layers):
        fused.set_projector_config(1, s.num_hidden_layers - layers + i, 0, r.num_hidden_layers - layers + i, i)
    return receiver, fused


def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("receiver")
    parser.add_argument("sharer")
    parser.add_argument("--ref", default=os.environ.get("C2C_REF"), required="C2C_REF" not in os.environ)
    parser.add_argument("--dtype", default="bf16", choices=["f32", "bf16"])
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--cache", default=".")
    options = parser.parse_args()

    def start():
        sys.path.insert(0, options.ref)
        import torch
        import transformers

        torch.manual_seed(0)
        receiver, fused = load(options)

        def answer(prompt, new, threads):
            torch.set_num_threads(threads)
            ids = torch.randint(100, 20000, (1, prompt))
            mask, positions = torch.ones_like(ids), torch.arange(prompt)[None]
            index = [torch.tensor([[1, 0]]).repeat(prompt - 1, 1)[None], torch.tensor([[[-1, 0]]])]

            def fused_answer(tokens):
                fused.generate(kv_cache_index=index, input_ids=ids, attention_mask=mask, position_ids=positions,
                               max_new_tokens=tokens, eos_token_id=-5, pad_token_id=0)

            def alone(tokens):
                receiver.generate(ids, attention_mask=mask, max_new_tokens=tokens, min_new_tokens=tokens,
                                  do_sample=False)

            with torch.no_grad():
                seconds = {}
                for work, first, decode in ((alone, "prefill", "decode"),
                                            (fused_answer, "fused_first_token", "fused_decode")):
                    seconds[first] = timed(lambda: work(1))
                    # As many new tokens as there were to time, and the first again.
                    seconds[decode] = max(timed(lambda: work(1 + new)) - seconds[first], 0) / new
                return seconds

        return {"package": f"torch {torch.__version__}, transformers {transformers.__version__}"}, answer, None

    serve(start)


if __name__ == "__main__":
    main()
