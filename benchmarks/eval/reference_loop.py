#!/usr/bin/env python3
"""Samples per second of the reference's evaluator loop.  reference_loop.py RUN MODEL --method generate|logits

The calls of thu-nics/C2C's script/evaluation/unified_evaluator.py for a plain model, one sample at a
time: chat template, tokenizer, then model.generate (greedy) or one forward whose last logits are read at the option
letters; in bfloat16 unless --dtype says otherwise. The prompts are those of RUN, a `c2c eval` run of that method alone
(of two, one finds the other's prompts read). Prints one JSON object. Needs torch, transformers."""
import argparse
import json
import sqlite3
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("model")
    parser.add_argument("--method", default="generate")
    parser.add_argument("--system", default="receiver")
    parser.add_argument("--dtype", default="bfloat16", help="float32 where the processor has no bfloat16")
    parser.add_argument("--limit", type=int, default=50)
    args = parser.parse_args()
    rows = []
    for file in sorted(Path(args.run).glob("samples*.sqlite")):
        query = "SELECT result FROM samples WHERE method = ? AND system = ? ORDER BY id"
        rows += [json.loads(text) for (text,) in sqlite3.connect(file).execute(query, (args.method, args.system))]
    rows = rows[: args.limit]
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForCausalLM.from_pretrained(args.model, torch_dtype=getattr(torch, args.dtype)).eval()
    letters = [tokenizer.encode(" " + letter, add_special_tokens=False)[0] for letter in "ABCD"]

    def answer(row):
        text = row["prompt"] + ("The correct answer is" if args.method == "logits" else "")
        inputs = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
        if args.method == "logits":
            logits = model(**inputs).logits[0, -1]
            return torch.nn.functional.softmax(torch.tensor([logits[i].item() for i in letters]), dim=0)
        # As many tokens as RUN wrote for this sample: both do the same work, whatever each takes for the answer's end.
        count = max(1, row["new_tokens"])
        out = model.generate(**inputs, do_sample=False, max_new_tokens=count, min_new_tokens=count)
        return tokenizer.decode(out[0][inputs["input_ids"].shape[1] :], skip_special_tokens=True)

    with torch.no_grad():
        answer(rows[0])
        start = time.perf_counter()
        for row in rows:
            answer(row)
        seconds = time.perf_counter() - start
    new_tokens = sum(row["new_tokens"] for row in rows) / len(rows)
    print(
        json.dumps(
            {
                "method": args.method,
                "samples": len(rows),
                "new_tokens": new_tokens,
                "seconds": seconds,
                "per_second": len(rows) / seconds,
            }
        )
    )


if __name__ == "__main__":
    main()
