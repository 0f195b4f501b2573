#!/usr/bin/env python3
"""Holds the tree to the layer table of docs/architecture.md; prints every breach and exits 1 if there is one.

    tools/check_layers.py [ROOT]

Breaches: an include that is not in the folder's row; a folder or a row that is not on a lower level than the one that
includes it (so no cycle); torch in a torch-free folder; <torch/torch.h> in a header; an include that is not written from
the root; a .cpp that does not include its own header first; a CMake link that is not in the row.
"""
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


@dataclass
class Row:
    level: int
    torch_free: bool
    may: dict = field(default_factory=dict)  # folder -> the one header that may be included, or None for all of them
    all_below: bool = False


def parse_table(text):
    """Rows of the table `| level | folder | lives here | never here | may include |`, by folder."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 5 or not cells[0].isdigit():
            continue
        folder = cells[1].strip("`").removeprefix("c2c/").rstrip("/")
        row = Row(int(cells[0]), "no torch" in cells[2])
        for entry in cells[4].split(", "):
            name, _, note = entry.partition(" (")
            if name in ("all", "all below"):
                row.all_below = True
            elif name != "std":
                only = re.match(r"`([^`]+)`", note)
                row.may[name] = only.group(1) if only else None
        if folder != "base":
            row.may.setdefault("base", None)
        rows[folder] = row
    return rows


def check_table(rows):
    for folder, row in rows.items():
        for other in row.may:
            if other not in rows:
                yield f"docs/architecture.md: the row of {folder} names {other}, which has no row"
            elif rows[other].level >= row.level:
                yield f"docs/architecture.md: {folder} (level {row.level}) may not include {other} (level {rows[other].level})"


def folder_of(path, rows):
    """The row that a path below c2c/ belongs to: the longest folder name that holds it."""
    parts = path.split("/")[:-1]
    for end in range(len(parts), 0, -1):
        if "/".join(parts[:end]) in rows:
            return "/".join(parts[:end])
    return None


def includes_of(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


def may_include(rows, folder, other, header):
    row = rows[folder]
    if other == folder or (row.all_below and rows[other].level < row.level):
        return True
    return other in row.may and row.may[other] in (None, Path(header).name)


def check_include(rows, folder, quoted, angled, is_header):
    """What is wrong with one include of a file in `folder`, or None."""
    if angled is not None:
        if angled == "torch/torch.h" and is_header:
            return "<torch/torch.h> in a header costs 20 s in every file that includes it"
        if TORCH.match(angled) and rows[folder].torch_free:
            return f"<{angled}>, but c2c/{folder} is torch-free"
        return f"<{angled}> should be in quotes" if angled.startswith("c2c/") else None
    if not quoted.startswith("c2c/"):
        return f'"{quoted}" is not written from the root ("c2c/...")'
    other = folder_of(quoted.removeprefix("c2c/"), rows)
    if other is None:
        return f'"{quoted}" is in no folder of the table'
    if not may_include(rows, folder, other, quoted):
        return f'"{quoted}": c2c/{folder} may not include c2c/{other}'
    return None


def check_file(root, rows, path):
    inside = path.relative_to(root / "c2c").as_posix()
    shown = path.relative_to(root)
    folder = folder_of(inside, rows)
    if folder is None:
        yield f"{shown}: its folder has no row in docs/architecture.md"
        return
    first = None
    for number, quoted, angled in includes_of(path):
        first = first or quoted or angled
        problem = check_include(rows, folder, quoted, angled, path.suffix == ".h")
        if problem:
            yield f"{shown}:{number}: {problem}"
    own = path.with_suffix(".h")
    if path.suffix == ".cpp" and own.exists() and first != own.relative_to(root).as_posix():
        yield f"{shown}: its own header is not its first include"


def check_links(root, rows):
    """c2c_folder(NAME [TORCH] DEPS ...) in c2c/CMakeLists.txt: the link graph is the table's too."""
    cmake = root / "c2c" / "CMakeLists.txt"
    if not cmake.exists():
        return
    for call in re.findall(r"^c2c_folder\(([^)]*)\)", cmake.read_text(), re.M):
        words = call.split()
        folder, deps = words[0], []
        if folder not in rows:
            yield f"c2c/CMakeLists.txt: {folder} has no row in docs/architecture.md"
            continue
        if "TORCH" in words and rows[folder].torch_free:
            yield f"c2c/CMakeLists.txt: {folder} is torch-free but links torch"
        if "DEPS" in words:
            end = words.index("LINK") if "LINK" in words else len(words)
            deps = words[words.index("DEPS") + 1 : end]
        for dep in deps:
            if dep not in rows[folder].may and not rows[folder].all_below:
                yield f"c2c/CMakeLists.txt: {folder} links {dep}, which is not in its row"


def check(root):
    root = Path(root)
    rows = parse_table((root / "docs" / "architecture.md").read_text(encoding="utf-8"))
    if not rows:
        return ["docs/architecture.md: no layer table found"]
    problems = list(check_table(rows)) + list(check_links(root, rows))
    for path in sorted((root / "c2c").rglob("*")):
        if path.suffix in (".h", ".cpp"):
            problems += check_file(root, rows, path)
    return problems


if __name__ == "__main__":
    found = check(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"check_layers: {len(found)} breaches" if found else "check_layers: the tree keeps to the table")
    sys.exit(1 if found else 0)
