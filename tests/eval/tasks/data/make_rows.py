#!/usr/bin/env python3
"""Makes tests/eval/tasks/data: a few hand-made rows of every benchmark in its real schema and the file layout of its
repository, and expected.json.gz: what the reference's own evaluator makes of them (truths and prompts).

    C2C_REF=/path/to/thu-nics/C2C tests/eval/tasks/data/make_rows.py

Developers only. Needs torch, transformers and datasets. No row is taken from the benchmarks themselves.
"""
import csv
import gzip
import json
import os
import sys
import types
from pathlib import Path

import pyarrow
import pyarrow.parquet

HERE = Path(__file__).resolve().parent
REF = Path(os.environ["C2C_REF"])
sys.path.insert(0, str(REF))
sys.path.insert(0, str(REF / "script/evaluation"))
grader = types.ModuleType("rosetta.utils.matheval")  # needs math_verify, which is not asked here
grader.GSM8KEvaluator = grader.MATH500Evaluator = object
sys.modules["rosetta.utils.matheval"] = grader
import unified_evaluator as reference  # noqa: E402


def redux(question, choices, answer, error_type="ok", correct=None):
    return {"question": question, "choices": choices, "answer": answer, "error_type": error_type, "source": "hand-made",
            "correct_answer": correct, "potential_reason": None}


SIDES = ["three", "four", "five", "six"]
REDUX = {
    "anatomy": [
        redux("How many sides has a square?", SIDES, 1),
        redux("How many sides has a triangle?\n(Count twice.)", SIDES, 3, "wrong_groundtruth", "0"),
        redux("How many sides has a hexagon?", SIDES, 0, "wrong_groundtruth", "D"),
        redux("How many sides has a pentagon?", SIDES, 2, "wrong_groundtruth", None),
        redux("How many sides has a circle?", SIDES, 0, "no_correct_answer", None),
        redux("How many sides has a Klein bottle?", SIDES, 0, "expert", None),
        redux("Which numbers are odd?", SIDES, 0, "multiple_correct_answers", "0 and 2"),
        redux("Which number is even?", SIDES, 0, "wrong_groundtruth", "B and D"),
        redux("What is {{choices}}?", SIDES, 2, "bad_question_clarity", None),
        redux("Which is 2 + 2?", SIDES, 0, "wrong_groundtruth", "2, I think"),
        redux("Which is 3 + 3?", SIDES, 0, "wrong_groundtruth", "nobody can say"),
    ],
    "virology": [redux("Which of these is a virus?", ["A cat", "Influenza", "A stone", "Water"], 1)],
}
MMMLU = {
    "AR_XY": [("كم عدد أضلاع المربع؟", ["ثلاثة", "أربعة", "خمسة", "ستة"], "B")],
    "SW_KE": [("Mraba una pande ngapi?", ["tatu", "nne", "tano", "sita"], "1"),
              ("Nyuki, mdudu \"mdogo\", hutengeneza nini?", ["Asali", "Maziwa", "Chumvi, tamu", "Chai"], "A"),
              ("Swali bila jibu", ["w", "x", "y", "z"], "")],
}
GPQA = [
    {"Question": "What is 2+2?", "Correct Answer": "4", "Incorrect Answer 1": "3", "Incorrect Answer 2": "5",
     "Incorrect Answer 3": "6", "High-level domain": "Mathematics"},
    {"Question": "Q", "Correct Answer": "a", "Incorrect Answer 1": "b", "Incorrect Answer 2": "c",
     "Incorrect Answer 3": "d", "High-level domain": "Physics"},
    {"Question": "old words", "Extra Revised Question": "What is the charge of an electron?\n", "Correct Answer": " -e",
     "Extra Revised Correct Answer": "minus one e", "Incorrect Answer 1": "e", "Extra Revised Incorrect Answer 1": "  ",
     "Incorrect Answer 2": "2e", "Incorrect Answer 3": "zéro", "High-level domain": "Physics"},
    {"Question": "Which two are the same?", "Correct Answer": "x", "Incorrect Answer 1": "y", "Incorrect Answer 2": "x",
     "Incorrect Answer 3": "z", "High-level domain": "Chemistry"},
]
MATH = [
    {"problem": "Compute $\\frac{1}{2} + \\frac{1}{2}$.", "solution": "They make $\\boxed{1}$.", "answer": " 1 ",
     "subject": "Prealgebra", "level": 1, "unique_id": "test/prealgebra/1.json"},
    {"problem": "Solve $x^2 = 2$ for $x > 0$, and say {question}.", "solution": "$\\boxed{\\sqrt{2}}$",
     "answer": "\\sqrt{2}", "subject": "Algebra", "level": 2, "unique_id": "test/algebra/2.json"},
    {"problem": "No answer.", "solution": "", "answer": None, "subject": "Algebra", "level": 5,
     "unique_id": "test/algebra/3.json"},
]
GSM8K = [
    {"question": "Ann has 3 apples and buys 4. How many has she?", "answer": "3+4=<<3+4=7>>7\n#### 7"},
    {"question": "A car costs $1,000 and a bell $80. Together?", "answer": "1000 + 80 = 1080 #### 2\n#### 1,080"},
    {"question": "A house?", "answer": "It costs\n#### $70,000"},
    {"question": "How cold is it?", "answer": "Colder\n####  -4.50 degrees"},
    {"question": "In words?", "answer": "#### twelve"},
]


def options(texts, labels="ABCDE"):
    return {"text": texts, "label": list(labels[:len(texts)])}


OPENBOOK = [
    {"id": "7-980", "question_stem": "A plant makes food with", "choices": options(["light", "salt", "noise", "sand"]),
     "answerKey": "A"},
    {"id": "7-981", "question_stem": "Ice is", "choices": options(["hot", "a gas", "solid", "loud"]),
     "answerKey": "C"},
    {"id": "7-982", "question_stem": "Nobody knows", "choices": options(["p", "q", "r", "s"]), "answerKey": ""},
]
ARC = [
    {"id": "Mercury_1", "question": "Which gas do plants take up?",
     "choices": options(["oxygen", "carbon dioxide", "neon", "helium"]), "answerKey": "B"},
    {"id": "NYSEDREGENTS_1", "question": "Which is a metal?",
     "choices": options(["wood", "iron", "glass", "paper"], "1234"), "answerKey": "2"},
    {"id": "Five_1", "question": "Which is the largest?", "choices": options(["1", "2", "3", "4", "5"]),
     "answerKey": "E"},
    {"id": "Three_1", "question": "Which is the smallest?", "choices": options(["3", "1", "2"]), "answerKey": "B"},
]
PRO = [
    {"question_id": 70 + i, "question": question, "options": texts, "answer": answer,
     "answer_index": ord(answer[0]) - 65 if answer else -1, "cot_content": "A: Let's think.", "category": category,
     "src": "hand-made"}
    for i, (question, texts, answer, category) in enumerate([
        ("Which is the tenth letter?", list("CDEFGHIABJ"), "J", "other"),
        ("Which is 2 + 2?", ["2", "3", "4"], "C", "math"),
        ("Eleven options", [str(n) for n in range(11)], "I", "math"),
        ("Without key", ["yes", "no"], "", "law"),
    ])]
CEVAL_TEST = [{"id": 0, "question": "正方形有几条边？", "A": "三", "B": "四", "C": "五", "D": "六"}]
CEVAL_VAL = [{"id": 0, "question": "正方形有几条边？", "A": "三", "B": "四", "C": "五", "D": "六", "answer": "B"},
             {"id": 1, "question": "____是偶数。", "A": "1", "B": "2", "C": "3", "D": "", "answer": "B"}]


def long_row(task, number, **more):
    return {"input": f"question {number}?", "context": f"Passage {number} of {task}. {{braces}}",
            "answers": [f"answer {number}", "another"], "length": 10 + number, "dataset": task, "language": "en",
            "all_classes": None, "_id": f"hand-made-{task}-{number}", **more}


LONGBENCH = {
    "qasper": [long_row("qasper", i) for i in range(8)],
    "trec": [long_row("trec", i, all_classes=["Number", "Date"]) for i in range(8)],
    "qasper_e": [long_row("qasper_e", i) for i in range(8)],
}


def write_jsonl(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_parquet(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def write_csv(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def both(folder, file, rows):
    """As its repository has it, and as JSON Lines for builds without Arrow."""
    write_parquet(HERE / folder / f"{file}-00000-of-00001.parquet", rows)
    write_jsonl(HERE / f"{folder}-jsonl" / f"{file}.jsonl", rows)


def write_redux():
    import datasets
    card = ["---", "configs:"]
    for subject, rows in REDUX.items():
        features = datasets.Features({
            **{name: datasets.Value("string") for name in
               ("question", "error_type", "source", "correct_answer", "potential_reason")},
            "answer": datasets.Value("int64"), "choices": datasets.Sequence(datasets.Value("string"))})
        folder = HERE / "mmlu-redux" / subject
        datasets.Dataset.from_list(rows, features=features).save_to_disk(folder)
        state = json.loads((folder / "state.json").read_text())
        state["_fingerprint"] = "0" * 16
        (folder / "state.json").write_text(json.dumps(state, indent=2) + "\n")
        card += [f"- config_name: {subject}", "  data_files:", "  - split: test",
                 f'    path: "{subject}/data-00000-of-00001.arrow"']
        write_jsonl(HERE / "mmlu-redux-jsonl" / subject / "test.jsonl", rows)
    (HERE / "mmlu-redux/README.md").write_text("\n".join([*card, "---", "# hand-made rows", ""]))


def write_files():
    write_redux()
    for subject, rows in MMMLU.items():
        table = [{"": i, "Question": q, **dict(zip("ABCD", texts)), "Answer": answer, "Subject": "hand_made"}
                 for i, (q, texts, answer) in enumerate(rows)]
        write_csv(HERE / f"mmmlu/test/mmlu_{subject.replace('_', '-')}.csv",
                  ["", "Question", "A", "B", "C", "D", "Answer", "Subject"], table)
    names = ["Question", "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"]
    columns = [name for plain in names for name in (plain, "Extra Revised " + plain)] + ["High-level domain"]
    write_csv(HERE / "gpqa/gpqa_diamond.csv", columns, GPQA)
    write_csv(HERE / "gpqa/gpqa_main.csv", columns, GPQA[:1])
    write_jsonl(HERE / "math-500/test.jsonl", MATH)
    both("gsm8k", "main/test", GSM8K)
    both("openbookqa", "main/test", OPENBOOK)
    both("openbookqa", "main/train", OPENBOOK[1:2] + OPENBOOK[:1])
    both("ai2-arc", "ARC-Challenge/test", ARC)
    both("ai2-arc", "ARC-Easy/test", ARC[:1])
    both("mmlu-pro", "data/test", PRO)
    both("mmlu-pro", "data/validation", PRO[1:2])
    write_csv(HERE / "ceval/test/accountant_test.csv", ["id", "question", *"ABCD"], CEVAL_TEST)
    write_csv(HERE / "ceval/val/accountant_val.csv", ["id", "question", *"ABCD", "answer"], CEVAL_VAL)
    for task, rows in LONGBENCH.items():
        write_jsonl(HERE / f"longbench/data/{task}.jsonl", rows)


def none_if_empty(row, *fields):
    """An empty cell of a CSV file is null to Hugging Face datasets."""
    return {key: None if key in fields and value == "" else value for key, value in row.items()}


def expected_rows(name, subject, rows):
    evaluator = object.__new__(reference.UnifiedEvaluator)
    evaluator.dataset_name = name
    method = {"math-500": "math_problem", "gsm8k": "math_problem"}.get(name, name.replace("-", "_"))
    ask = getattr(evaluator, f"_format_{method}_example")
    result = []
    for row in rows:
        entry = {}
        try:
            entry["truth"] = evaluator.parse_answer(row)
        except Exception as error:  # the reference counts it as a bad sample
            entry["truth"], entry["error"] = None, type(error).__name__
        entry["prompts"] = [{"use_cot": cot, "use_template": template, "prompt": ask(row, cot, use_template=template)}
                            for cot in (False, True) for template in (False, True)]
        result.append(entry)
    return {"subject": subject, "rows": result}


def expected_longbench():
    import hashlib
    result = []
    for task, rows in LONGBENCH.items():
        template = PROMPTS[task.removesuffix("_e")]
        kept = [{"row": i, "id": row["_id"], "prompt": template.format(**row)} for i, row in enumerate(rows)
                if int(hashlib.sha256(row["_id"].encode()).hexdigest(), 16) % 4 == 1]
        result.append({"subject": task, "rows": kept})
    return result


# LongBench's config/dataset2prompt.json, of the tasks that have rows here (spec of the data set, not of the reference).
PROMPTS = {
    "qasper": "You are given a scientific article and a question. Answer the question as concisely as you can, using a "
              "single phrase or sentence if possible. If the question cannot be answered based on the information in "
              "the article, write \"unanswerable\". If the question is a yes/no question, answer \"yes\", \"no\", or "
              "\"unanswerable\". Do not provide any explanation.\n\nArticle: {context}\n\n Answer the question based "
              "on the above article as concisely as you can, using a single phrase or sentence if possible. If the "
              "question cannot be answered based on the information in the article, write \"unanswerable\". If the "
              "question is a yes/no question, answer \"yes\", \"no\", or \"unanswerable\". Do not provide any "
              "explanation.\n\nQuestion: {input}\n\nAnswer:",
    "trec": "Please determine the type of the question below. Here are some examples of questions.\n\n{context}\n"
            "{input}",
}


def main():
    write_files()
    rows = {"mmlu-redux": REDUX, "gpqa": {"gpqa_diamond": GPQA}, "math-500": {"all": MATH}, "gsm8k": {"main": GSM8K},
            "openbookqa": {"main": OPENBOOK}, "ai2-arc": {"ARC-Challenge": ARC}, "mmlu-pro": {"all": PRO},
            "ceval": {"accountant": CEVAL_VAL},
            "mmmlu": {subject: [none_if_empty({"Question": q, **dict(zip("ABCD", texts)), "Answer": answer}, "Answer")
                                for q, texts, answer in table] for subject, table in MMMLU.items()}}
    benchmarks = {name: [expected_rows(name, subject, table) for subject, table in tables.items()]
                  for name, tables in rows.items()}
    configs = {name: {key: value for key, value in config.items()}
               for name, config in reference.DATASET_CONFIGS.items()}
    out = {"benchmarks": benchmarks, "longbench": expected_longbench(), "configs": configs}
    text = json.dumps(out, indent=1, ensure_ascii=False) + "\n"
    (HERE / "expected.json.gz").write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


main()
