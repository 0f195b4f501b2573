#!/usr/bin/env python3
"""check_layers.py finds each kind of breach in a tiny tree, and nothing in a clean one."""
import tempfile
import unittest
from pathlib import Path

import check_layers

TABLE = """
| level | folder | lives here | never here | may include (and `base`) |
|---|---|---|---|---|
| 0 | `c2c/base/` | errors; no torch | | std |
| 1 | `c2c/io/` | bytes; no torch | | base |
| 2 | `c2c/plan/` | plans; no torch | | io |
| 2 | `c2c/model/` | models | | io |
| 3 | `c2c/join/` | all | | model, plan (`plan.h` only) |
| 9 | `c2c/cli/` | main | | all |
"""
CLEAN = {
    "base/error.h": "#pragma once\n#include <string>\n",
    "io/read.h": '#include "c2c/base/error.h"\n',
    "io/read.cpp": '#include "c2c/io/read.h"\n\n#include <vector>\n',
    "plan/plan.h": "",
    "plan/detail.h": "",
    "model/lm.h": '#include <ATen/core/Tensor.h>\n#include "c2c/io/read.h"\n',
    "join/join.cpp": '#include "c2c/model/lm.h"\n#include "c2c/plan/plan.h"\n#include <torch/torch.h>\n',
    "cli/main.cpp": '#include "c2c/join/join.h"\n#include "c2c/io/read.h"\n',
}


class CheckLayers(unittest.TestCase):
    def problems(self, table=TABLE, cmake="", files=None):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs").mkdir()
            (root / "docs/architecture.md").write_text(table)
            for name, text in {**CLEAN, **(files or {})}.items():
                path = root / "c2c" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            if cmake:
                (root / "c2c/CMakeLists.txt").write_text(cmake)
            return check_layers.check(root)

    def one(self, expected, **arguments):
        problems = self.problems(**arguments)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(expected, problems[0])

    def test_clean(self):
        self.assertEqual(self.problems(), [])

    def test_include_outside_the_row(self):
        self.one("c2c/io may not include c2c/model", files={"io/read.h": '#include "c2c/model/lm.h"\n'})

    def test_row_is_not_transitive(self):
        self.one("c2c/join may not include c2c/io", files={"join/other.cpp": '#include "c2c/io/read.h"\n'})

    def test_only_one_header_of_a_folder(self):
        self.one("may not include c2c/plan", files={"join/other.cpp": '#include "c2c/plan/detail.h"\n'})

    def test_torch_in_a_torch_free_folder(self):
        self.one("torch-free", files={"io/read.h": "#include <ATen/ATen.h>\n"})

    def test_all_of_torch_in_a_header(self):
        self.one("20 s", files={"model/lm.h": "#include <torch/torch.h>\n"})

    def test_include_from_elsewhere_than_the_root(self):
        self.one("not written from the root", files={"io/more.cpp": '#include "read.h"\n'})

    def test_own_header_first(self):
        self.one("first include", files={"io/read.cpp": '#include <vector>\n#include "c2c/io/read.h"\n'})

    def test_folder_without_row(self):
        self.one("no row", files={"utils/misc.h": ""})

    def test_cycle_in_the_table(self):
        self.one("level", table=TABLE.replace("| base |", "| base, model |"))

    def test_row_that_names_no_folder(self):
        self.one("no row", table=TABLE.replace("| io |", "| io, ghost |", 1))

    def test_link_outside_the_row(self):
        self.one("links model", cmake="c2c_folder(io DEPS base model LINK json)\n")

    def test_torch_link_of_a_torch_free_folder(self):
        self.one("links torch", cmake="c2c_folder(io TORCH DEPS base)\n")

    def test_no_table(self):
        self.one("no layer table", table="# nothing\n")


if __name__ == "__main__":
    unittest.main()
