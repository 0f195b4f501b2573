"""lm-eval's local-completions scores the receiver that we serve; `c2c eval` scores the same model by itself.

Forty questions with four options each: `c2c eval` asks them first (system receiver, float32, method loglikelihood), and
the texts that it scored, prompt and options, become a task of lm-eval, which tokenizes them with Hugging Face's tokenizer
and sends token ids. Both must choose alike, and every option's log-likelihood must agree within 1e-3 nats."""
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from live_server import RECEIVER, ROOT, run_file

ALLOWED = 1e-3
GOLDEN_TOKENIZER = ROOT / "tests/golden/tokenizer/files/smollm2"


def write_questions(path):
    """Each word with its gloss among three others', at a place that goes round."""
    entries = [line.split(": ", 1) for line in (Path(__file__).parent / "glosses.txt").read_text().splitlines()]
    with open(path, "w", encoding="utf-8") as out:
        for i, (word, gloss) in enumerate(entries):
            options = [entries[(i + step) % len(entries)][1] for step in (7, 13, 22)]
            options.insert(i % 4, gloss)
            out.write(json.dumps({"question": f"What is the meaning of {word}?", "choices": options, "answer": i % 4}) + "\n")


def score_by_ourselves(program, folder):
    """The results of c2c eval, one for each question: prompt, extra.lead, extra.continuations, option_scores, score."""
    write_questions(folder / "questions.jsonl")
    config = {"model": {"run_file": str(run_file(folder)), "generation_config": {"do_sample": False}},
              "systems": ["receiver"], "eval": {"answer_method": "loglikelihood", "mode": "fixed"},
              "tasks": [{"name": "glosses", "dataset": "multiple-choice", "data_path": str(folder / "questions.jsonl")}],
              "output": {"output_dir": str(folder / "run")}}
    (folder / "eval.yaml").write_text(json.dumps(config))  # JSON is YAML
    done = subprocess.run([program, "eval", folder / "eval.yaml"], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"c2c eval: {done.stderr}")
    rows = [json.loads(text) for (text,) in sqlite3.connect(folder / "run/samples.sqlite").execute(
        "SELECT result FROM samples WHERE method = 'loglikelihood'")]
    return sorted(rows, key=lambda row: row["row"])


def tokenizer_folder(folder):
    """A Hugging Face folder of the receiver's tokenizer: C2C_CLIENTS_TOKENIZER, or the golden tests'."""
    if named := os.environ.get("C2C_CLIENTS_TOKENIZER"):
        return named
    target = folder / "tokenizer"
    shutil.copytree(GOLDEN_TOKENIZER, target)
    with gzip.open(target / "tokenizer.json.gz") as packed, open(target / "tokenizer.json", "wb") as out:
        shutil.copyfileobj(packed, out)
    return target


def write_task(folder, rows):
    with open(folder / "task.jsonl", "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps({"query": row["prompt"] + row["extra"]["lead"], "choices": row["extra"]["continuations"],
                                  "gold": ord(row["truth"]) - ord("A")}) + "\n")
    task = {"task": "glosses", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(folder / "task.jsonl")}},
            "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "query", "doc_to_choice": "choices",
            "doc_to_target": "gold", "target_delimiter": "", "metric_list": [{"metric": "acc"}], "metadata": {"version": 1}}
    (folder / "tasks").mkdir()
    (folder / "tasks/glosses.yaml").write_text(json.dumps(task))


def score_by_lm_eval(server, folder, simple_evaluate, TaskManager):
    """Accuracy, and for every question the options' log-likelihoods."""
    arguments = {"model": RECEIVER, "base_url": f"{server.url}/v1/completions", "tokenizer_backend": "huggingface",
                 "tokenizer": str(tokenizer_folder(folder)), "tokenized_requests": True, "num_concurrent": 4,
                 "max_length": 2048}
    told = simple_evaluate(model="local-completions", model_args=arguments, tasks=["glosses"], batch_size=1,
                           task_manager=TaskManager(include_path=str(folder / "tasks"), include_defaults=False),
                           log_samples=True, bootstrap_iters=0)
    samples = sorted(told["samples"]["glosses"], key=lambda sample: sample["doc_id"])
    scores = [[float(reply[0]) for reply in sample["filtered_resps"]] for sample in samples]
    return told["results"]["glosses"]["acc,none"], scores


def compare(rows, accuracy, theirs, verdicts):
    ours = sum(row["score"] for row in rows) / len(rows)
    pairs = [(a, b) for row, scores in zip(rows, theirs) for a, b in zip(row["option_scores"], scores)]
    worst = max(abs(a - b) for a, b in pairs)
    chosen = sum(max(range(len(s)), key=s.__getitem__) != max(range(len(s)), key=row["option_scores"].__getitem__)
                 for row, s in zip(rows, theirs))
    print(f"  {len(rows)} questions, {len(pairs)} options, accuracy {ours:.4f} and {accuracy:.4f}, "
          f"largest difference of log-likelihoods {worst:.2e} nats", flush=True)
    verdicts.equal("lm-eval asked all questions", len(theirs), len(rows))
    verdicts.check("accuracy is c2c eval's", abs(ours - accuracy) < 1e-9, (accuracy, ours))
    verdicts.equal("options chosen differently", chosen, 0)
    verdicts.check(f"log-likelihoods within {ALLOWED}", worst <= ALLOWED, worst)


def run(server, verdicts):
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TQDM_DISABLE="1",
                      OPENAI_API_KEY=server.key)
    try:
        from lm_eval import simple_evaluate
        from lm_eval.tasks import TaskManager
    except ImportError as error:
        return verdicts.skip("lm-eval local-completions", error)
    with tempfile.TemporaryDirectory(prefix="c2c-lm-eval-") as name:
        folder = Path(name)
        os.environ["HF_DATASETS_CACHE"] = str(folder / "datasets")
        rows = score_by_ourselves(server.program, folder)
        write_task(folder, rows)
        compare(rows, *score_by_lm_eval(server, folder, simple_evaluate, TaskManager), verdicts)
