#!/usr/bin/env python3
"""Ids and offsets of our tokenizers against PyPI `tokenizers`, token by token, over real text.

    tools/tokenizer_parity.py --driver build/release/benchmarks/tokenizer_bench [--bytes N] [NAME[=PATH] ...]
    tools/tokenizer_parity.py --write FOLDER [--bytes N] [NAME ...]     theirs only, for tests/text/tokenizers/parity_test

Text: this repository's docs and code, Debian's WordNet data files, what /usr/share has in other scripts, and sentences
put together from the words of Gemma's vocabulary (CJK, Arabic, Indic, emoji). Tokenizers: qwen3, gemma3, llama3_1
(C2C_DEPS_DIR/tokenizers/NAME/models), smollm2 (the golden set) and their GGUF twins where they are.
Exit code 0: equal; 1: not equal; 77: something needed is missing.
"""
import argparse
import array
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPS = Path(os.environ.get("C2C_DEPS_DIR") or ROOT / ".deps")
NAMES = ["qwen3", "llama3_1", "smollm2", "gemma3"]
GGUF = {"smollm2": "smollm2-135m-instruct.gguf", "gemma3": "gemma-3-270m.gguf"}


def tokenizer_json(name, scratch):
    """Path of NAME's tokenizer.json, or None. A gzipped one is unpacked into `scratch`."""
    for folder in (ROOT / "tests/golden/tokenizer/files" / name, ROOT / "tests/golden/models" / name,
                   DEPS / "tokenizers" / name / "models"):
        if (folder / "tokenizer.json").exists():
            return folder / "tokenizer.json"
        packed = folder / "tokenizer.json.gz"
        if packed.exists():
            (scratch / name).mkdir(exist_ok=True)
            (scratch / name / "tokenizer.json").write_bytes(gzip.decompress(packed.read_bytes()))
            return scratch / name / "tokenizer.json"
    return None


def read(path, limit):
    """Valid UTF-8 without NUL (documents are cut there), at most `limit` bytes."""
    data = Path(path).read_bytes()[:limit]
    return data.decode("utf-8", "ignore").replace("\0", " ")


def vocabulary_text(path, size, seed=7):
    """Sentences of random words of a vocabulary: every script it knows, with spaces as they come."""
    pick = random.Random(seed)
    vocabulary = sorted(json.loads(Path(path).read_text("utf-8"))["model"]["vocab"])
    words = [w.replace("\u2581", " ") for w in vocabulary if not w.startswith(("<", "["))]
    foreign = [w for w in words if not w.isascii()]
    lines, length = [], 0
    while length < size:
        line = "".join(pick.choice(foreign if pick.random() < 0.7 else words) for _ in range(pick.randint(3, 40)))
        line += pick.choice([" ", ". ", "\n", "\r\n", "\n\n", "...", " \t", " \U0001F600\U0001F3FD", "e\u0301 ", "'s "])
        lines.append(line)
        length += len(line.encode())
    return "".join(lines)


def documents(size):
    """Documents of a few kilobytes and a few long ones, `size` bytes together, the same ones every time."""
    parts = []
    for pattern in ("README.md", "docs/*.md", "c2c/**/*.cpp", "c2c/**/*.h", "tools/*.py"):
        parts += [read(path, 20000) for path in sorted(ROOT.glob(pattern))]
    house = "\n".join(parts)[: size // 4]
    wordnet = "".join(read(path, 400000) for path in sorted(Path("/usr/share/wordnet").glob("data.*")))[: size // 3]
    other = ""
    for path in ("/usr/share/publicsuffix/public_suffix_list.dat", "/usr/share/vim/vim90/doc/digraph.txt",
                 "/usr/share/vim/vim90/tutor/tutor.ja.utf-8", "/usr/share/vim/vim90/tutor/tutor.ru.utf-8",
                 "/usr/share/vim/vim90/tutor/tutor.zh_cn.utf-8", "/usr/share/perl/5.36/unicore/Name.pl"):
        if Path(path).exists():
            other += read(path, 60000)
    gemma = DEPS / "tokenizers/gemma3/models/tokenizer.json"
    rest = size - sum(len(text.encode()) for text in (house, wordnet, other))
    scripts = vocabulary_text(gemma, rest) if gemma.exists() else ""
    pick = random.Random(11)
    out = ["", " ", "A" * 43000, " " * 5000 + "x", "\n" * 3000, "\u4e2d" * 9000, "<|im_start|>user\nhi<|im_end|>\n<bos>"]
    for text in (house, wordnet, other, scripts):
        at = 0
        while at < len(text):
            length = pick.choice([80, 400, 2000, 2000, 2000, 20000])
            out.append(text[at : at + length])
            at += length
    return [text.replace("\0", " ") for text in out if text]


def parse_dump(path, count):
    data = Path(path).read_bytes()
    out, at = [], 0
    for _ in range(count):
        n = int.from_bytes(data[at : at + 8], sys.byteorder)
        ids, spans = array.array("i"), array.array("q")
        ids.frombytes(data[at + 8 : at + 8 + 4 * n])
        spans.frombytes(data[at + 8 + 4 * n : at + 8 + 20 * n])
        out.append((ids.tolist(), list(zip(spans[0::2], spans[1::2]))))
        at += 8 + 20 * n
    return out


def write_dump(path, encodings):
    """What tokenizer_bench --dump writes, from encodings of PyPI `tokenizers`."""
    with open(path, "wb") as file:
        for encoding in encodings:
            file.write(len(encoding.ids).to_bytes(8, sys.byteorder))
            file.write(array.array("i", encoding.ids).tobytes())
            file.write(array.array("q", [edge for span in encoding.offsets for edge in span]).tobytes())


def first_difference(text, ours, theirs):
    for i, (mine, other) in enumerate(zip(zip(*ours), zip(*theirs))):
        if mine != other:
            begin, end = other[1]
            return f"token {i}: ours {mine}, theirs {other}, at {text[max(0, begin - 10) : end + 10]!r}"
    return f"{len(ours[0])} tokens, theirs {len(theirs[0])}"


def compare(driver, tokenizer_path, reference, texts, scratch):
    """Number of documents that differ; the first difference is printed."""
    text_file, dump_file = scratch / "texts", scratch / "dump"
    text_file.write_bytes(b"\0".join(text.encode() for text in texts))
    subprocess.run([driver, str(tokenizer_path), str(text_file), "--repeat", "1", "--dump", str(dump_file)], check=True,
                   stdout=subprocess.DEVNULL)
    wrong = 0
    for text, ours in zip(texts, parse_dump(dump_file, len(texts))):
        theirs = reference.encode(text)
        if ours != (theirs.ids, theirs.offsets):
            wrong += 1
            if wrong == 1:
                print("  first difference:", first_difference(text, ours, (theirs.ids, theirs.offsets)))
    return wrong


def skip(why):
    print("SKIPPED:", why)
    sys.exit(77)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver")
    parser.add_argument("--write", metavar="FOLDER")
    parser.add_argument("--bytes", type=int, default=2 << 20)
    parser.add_argument("tokenizers", nargs="*", default=NAMES)
    arguments = parser.parse_args()
    try:
        from tokenizers import Tokenizer
    except ImportError:
        skip("Python package `tokenizers` is missing: pip install tokenizers==0.21.4")
    if not arguments.write and not (arguments.driver and Path(arguments.driver).exists()):
        skip(f"{arguments.driver} is not built (C2C_BENCHMARKS=ON)")
    texts = documents(arguments.bytes)
    if arguments.write:
        (Path(arguments.write) / "texts").write_bytes(b"\0".join(text.encode() for text in texts))
    total = sum(len(text.encode()) for text in texts)
    failed, done = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for argument in arguments.tokenizers:
            name, _, path = argument.partition("=")
            json_path = path or tokenizer_json(name, scratch)
            if json_path is None:
                print(f"{name}: SKIPPED, its tokenizer.json is not there: ./run fetch")
                continue
            reference = Tokenizer.from_file(str(json_path))
            reference.no_truncation()
            reference.no_padding()
            done += 1
            if arguments.write:
                write_dump(Path(arguments.write) / (name + ".dump"), [reference.encode(text) for text in texts])
                continue
            twins = [Path(json_path), DEPS / "models" / GGUF.get(name, "none")]
            for twin in [t for t in twins if t.exists()]:
                wrong = compare(arguments.driver, twin, reference, texts, scratch)
                print(f"{name} ({twin.suffix[1:]}): {len(texts)} documents, {total} bytes,", f"{wrong} differ" if wrong else "equal")
                failed += wrong > 0
    if done == 0:
        skip("no tokenizer was there")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
