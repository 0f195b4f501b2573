#!/usr/bin/env python3
"""Makes tests/train/data/fixtures: small tables, and what the Python reference's own dataset classes give for them.

    C2C_REF=/path/to/thu-nics/C2C QWEN3=/path/to/qwen3/tokenizer tests/train/data/make_fixtures.py

Developers only. Needs torch and transformers; Hugging Face's `datasets` is replaced by a list with the few methods that
the reference calls, so that its classes read our rows.
"""
import gzip
import json
import os
import sys
import types
from pathlib import Path

import transformers

HERE = Path(__file__).resolve().parent / "fixtures"


class Rows(list):
    def select(self, indices):
        return Rows(self[i] for i in indices)

    def filter(self, keep, batched=False, batch_size=1000, **_):
        if not batched:
            return Rows(row for row in self if keep(row))
        keys = list(self[0]) if self else []
        flags = keep({key: [row.get(key) for row in self] for key in keys})
        return Rows(row for row, flag in zip(self, flags) if flag)

    def map(self, update):
        return Rows({**row, **update(row)} for row in self)


TABLES = {}
fake = types.ModuleType("datasets")
fake.load_dataset = lambda name, config=None, split=None: (
    TABLES[(name, config)] if split else {"train": TABLES[(name, config)], "test": TABLES[(name, config)]})
fake.load_from_disk = lambda path: TABLES[path]
fake.concatenate_datasets = lambda tables: Rows(row for table in tables for row in table)
sys.modules["datasets"] = fake
sys.path.insert(0, os.environ["C2C_REF"])
QWEN3 = transformers.AutoTokenizer.from_pretrained(os.environ["QWEN3"])
transformers.AutoTokenizer.from_pretrained = lambda *_, **__: QWEN3
from rosetta.train import dataset_adapters as reference  # noqa: E402

HERMES = [
    {"conversations": [{"from": "human", "value": "  What is 2 + 2?\n"}, {"from": "gpt", "value": " It is 4.\n"}]},
    {"conversations": [{"from": "system", "value": "You are terse."}, {"from": "human", "value": "Name a prime."},
                       {"from": "gpt", "value": "7"}, {"from": "human", "value": "\u3000Another?\u00a0"},
                       {"from": "gpt", "value": "11"}]},
    {"conversations": [{"role": "user", "from": "", "value": "Wer?"}, {"role": "assistant", "value": "Ich."}]},
    {"conversations": [{"from": "human", "value": "A very long question. " * 40}, {"from": "gpt", "value": "No."}]},
    {"conversations": [{"from": "human"}, {"from": "tool", "value": "dropped"}, {"from": "gpt", "value": "Empty?"}]},
    {"conversations": [{"from": "human", "value": "\u6f22\u5b57\u306e\u8cea\u554f"}, {"from": "gpt", "value": "\u7b54\u3048"}]},
]
MMLU = [
    {"question": "Which is a mammal?", "choices": ["trout", "whale", "crow", "newt"], "answer": 1, "subject": "biology"},
    {"question": "Pick one:\n", "choices": ["a", "b", "c", "d", "e"], "answer": "4", "subject": "odd"},
    {"question": "Long? " * 60, "choices": ["yes", "no"], "answer": 0, "subject": "odd"},
    {"question": "  Spaces ", "choices": [" x ", "", "z", "\u00e9"], "answer": 3, "subject": "odd"},
]
COT = [{"question": " Why? ", "chain_of_thoughts": " Because.\n"}, {"question": "How?", "chain_of_thoughts": ""}]
BOOK = [{"id": "7-1", "question_stem": "The sun is", "answerKey": "C",
         "choices": {"text": ["a planet", "a moon", "a star", "a lamp"], "label": ["A", "B", "C", "D"]}},
        {"id": "7-2", "question_stem": "Ice is ", "answerKey": "A",
         "choices": {"text": ["cold", "hot"], "label": ["A", "B"]}}]
GENERATED = [
    {"id": "a_0", "input_text": "  Say hi. ", "model_reasoning": None, "model_response": " hi \n", "is_finished": True},
    {"id": "a_1", "input_text": "word " * 30, "model_reasoning": None, "model_response": "long", "is_finished": True},
    {"id": "a_2", "input_text": "Short?", "model_reasoning": None, "model_response": "much " * 30, "is_finished": True},
    {"id": "a_4", "input_text": "half " * 18, "model_reasoning": None, "model_response": "ok", "is_finished": True},
    {"id": "a_3", "input_text": "Bye", "model_reasoning": None, "model_response": "Bye!", "is_finished": True},
]
TEXT = "The {braces} of a story stay as they are. Once upon a time there was a fuser. "
LONG = {task: [{"_id": f"{task}-{i}", "context": TEXT * (i + 1), "input": f"Question {i}? ", "length": i,
                "answers": [] if i == 3 else [f" answer {i} of {task}\n", "other"], "dataset": task,
                "language": "zh" if task.endswith("zh") else "en", "all_classes": None} for i in range(8)]
        for task in ("qasper", "trec", "lcc", "multifieldqa_zh", "narrativeqa", "passage_count")}
DOLLY = [{"instruction": " Sum up. ", "context": "\nA text. ", "response": " Done.\n", "category": "summarization"},
         {"instruction": "Who?", "context": "", "response": "Nobody", "category": "open_qa"},
         {"instruction": "And?", "context": None, "response": "So", "category": "open_qa"}]
MMMLU = [{"Question": "Mji mkuu wa Kenya?", "A": "Nairobi", "B": "Mombasa, \"pwani\"", "C": "Kisumu", "D": "Nakuru",
          "Answer": "A", "Subject": "geo"},
         {"Question": "Mistari\nmiwili {{choices}}?", "A": "moja", "B": "mbili", "C": "tatu", "D": "nne", "Answer": "D",
          "Subject": "hesabu"}]


def write_jsonl(name, rows):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def case(kind, path, table, kwargs, own=None):
    """What class `kind` gives for `table` is what ours must give for the file `path`; `own`: kwargs only we have."""
    dataset = reference.create_dataset(kind, **kwargs)
    dataset.tokenizer = QWEN3  # LongBench's, which the reference forgets
    samples = [dataset[i] for i in range(len(dataset))]
    return {"type": kind, "file": path, "kwargs": {**kwargs, **(own or {})}, "messages": samples}


def main():
    TABLES.update({("teknium/OpenHermes-2.5", None): Rows(HERMES), ("cais/mmlu", "all"): Rows(MMLU),
                   ("Brench/MMLU-Pro-CoT-Train-43K", None): Rows(COT), ("allenai/openbookqa", "main"): Rows(BOOK),
                   "generated": Rows(GENERATED)})
    TABLES.update({("THUDM/LongBench", task): Rows(rows) for task, rows in LONG.items()})
    e_tasks = ("qasper", "trec", "lcc", "passage_count")
    TABLES.update({("THUDM/LongBench", f"{task}_e"): Rows(LONG[task]) for task in e_tasks})
    HERE.mkdir(exist_ok=True)
    (HERE / "openhermes.json").write_text(json.dumps(HERMES, ensure_ascii=False, indent=1), encoding="utf-8")
    write_jsonl("mmlu.jsonl", MMLU)
    write_jsonl("cot.jsonl", COT)
    write_jsonl("openbook.jsonl", BOOK)
    write_jsonl("generated.jsonl", GENERATED)
    write_jsonl("dolly.jsonl", DOLLY)
    for task, rows in LONG.items():
        write_jsonl(f"longbench/data/{task}.jsonl", rows)
        if task in e_tasks:
            write_jsonl(f"longbench/data/{task}_e.jsonl", rows)
    import csv
    with open(HERE / "mmmlu.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(MMMLU[0]))
        writer.writeheader()
        writer.writerows(MMMLU)
    cases = []
    for kwargs in ({}, {"num_samples": 2}, {"max_word_count": 60}, {"min_conversation_turns": 3},
                   {"num_samples": 4, "max_word_count": 40, "min_conversation_turns": 2}):
        cases.append(case("OpenHermesChatDataset", "openhermes.json", HERMES, kwargs))
    for kwargs in ({"split": "test"}, {"split": "test", "max_word_count": 80}, {"split": "test", "num_samples": 1}):
        cases.append(case("MMLUChatDataset", "mmlu.jsonl", MMLU, kwargs))
    cases.append(case("MMLUCotChatDataset", "cot.jsonl", COT, {}))
    cases.append(case("mmlucotchatdataset", "cot.jsonl", COT, {"num_samples": 1}))
    cases.append(case("OpenBookChatDataset", "openbook.jsonl", BOOK, {}))
    for kwargs in ({}, {"max_word_count": 30}, {"max_word_count": 30, "num_samples": 1}, {"num_samples": 2}):
        got = case("LLMGeneratedChatDataset", "generated.jsonl", GENERATED, {**kwargs, "data_path": "generated"})
        del got["kwargs"]["data_path"]
        cases.append(got)
    for kwargs in ({}, {"max_length": 80}, {"filter_mod4": False, "num_samples": 9, "max_length": 61},
                   {"use_longbench_e": False}, {"use_longbench_e": False, "dataset_name": "multifieldqa_zh"},
                   {"dataset_name": "trec"}):
        cases.append(case("LongBenchChatDataset", "longbench", LONG, kwargs))
    for kind, path, extract, rows in (
            ("DollyChatDataset", "dolly.jsonl", reference.extract_dolly_chat_messages, DOLLY),
            ("MMMLUChatDataset", "mmmlu.csv", reference.extract_mmmlu_chat_messages, MMMLU)):
        cases.append({"type": kind, "file": path, "kwargs": {}, "messages": [extract(row) for row in rows]})
    texts = [{"extractor": name, "row": row, "value": getattr(reference, f"extract_{name}")(row)}
             for name, rows in (("mmlu_text", [MMLU[0], BOOK[0] | {"question": "q"}]),
                                ("chat_text", [LONG["qasper"][0], {"input": "i", "answers": []}]),
                                ("conversation_text", HERMES[:2]), ("first_user_message", HERMES[:3]),
                                ("first_assistant_message", HERMES[:3]),
                                ("instruction_text", [{"instruction": "do", "inputs": "it"}, {"inputs": "only"}]),
                                ("chat_pair_text", [{"inputs": " in ", "targets": " out "}])) for row in rows]
    prompts = reference.LongBenchChatDataset(dataset_name="trec").dataset_prompt_formats
    expected = json.dumps({"cases": cases, "texts": texts, "longbench_prompts": prompts}, ensure_ascii=False, indent=1)
    with gzip.GzipFile(HERE / "expected.json.gz", "wb", 9, mtime=0) as file:
        file.write(expected.encode())


main()
