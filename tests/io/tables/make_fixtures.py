#!/usr/bin/env python3
"""Makes tests/io/tables/data with pyarrow and Hugging Face datasets: the rows of rows.jsonl in their formats.

    tests/io/tables/make_fixtures.py        # developers only; needs pyarrow and datasets
"""
import datetime
import json
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent / "data"
ROWS = [{"id": i, "text": None if i == 4 else f"row {i} \u00e9\u6f22 \"quoted\"\n", "score": i / 4, "good": i % 2 == 0,
         "tags": ["a"] * (i % 3) if i != 5 else None,
         "conversations": [{"from": "human", "value": f"question {i}"}, {"from": "gpt", "value": None if i == 2 else "yes"}],
         "choices": {"text": ["x", "y"], "label": [1, 2]} if i != 1 else None} for i in range(7)]


def main():
    HERE.mkdir(exist_ok=True)
    table = pa.Table.from_pylist(ROWS)
    (HERE / "rows.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in ROWS), encoding="utf-8")
    pq.write_table(table, HERE / "rows.parquet", row_group_size=3)
    pq.write_table(table, HERE / "one_group.parquet", compression="zstd")
    with pa.ipc.new_file(HERE / "rows_file.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    with pa.ipc.new_stream(HERE / "rows_stream.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    pa.feather.write_feather(table, HERE / "rows.feather", compression="lz4", chunksize=4)
    odd = pa.table({"kind": pa.array(["u", "v", "u"]).dictionary_encode(),
                    "large": pa.array(["p", None, "q"], pa.large_string()),
                    "view": pa.array(["short", "a text of more than twelve bytes", None], pa.string_view()),
                    "fixed": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2)),
                    "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32())),
                    "day": pa.array([datetime.date(2024, 2, 29), None, datetime.date(1970, 1, 1)])})
    pq.write_table(odd.drop_columns(["view"]), HERE / "types.parquet")
    with pa.ipc.new_stream(HERE / "types.arrow", odd.schema) as writer:
        writer.write_table(odd)
    saved = datasets.Dataset.from_list(ROWS)
    saved.save_to_disk(str(HERE / "saved"), num_shards=2)
    datasets.DatasetDict({"train": saved}).save_to_disk(str(HERE / "saved_dict"))


main()
