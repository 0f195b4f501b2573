#!/usr/bin/env python3
"""Our tokenizers and PyPI `tokenizers` over the same documents, one thread each, taking turns in one run; one JSON line
per tokenizer. `ratio` above 1: we are faster.

    benchmarks/tokenizer_bench.py [--driver build/release/benchmarks/tokenizer_bench] [--bytes N] [--rounds N] [NAME ...]

Theirs is timed as Tokenizer.encode() alone (`encode`), and with the ids and offsets read out into Python lists (`lists`);
ours as encode() with ids, and with ids and offsets. The best round of each counts. Rounds start with the caches of the
rounds before, on both sides; `ids_first_pass` is ours with an empty one.
"""
import os

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import tokenizer_parity as parity


def time_theirs(reference, texts, read_out):
    start = time.perf_counter()
    for text in texts:
        encoding = reference.encode(text)
        if read_out:
            encoding.ids, encoding.offsets
    return time.perf_counter() - start


def time_ours(driver, path, text_file):
    command = [driver, str(path), str(text_file), "--repeat", "2"]
    out = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return min(out["ids_seconds"]), min(out["offsets_seconds"]), out["load_seconds"], out["ids_seconds"][0], out["tokens"]


def run(driver, name, path, texts, rounds, scratch):
    import tokenizers

    text_file = scratch / "texts"
    text_file.write_bytes(b"\0".join(text.encode() for text in texts))
    start = time.perf_counter()
    reference = tokenizers.Tokenizer.from_file(str(path))
    load = time.perf_counter() - start
    reference.no_truncation()
    reference.no_padding()
    ours, encode, lists = [], [], []
    for _ in range(rounds):
        ours.append(time_ours(driver, path, text_file))
        encode.append(time_theirs(reference, texts, False))
        lists.append(time_theirs(reference, texts, True))
    size = sum(len(text.encode()) for text in texts) / 1e6
    ids, offsets, our_load, first = (min(column) for column in list(zip(*ours))[:4])
    return {"benchmark": "tokenizer", "tokenizer": name, "rival": "tokenizers " + tokenizers.__version__, "megabytes": round(size, 2),
            "documents": len(texts), "tokens": ours[0][4],
            "ours_mb_per_s": {"ids": round(size / ids, 2), "ids_and_offsets": round(size / offsets, 2),
                              "ids_first_pass": round(size / first, 2)},
            "theirs_mb_per_s": {"encode": round(size / min(encode), 2), "lists": round(size / min(lists), 2)},
            "ratio_ids_and_offsets": round(min(encode) / offsets, 2), "ratio_lists": round(min(lists) / offsets, 2),
            "load_seconds": {"ours": round(our_load, 3), "theirs": round(load, 3)}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", default=str(ROOT / "build/release/benchmarks/tokenizer_bench"))
    parser.add_argument("--bytes", type=int, default=2 << 20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("tokenizers", nargs="*", default=parity.NAMES)
    arguments = parser.parse_args()
    try:
        import tokenizers  # noqa: F401
    except ImportError:
        parity.skip("Python package `tokenizers` is missing: pip install tokenizers==0.21.4")
    texts = parity.documents(arguments.bytes)
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.tokenizers:
            path = parity.tokenizer_json(name, Path(folder))
            if path is None:
                print(f"{name}: SKIPPED, its tokenizer.json is not there: ./run fetch", file=sys.stderr)
                continue
            print(json.dumps(run(arguments.driver, name, path, texts, arguments.rounds, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
