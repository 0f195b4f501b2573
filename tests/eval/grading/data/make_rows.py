#!/usr/bin/env python3
"""Makes longbench.json.gz, ideals.json.gz and options.json.gz: random texts judged by the programs that the rules come
from. Needs: pip install rouge==1.0.1 fuzzywuzzy==0.18.0 jieba==0.42.1 numpy; evals' and lm-eval's few lines are quoted
below, since both packages pull in hundreds of others.

    make_rows.py FOLDER [SEED]
"""
import gzip
import io
import json
import random
import re
import string
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
import jieba  # noqa: E402
import jieba.finalseg as finalseg  # noqa: E402
from fuzzywuzzy import fuzz  # noqa: E402
from rouge import Rouge  # noqa: E402


# --- THUDM/LongBench metrics.py (MIT), shortened to what is computed
def normalize_answer(s):
    s = "".join(ch for ch in s.lower() if ch not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", s).split())


CHINESE_PUNCTUATION = ("！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏.")


def normalize_zh_answer(s):
    marks = set(string.punctuation + CHINESE_PUNCTUATION)
    return "".join("".join(ch for ch in s.lower() if ch not in marks).split())


def share(numbers, wanted):
    return 0.0 if not numbers else sum(n == wanted for n in numbers) / len(numbers)


def retrieval(pattern):
    return lambda p, g, c: share(re.findall(r"\d+", p), re.findall(pattern, g)[0])


def code_sim(prediction, truth, _):
    lines = prediction.lstrip("\n").split("\n")
    line = next((x for x in lines if "`" not in x and "#" not in x and "//" not in x), "")
    return fuzz.ratio(line, truth) / 100


def classification(prediction, truth, classes):
    found = [name for name in classes if name in prediction]
    for term in found:
        if term in truth and term != truth:
            found.remove(term)
    return 1.0 / len(found) if truth in found else 0.0


def rouge(prediction, truth, _):
    try:
        return Rouge().get_scores([prediction], [truth], avg=True)["rouge-l"]["f"]
    except Exception:
        return 0.0


def f1(prediction, truth):
    same = sum((Counter(prediction) & Counter(truth)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(prediction), same / len(truth)
    return 2 * precision * recall / (precision + recall)


def zh_tokens(text):
    return [t for t in map(normalize_zh_answer, jieba.cut(text, cut_all=False)) if t]


METRICS = {
    "qa_f1": lambda p, g, c: f1(normalize_answer(p).split(), normalize_answer(g).split()),
    "qa_f1_zh": lambda p, g, c: f1(zh_tokens(p), zh_tokens(g)),
    "rouge": rouge,
    "rouge_zh": lambda p, g, c: rouge(" ".join(jieba.cut(p)), " ".join(jieba.cut(g)), c),
    "classification": classification,
    "retrieval": retrieval(r"Paragraph (\d+)"),
    "retrieval_zh": retrieval(r"段落(\d+)"),
    "count": lambda p, g, c: share(re.findall(r"\d+", p), str(g)),
    "code_sim": code_sim,
}


# --- random texts
WORDS = ("the a an The cat sat on mat, mat. dog ran far! U.S.A. it's naïve ÉCOLE Straße 12 3,000 x_y (yes) no. "
         "Paris London 7.5% \u00a0 well-known “quoted” end. So... ").split(" ")
CODE = ["return x", "    return self.x + 1", "# note", "if (a == b) {", "// c", "```python", "int x = 0;", "}", "",
        "for i in range(10):", "print('" + "ab" * 60 + "')", "x" * 230 + "yz"]


def mixture(rng, pieces, most, join=" "):
    return join.join(rng.choice(pieces) for _ in range(rng.randint(0, most)))


def related(rng, text, pieces, join=" "):
    parts = text.split(join) if join else list(text)
    for _ in range(rng.randint(0, 4)):
        at = rng.randint(0, len(parts))
        parts[at:at + rng.randint(0, 2)] = [rng.choice(pieces)] * rng.randint(0, 2)
    return join.join(parts)


def small_jieba(rng):
    """A dictionary and a table of emissions cut down from jieba's, set as jieba's own."""
    lines = Path(jieba.__file__).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    lines.sort(key=lambda line: -int(line.split(" ")[1]))
    kept = lines[:300] + rng.sample(lines[300:20000], 500)
    unknown = [line.split(" ")[0] for line in rng.sample(lines[300:60000], 300)]
    known = [line.split(" ")[0] for line in kept]
    characters = set("".join(known + unknown))
    emissions = {state: {c: p for c, p in table.items() if c in characters} for state, table in finalseg.emit_P.items()}
    dictionary = "\n".join(kept) + "\n"
    path = Path(tempfile.mkdtemp()) / "dict.txt"
    path.write_text(dictionary, encoding="utf-8")
    jieba.setLogLevel(60)
    jieba.set_dictionary(str(path))
    finalseg.emit_P = emissions
    text = "P={" + ",\n".join(
        "'%s': {%s}" % (s, ",\n".join("'\\u%04x': %r" % (ord(c), p) for c, p in t.items())) for s, t in emissions.items()) + "}"
    pieces = known + unknown + ["，", "。", "！", "ABC", "iPhone7", "3.14%", "12", " ", "\r\n", "\n", "A", "x.y", "①", "+-"]
    return dictionary, text, pieces


def longbench(rng):
    dictionary, emissions, chinese = small_jieba(rng)
    rows, cuts = [], []
    for _ in range(150):
        text = mixture(rng, chinese, 25, "")
        cuts.append({"text": text, "words": list(jieba.cut(text, cut_all=False))})
    classes = ["Food", "Other food", "Number", "Person", "Date of birth", "Date", "Title", "Human"]
    makers = {
        "qa_f1": lambda: (mixture(rng, WORDS, 12), WORDS, " "),
        "rouge": lambda: (mixture(rng, WORDS, 40), WORDS, " "),
        "qa_f1_zh": lambda: (mixture(rng, chinese, 15, ""), chinese, ""),
        "rouge_zh": lambda: (mixture(rng, chinese, 30, ""), chinese, ""),
        "code_sim": lambda: (mixture(rng, CODE, 4, "\n"), CODE, "\n"),
    }
    for metric, score in METRICS.items():
        for _ in range(80):
            names = []
            if metric in makers:
                answer, pieces, join = makers[metric]()
                prediction = related(rng, answer, pieces, join) if rng.random() < 0.8 else mixture(rng, pieces, 9, join)
                if metric == "code_sim":
                    answer = answer.split("\n")[-1]
            elif metric == "classification":
                answer, names = rng.choice(classes), classes
                prediction = mixture(rng, classes + ["is", "a"], 4)
            else:
                number = str(rng.randint(1, 30))
                answer = {"retrieval": "Paragraph " + number, "retrieval_zh": "段落" + number, "count": number}[metric]
                prediction = mixture(rng, [number, "Paragraph", "3", "12", "段落" + number, "１２", "no", answer], 5)
            rows.append({"metric": metric, "prediction": prediction, "answer": answer, "classes": names,
                         "score": score(prediction, answer, names)})
    return {"dictionary": dictionary, "emissions": emissions, "cuts": cuts, "rows": rows}


# --- evals 3.0.1.post1: record_and_check_match, get_answer, fuzzy_match, f1_score
def judge_ideal(kind, sampled, ideals, ignore_case):
    if kind == "match":
        picked = next((ideal for ideal in ideals if sampled.startswith(ideal)), None)
        return picked in ideals, None
    if kind == "includes":
        fold = (lambda s: s.lower()) if ignore_case else (lambda s: s)
        return any(fold(sampled).rfind(fold(ideal)) != -1 for ideal in ideals), None

    def fuzzy(a, b):
        a, b = normalize_answer(a), normalize_answer(b)
        return a == b if a == "" or b == "" else (a in b or b in a)

    best = max(f1(normalize_answer(sampled).split(), normalize_answer(i).split()) for i in ideals)
    return any(fuzzy(sampled, ideal) for ideal in ideals), best


def ideals(rng):
    rows = []
    for kind in ("match", "includes", "fuzzy_match"):
        for _ in range(100):
            wanted = [mixture(rng, WORDS, 3) for _ in range(rng.randint(1, 3))]
            reply = rng.choice(wanted)
            reply = rng.choice(["", " ", "The "]) + (reply.upper() if rng.random() < 0.2 else reply) + mixture(rng, WORDS, 3)
            if rng.random() < 0.3:
                reply = mixture(rng, WORDS, 5)
            ignore_case = kind == "includes" and rng.random() < 0.5
            correct, score = judge_ideal(kind, reply, wanted, ignore_case)
            rows.append({"match": kind, "reply": reply, "ideals": wanted, "ignore_case": ignore_case, "correct": correct,
                         "f1": score})
    return rows


# --- lm-eval 0.4.13: process_results of multiple_choice
def options(rng):
    rows = []
    for _ in range(200):
        texts = [mixture(rng, WORDS, 4) or "é" for _ in range(rng.randint(2, 10))]
        lls = np.array([rng.choice([-1.0, -2.0, -4.0, -rng.random() * 20, -rng.random() * len(t)]) for t in texts])
        truth = rng.randrange(len(texts))
        rows.append({"texts": texts, "log_likelihoods": lls.tolist(), "truth": truth,
                     "acc": bool(np.argmax(lls) == truth),
                     "acc_norm": bool(np.argmax(lls / np.array([float(len(t)) for t in texts])) == truth),
                     "acc_bytes": bool(np.argmax(lls / np.array([float(len(t.encode())) for t in texts])) == truth),
                     "probability": float(np.exp(lls[truth]) / np.exp(lls).sum())})
    return rows


def main():
    folder = Path(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for name, make in (("longbench", longbench), ("ideals", ideals), ("options", options)):
        data = json.dumps(make(random.Random(seed)), ensure_ascii=False).encode()
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
            file.write(data)
        (folder / (name + ".json.gz")).write_bytes(packed.getvalue())


main()
