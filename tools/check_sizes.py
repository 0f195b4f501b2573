#!/usr/bin/env python3
"""House numbers: no file over 800 lines, no function over 60 lines, none with more than 6 parameters.

    tools/check_sizes.py [ROOT]

Functions are found by their braces, not by a C++ parser: a block whose head ends in a parameter list. Lambdas belong to
the function around them; gtest's TEST bodies are functions too.
"""
import re
import subprocess
import sys
from pathlib import Path

MAX_FILE, MAX_FUNCTION, MAX_PARAMETERS = 800, 60, 6
NOISE = re.compile(
    r'R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
NOT_A_FUNCTION = re.compile(r"^(if|for|while|switch|catch|else|do|try|namespace|struct|class|enum|union|extern|return)\b")


def blank(text):
    """Comments, strings and preprocessor lines replaced by blanks of the same lines."""
    def same_lines(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    # 1'000'000 is a number, not the start of a character.
    text = re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "_", text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", same_lines, NOISE.sub(same_lines, text), flags=re.M)


def parameters(head):
    """Text inside the first parenthesis at depth 0 of a function's head, or None where it has none."""
    start = head.find("(")
    depth = 0
    for i in range(start, len(head)):
        depth += {"(": 1, ")": -1}.get(head[i], 0)
        if depth == 0:
            return head[start + 1 : i]
    return None


def count_parameters(text):
    depth, count = 0, 1 if text.strip() not in ("", "void") else 0
    for c in text:
        depth += (c in "(<[{") - (c in ")>]}")
        count += c == "," and depth == 0
    return count


def functions(text):
    """(name, first line, last line, parameter count) of every function body."""
    text = blank(text)
    head_start, depth, stack = 0, 0, []
    for i, c in enumerate(text):
        if c in ";":
            head_start = i + 1
        elif c == "{":
            head = text[head_start:i].strip()
            inside = stack and stack[-1] is not None  # a block of a function already counted
            is_function = not inside and "(" in head and not NOT_A_FUNCTION.match(head) and not head.endswith("=")
            stack.append((head, i) if is_function else (stack[-1] if inside else None))
            depth += 1
            head_start = i + 1
        elif c == "}" and stack:
            top = stack.pop()
            head_start = i + 1
            if top is not None and (not stack or stack[-1] is not top):
                head, start = top
                # The head begins where its name stands, not at the blank lines or access label before it.
                name = re.search(r"([\w:~]+|operator\S+)\s*\(", head)
                yield (name.group(1) if name else head, text.count("\n", 0, start) + 1, text.count("\n", 0, i) + 1,
                       count_parameters(parameters(head) or ""))


def check_file(path, shown):
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MAX_FILE:
        yield f"{shown}: {lines} lines, at most {MAX_FILE}"
    if path.suffix not in (".cpp", ".h"):
        return
    for name, first, last, count in functions(text):
        if last - first >= MAX_FUNCTION:
            yield f"{shown}:{first}: {name} has {last - first + 1} lines, at most {MAX_FUNCTION}"
        if count > MAX_PARAMETERS:
            yield f"{shown}:{first}: {name} takes {count} parameters, at most {MAX_PARAMETERS}"


def main(root):
    names = subprocess.run(["git", "-C", root, "ls-files", "-z", "*.h", "*.cpp", "*.py", "*.sh", "*.cmake",
                            "*.mjs", "*.ts", "*.tsx", "*.css", "run"],
                           capture_output=True, text=True, check=True).stdout.split("\0")
    found = [problem for name in names if name and (root / name).exists() for problem in check_file(root / name, name)]
    print(*found, sep="\n", end="\n" if found else "")
    print(f"check_sizes: {len(found)} over the house numbers" if found else "check_sizes: all within the house numbers")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
