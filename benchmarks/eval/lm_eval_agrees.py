#!/usr/bin/env python3
"""Are our log-likelihoods lm-eval's?  lm_eval_agrees.py RUN MODEL [--system NAME] [--limit N]

RUN: folder of a `c2c eval` run in float32 with answer_method loglikelihood; MODEL: the receiver as a Hugging Face
folder. Every option of every sample goes through lm-eval's Hugging Face backend as (context, continuation), the texts
that our run scored; lm-eval tokenizes them jointly, as we do. Prints the largest difference; exit code 1 above 1e-3 or
where another option is chosen. Needs: pip install lm-eval torch."""
import argparse
import json
import sqlite3
import sys
from pathlib import Path

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM


def read_results(run, system):
    rows = []
    for file in sorted(Path(run).glob("samples*.sqlite")):
        query = "SELECT result FROM samples WHERE method = 'loglikelihood'"
        rows += [json.loads(text) for (text,) in sqlite3.connect(file).execute(query)]
    rows = [row for row in rows if not row["error"] and system in ("", row["system"])]
    return sorted(rows, key=lambda row: (row["task"], row["id"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("model")
    parser.add_argument("--system", default="")
    parser.add_argument("--limit", type=int, default=0, help="samples of each task (0: all)")
    args = parser.parse_args()
    rows = read_results(args.run, args.system)
    if args.limit:
        taken = {}
        rows = [row for row in rows if taken.setdefault(row["task"], []).append(0) or len(taken[row["task"]]) <= args.limit]
    lm = HFLM(pretrained=args.model, device="cpu", dtype="float32", batch_size=1)
    requests, owners = [], []
    for row in rows:
        context = row["prompt"] + row["extra"]["lead"]
        for k, continuation in enumerate(row["extra"]["continuations"]):
            requests.append(Instance("loglikelihood", {}, (context, continuation), k))
            owners.append(row)
    scores = lm.loglikelihood(requests, disable_tqdm=not sys.stderr.isatty())
    worst, right = 0.0, {}
    theirs = {}
    for row, request, (score, _) in zip(owners, requests, scores):
        worst = max(worst, abs(score - row["option_scores"][request.idx]))
        theirs.setdefault((row["task"], row["id"]), []).append(score)
    for row in rows:
        scores = theirs[row["task"], row["id"]]
        best = max(range(len(scores)), key=scores.__getitem__)
        ours = max(range(len(scores)), key=row["option_scores"].__getitem__)
        count = right.setdefault(row["task"], [0, 0, 0])
        count[0] += 1
        count[1] += int(row["score"] == 1)
        count[2] += int(best != ours)
    for task, (count, ours, differ) in sorted(right.items()):
        print(f"{task}: {count} samples, {ours} right, {differ} options chosen differently by lm-eval")
    print(f"{len(requests)} options, largest difference of log-likelihoods {worst:.2e} nats")
    return int(worst > 1e-3 or any(count[2] for count in right.values()))


if __name__ == "__main__":
    sys.exit(main())
