"""Writes syntax.json: what jinja2, set up as transformers does for chat templates, makes of small templates.

Developers only: python make_syntax.py (needs transformers and jinja2). Rows: source, variables, and text or error.
"""
import json
import pathlib

from transformers.utils.chat_template_utils import _compile_jinja_template

VARIABLES = {
    "n": 7, "f": 2.5, "s": "Hello World", "u": "naïve café ÉÀ ß 中文 🚀", "empty": "", "t": True, "no": None,
    "xs": [3, 1, 2], "words": ["b", "A", "c", "B"], "nested": [[1, [2, 3]], [4]],
    "d": {"b": 1, "a": 2, "C": 3}, "items": [{"k": "x", "v": 1}, {"k": "y", "v": 2}, {"k": "x", "v": 3}],
    "people": [{"name": "Ann", "age": 30, "tags": ["a"]}, {"name": "bob", "age": 25}, {"name": "Cy", "age": 30, "ok": True}],
    "tools": [{"type": "function", "function": {"name": "f", "arguments": {"x": 1.0, "y": None, "z": "é\n\"q\" </a>"}}}],
    "text": "  line one\n\tline two\r\nline three  ",
}

SOURCES = r"""
{{ n }} {{ f }} {{ s }} {{ t }} {{ no }} {{ missing }} {{ xs }} {{ d }}
{{ 1 + 2 * 3 - 4 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }}
{{ 1 / 3 }} {{ 1e20 }} {{ 1e16 }} {{ 123456789012345.0 }} {{ 1.5e-5 }} {{ 0.0001 }} {{ 100.0 }} {{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }}
{{ -n }} {{ +n }} {{ --n }} {{ -2 ** 2 }} {{ (1, 2) + (3,) }} {{ [1] + [2] }} {{ "ab" * 3 }} {{ 3 * [0] }} {{ true + 1 }}
{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 1 == 1.0 }} {{ "a" < "b" }} {{ [1, 2] < [1, 3] }} {{ 1 != 2 }} {{ 2 >= 2 }} {{ 1 <= 0 }}
{{ 2 in xs }} {{ 5 not in xs }} {{ "ell" in s }} {{ "a" in d }} {{ "z" in missing }} {{ not 1 in xs }}
{{ s ~ n ~ f ~ no ~ missing ~ t }} {{ 1 ~ 2 * 3 }} {{ "a" "b" 'c' }}
{{ t and n }} {{ empty or "x" }} {{ not empty }} {{ no and missing.x }} {{ t or missing.x }} {{ 0 or "" or [] }}
{{ "y" if t else "n" }} {{ "y" if no }} {{ "a" if no else "b" if no else "c" }} {{ ("x" if t) ~ "!" }}
{{ s[0] }} {{ s[-1] }} {{ s[1:4] }} {{ s[::-1] }} {{ s[::2] }} {{ s[-3:] }} {{ s[:-3] }} {{ s[5:1:-1] }} {{ s[100:] }} {{ s[99] }}
{{ u[1:5] }} {{ u[-1] }} {{ u[::-1] }} {{ u | length }} {{ u[3] }}
{{ xs[0] }} {{ xs[-1] }} {{ xs[1:] }} {{ xs[::-1] }} {{ xs[5] }} {{ (1, 2, 3)[1:] }} {{ xs[:-1] }}
{{ d.a }} {{ d["b"] }} {{ d.missing }} {{ d["items"]() | list }} {{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.get("a") }} {{ d.get("q") }} {{ d.get("q", 5) }}
{{ nested[0][1][0] }} {{ items.0.k }} {{ people[0].tags[0] }} {{ people[1].tags is defined }}
{{ missing.attr }}
{{ missing() }}
{{ missing + 1 }}
{{ no.attr }} {{ no["attr"] }} {{ n.attr }} {{ s.attr }}
{{ no.attr.more }}
{{ missing | default("x") }} {{ empty | default("x") }} {{ empty | default("x", true) }} {{ no | d("x", boolean=true) }} {{ missing | default }}
{{ s | upper }} {{ s | lower }} {{ "hello world" | title }} {{ "hELLO wORLD" | capitalize }} {{ u | upper }} {{ u | lower }} {{ "ǆ ß ﬁ İ" | upper }}
{{ "foo-bar (baz) [qux] <a> it's" | title }} {{ "it's o'neil".title() }} {{ "ΑΣ ΑΣΑ Σ".lower() }}
{{ "  a b  " | trim }}| {{ "xxaxx" | trim("x") }}| {{ "  a ".strip() }}| {{ "  a ".lstrip() }}| {{ "  a ".rstrip() }}| {{ "abcba".strip("ab") }}|
{{ "a,b,,c".split(",") }} {{ " a  b c ".split() }} {{ "a b c d".split(" ", 2) }} {{ "a b c d".split(None, 1) }} {{ "a,b,c".rsplit(",", 1) }} {{ " a b  c ".rsplit(None, 1) }} {{ "aaa".split("aa") }} {{ "aaa".rsplit("aa") }}
{{ "a-b".partition("-") }} {{ "ab".partition("-") }} {{ "a-b-c".rpartition("-") }} {{ text.splitlines() }} {{ "a\n\nb\n".splitlines(true) }}
{{ s.startswith("Hell") }} {{ s.endswith("ld") }} {{ s.startswith(("x", "H")) }} {{ s.startswith("W", 6) }} {{ s.endswith("lo", 0, 5) }}
{{ s.replace("l", "L") }} {{ s.replace("l", "L", 1) }} {{ "ab".replace("", "-") }} {{ s | replace("o", "0") }} {{ s | replace("o", "0", 1) }}
{{ s.upper() }} {{ s.lower() }} {{ s.title() }} {{ "aB".swapcase() }} {{ "éa".capitalize() }}
{{ s.find("o") }} {{ s.rfind("o") }} {{ s.find("zz") }} {{ s.count("l") }} {{ u.find("é") }} {{ s.index("W") }} {{ s.find("o", 5) }} {{ "aaa".count("") }}
{{ s.index("zz") }}
{{ "-".join(["a", "b"]) }} {{ ", ".join(words) }} {{ "abc" | join("-") }} {{ xs | join }} {{ xs | join(", ") }} {{ people | join("|", attribute="name") }}
{{ "7".zfill(3) }} {{ "-7".zfill(4) }} {{ "a".ljust(3) }}| {{ "a".rjust(3, ".") }} {{ "a".center(4) }}| {{ "ab".center(5, "*") }} {{ "a" | center(5) }}|
{{ "12".isdigit() }} {{ "a1".isalpha() }} {{ "a1".isalnum() }} {{ " ".isspace() }} {{ "AB".isupper() }} {{ "ab".islower() }} {{ "".isdigit() }} {{ "中".isalpha() }}
{{ "abc".removeprefix("a") }} {{ "abc".removesuffix("c") }} {{ "abc".removeprefix("x") }}
{{ "%s is %d years, %.2f, %5s|%-5s|%05d %x %%" % ("Ann", 30, 1.5, "a", "b", 42, 255) }} {{ "%s" % "x" }} {{ "%(a)s" % d }} {{ "%r" % "it's" }} {{ "%s %s" | format("a", 1) }} {{ "%e %g" % (12345.678, 0.00001) }}
{{ "%s %s" % "x" }}
{{ "{} {}".format(1, "a") }} {{ "{0}{1}{0}".format("a", "b") }} {{ "{x}".format(x=5) }} {{ "{{}}".format() }} {{ "{0.name}{1[0]}".format(people[0], xs) }} {{ "{!r}".format("a") }}
{{ xs | length }} {{ d | length }} {{ s | count }} {{ missing | length }}
{{ n | length }}
{{ xs | first }} {{ xs | last }} {{ s | first }} {{ [] | first }} {{ [] | last }} {{ d | first }}
{{ xs | sort }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ xs | sort(reverse=true) }} {{ people | sort(attribute="name") | map(attribute="name") | list }} {{ people | sort(attribute="age,name") | map(attribute="name") | list }} {{ [none, none] | sort }}
{{ [1, "a"] | sort }}
{{ words | unique | list }} {{ words | unique(case_sensitive=true) | list }} {{ items | unique(attribute="k") | map(attribute="v") | list }}
{{ xs | reverse | list }} {{ s | reverse }} {{ u | reverse }} {{ xs | sum }} {{ items | sum(attribute="v") }} {{ xs | sum(start=10) }}
{{ xs | min }} {{ xs | max }} {{ words | min }} {{ items | max(attribute="v") }} {{ [] | max }} {{ words | max(case_sensitive=true) }}
{{ d | dictsort }} {{ d | dictsort(true) }} {{ d | dictsort(by="value") }} {{ d | dictsort(reverse=true) }} {{ d | items | list }} {{ missing | items | list }}
{{ people | map(attribute="name") | join(",") }} {{ people | map(attribute="ok", default="-") | list }} {{ words | map("upper") | list }} {{ ["1", "2"] | map("int") | sum }} {{ words | map("replace", "A", "z") | list }}
{{ people | selectattr("ok") | map(attribute="name") | list }} {{ people | selectattr("age", "equalto", 30) | list | length }} {{ people | rejectattr("age", "eq", 30) | map(attribute="name") | list }} {{ people | selectattr("tags", "defined") | list | length }} {{ xs | select("odd") | list }} {{ xs | reject("odd") | list }} {{ [0, 1, "", "a", none] | select | list }} {{ xs | select(">", 1) | list }} {{ nested | selectattr("0.0", "==", 1) | list | length }} {{ words | select("in", ["A", "c"]) | list }}
{{ items | groupby("k") | list | length }}{% for k, g in items | groupby("k") %} {{ k }}:{{ g | map(attribute="v") | list }}{% endfor %}
{{ xs | batch(2) | list }} {{ xs | batch(2, 0) | list }} {{ xs | slice(2) | list }} {{ xs | slice(2, 9) | list }}
{{ "3" | int }} {{ "x" | int }} {{ "x" | int(5) }} {{ "3.7" | int }} {{ "0x1f" | int(base=16) }} {{ 3.9 | int }} {{ no | int }} {{ " 12 " | int }} {{ "1_0" | int }} {{ true | int }} {{ "-5" | int }}
{{ "3.5" | float }} {{ "x" | float }} {{ 3 | float }} {{ "1e3" | float }} {{ "x" | float(1.5) }} {{ "inf" | float }}
{{ -3 | abs }} {{ 2.567 | round(2) }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 2.1 | round(method="ceil") }} {{ 2.9 | round(0, "floor") }} {{ 12345 | round(-2) }} {{ 0.125 | round(2) }} {{ 7 | round }}
{{ n | string ~ "x" }} {{ xs | string }} {{ d | string }} {{ "it's" | list }} {{ ["it's", 'say "x"', "both ' \"", "tab\t\n\\", "é\u200b\x7f"] }} {{ (1,) }} {{ () }} {{ [] }} {{ {} }} {{ {"a": [1, (2, 3)], 4: none, true: 1.0} }}
{{ tools | tojson }} {{ tools[0] | tojson(indent=2) }} {{ {"a": [], "b": {}} | tojson(indent=4) }} {{ "é\x01\"\\/" | tojson }} {{ [1, 2.0, none, true, "x"] | tojson }} {{ {"b": 1, "a": 2} | tojson(sort_keys=true) }} {{ [1, {"a": 2}] | tojson(separators=(",", ":")) }} {{ "é🚀" | tojson(ensure_ascii=true) }} {{ {1: 2, none: 3, true: 4} | tojson }} {{ "<a href='x'>&" | tojson }} {{ [1] | tojson(indent=0) }} {{ [1] | tojson(indent="\t") }}
{{ missing | tojson }}
{{ "a\nb\n\nc" | indent }} {{ "a\nb" | indent(2, true) }} {{ "a\n\nb" | indent(2, blank=true) }} {{ "a\nb" | indent("> ") }} {{ "a\n" | indent }}|
{{ "a long text that goes on and on" | truncate(12) }} {{ "a long text that goes on" | truncate(12, true) }} {{ "short" | truncate(12) }} {{ "a long text that goes on" | truncate(12, true, "…", 0) }}
{{ "one two  three-four" | wordcount }} {{ "<a & 'b' \"c\">" | e }} {{ "<a>" | escape | string }} {{ s | attr("upper") is callable }} {{ d | attr("a") is defined }} {{ "plain" | safe }}
{{ missing is defined }} {{ n is defined }} {{ missing is undefined }} {{ no is none }} {{ n is not none }} {{ s is string }} {{ n is number }} {{ f is float }} {{ n is integer }} {{ t is integer }} {{ t is boolean }} {{ t is true }} {{ t is false }} {{ d is mapping }} {{ xs is mapping }} {{ xs is sequence }} {{ s is sequence }} {{ d is sequence }} {{ n is iterable }} {{ xs is iterable }} {{ missing is iterable }} {{ n is odd }} {{ n is even }} {{ n is divisibleby 7 }} {{ n is divisibleby(2) }}
{{ n is eq 7 }} {{ n is equalto(7) }} {{ n is ne 7 }} {{ n is lt 8 }} {{ n is gt 8 }} {{ n is ge 7 }} {{ n is le 6 }} {{ n is greaterthan 6 }} {{ 2 is in xs }} {{ "H" is in s }} {{ n is sameas n }} {{ "AB" is upper }} {{ "ab" is lower }} {{ range is callable }} {{ "upper" is filter }} {{ "odd" is test }} {{ "x" is escaped }} {{ n is not in xs }}
{{ n is nosuchtest }}
{{ n | nosuchfilter }}
{% for x in xs %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ x }};{% endfor %}
{% for x in xs %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }};{{ loop.cycle("a", "b") }}{{ loop.changed(x // 2) }}{% endfor %}
{% for x in [] %}x{% else %}none{% endfor %} {% for x in missing %}x{% else %}nothing{% endfor %} {% for c in "héy" %}{{ c }}.{% endfor %} {% for k in d %}{{ k }}{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }},{% endfor %} {% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in xs if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ "," if not loop.last }}{% else %}none{% endfor %} {% for x in xs if x > 5 %}{% else %}none{% endfor %}
{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %} {% for x in range(3) %}{% for y in range(3) %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}
{% for x in nested recursive %}{% if x is iterable %}[{{ loop(x) }}]{% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}
{% set x = 1 %}{% for i in xs %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }} {% if t %}{% set x = 9 %}{% endif %}{{ x }}
{% set ns = namespace(a=1, b="x") %}{% for i in xs %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c }} {{ ns.c is defined }}
{% set d.x = 1 %}
{% set a, b = 1, [2] %}{{ a }}{{ b }} {% set c = 1, 2 %}{{ c }} {% set (p, q) = "xy" %}{{ p }}{{ q }}
{% set body %}in {{ s }}{% set inner = 1 %}{% endset %}{{ body | upper }} {{ inner }} {% set f2 | upper | trim %} low {% endset %}{{ f2 }}|
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% set a = 5 %}{{ a }}{% endwith %}{{ a }} {% with %}{% set z = 3 %}{{ z }}{% endwith %}{{ z }}
{% macro m(a, b="B", c=a) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}{{ m() }} {{ m.name }} {{ m.arguments }}
{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(z=2) }}
{% macro fact(n) %}{% if n <= 1 %}1{% else %}{{ n * fact(n - 1) | int }}{% endif %}{% endmacro %}{{ fact(5) }}
{% macro outer() %}<{{ caller() }}>{% endmacro %}{% call outer() %}in{% endcall %} {% macro each(l) %}{% for x in l %}{{ caller(x) }}{% endfor %}{% endmacro %}{% call(x) each(xs) %}({{ x }}){% endcall %}
{% set v = 1 %}{% macro m() %}{{ v }}{% endmacro %}{% set v = 2 %}{{ m() }} {% for v in xs %}{{ m() }}{% endfor %}
{% filter upper %}abc {{ s }}{% endfilter %} {% filter replace("a", "b") | title %}aa a{% endfilter %}
{% if n > 5 and s %}A{% elif t %}B{% else %}C{% endif %} {% if not t %}A{% elif no %}B{% else %}C{% endif %} {% if missing %}A{% endif %}
{% raw %}{{ not }} {% this %}{% endraw %} {# comment {{ x }} #}after {%- raw -%}  x  {%- endraw -%}  end
{% generation %}gen {{ s }}{% set w = 1 %}{% endgeneration %}{{ w }}
{% print s, n %} {{ "{{ x }}" }} {{ "%}" }} {{ {"a": {"b": 1}}["a"]["b"] }} {{ {"a": {"b": 1}}.a.b }} {{ [{}, {}] }}
{{ range(3) | list }} {{ range(1, 4) | list }} {{ range(5, 0, -2) | list }} {{ range(0) | list }} {{ dict(a=1, b=2) }} {{ dict([("x", 1)]) }} {{ dict(d, z=9) }}
{{ range(1000000000) | list }}
{% set c = cycler("a", "b") %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }} {% set j = joiner("; ") %}{% for x in xs %}{{ j() }}{{ x }}{% endfor %}
{{ raise_exception("My own message: " ~ n) }}
{{ xs.append(4) }}
{{ d.update({"x": 1}) }}
{{ xs.index(1) }} {{ xs.count(3) }} {{ (1, 2).index(2) }} {{ xs.copy() }} {{ d.copy() == d }}
{{ "a\tb\\n\x41\u00e9\101" }} {{ 'it\'s' }} {{ "a\
b" }} {{ "\d" }}
{{ m(*[1, 2], **{"c": 3}) if false else "ok" }} {% macro m(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(*[1, 2], **{"c": 3}) }} {{ m(*xs) }}
{{ 1 if missing is defined and missing.x else 2 }} {{ (missing or {}).x }} {{ (missing | default({})).x }}
{{ "abc"[1] if "abc"[5] is undefined }} {{ s.split(" ")[-1].lower()[::-1] | upper }} {{ (s | lower).split("o") | length }}
{{ not t == false }} {{ n + 1 if t else 0 }} {{ -n | abs }} {{ n | string | length + 1 }} {{ "x" is string and "y" is not number }}
{{ namespace(a=1) }} {{ "a" ~ 1.0 ~ [1] ~ {"k": "v"} }} {{ true }} {{ True }} {{ none }} {{ None }} {{ false | string }}
{{ 10 | float | string }} {{ 1.0 * 3 }} {{ 3 / 1 }} {{ 5 // 2.0 }} {{ 2 ** 0.5 }} {{ 1e308 * 10 }}
{{ 1 / 0 }}
{{ "a" + 1 }}
{{ [] + "a" }}
{{ {"a": 1}.a.b.c }}
{{ {[]: 1} }}
{% for x in xs -%}
   {{ x }}
{%- endfor %}
"""

# Whitespace matters in these, so they stand by themselves.
BLOCKS = [
    "a\n{% if t %}\nb\n{% endif %}\nc\n", "  {% if t %}  x  {% endif %}  \n", "a {%- if t %} b {%- endif -%} c",
    "a\n\n  {%- if t -%}\n\n b \n\n{%- endif -%}\n\n c", "  {%+ if t %}x{% endif +%}\ny", "x {{- s -}} y", "x  {#- c -#}  y",
    "{# one #}\n{# two #}\nz", "  {# lead #}\n  z\n\n", "{% set x = 1 %}\n\n{{ x }}\n", "{{ s }}\n", "{{ s }}\n\n",
    "a\r\nb\rc\n{% if t %}\r\nd\r\n{% endif %}", "\t{% for x in xs %}\n\t- {{ x }}\n\t{% endfor %}\nend",
    "{% raw %}\n  {{ x }}\n{% endraw %}\nz", "  {%- raw %}\n a {% endraw -%}\n z", "{% set b %}\n a\n{% endset %}\n[{{ b }}]",
    "{% macro m() %}\n x\n{% endmacro %}\n{{ m() }}", "{{ 'a' }} \n {%- if t %}{% endif %}\n", " {% if t %} {% endif %} {{ s }}",
    "text only", "", "\n", "{% if t %}{% endif %}\n\n", "{{ s }}{% if t %}\n{% endif %}{{ s }}", "{%if t%}x{%endif%}{{s}}",
    "{% for x in xs: %}{{ x }}{% endfor %}", "{{ '\n' }}|", "{{ 'a\r\nb' }}", "{%- for x in xs %}\n{{- x }}\n{%- endfor %}",
]

BROKEN = [
    "{{ x", "{% if x %}", "{% endif %}", "{{ }}", "{% for x %}{% endfor %}", "{{ a b }}", "{{ (1 }}", "{{ 1 ] }}", "{% nosuch %}",
    "{{ 'abc }}", "{# open", "{% raw %} x", "{% set 1 = 2 %}", "{% set true = 2 %}", "{{ a. }}", "{{ [1, }}", "{{ {1} }}", "{{ ! }}", "{{ a ? b }}",
    "{% macro m(a=1, b) %}{% endmacro %}", "{% break %}", "{% for x in xs %}{% endif %}{% endfor %}", "{{ x is }}", "{{ x | }}", "{{ f(a=1, 2) }}",
    "{% call 1 %}{% endcall %}", "{{ x is y is z }}", "{% else %}", "{{ 1.2.3 }}", "{{ 'a' 1 }}", "{% if %}{% endif %}", "{{ '\\x4' }}",
]


def row(source):
    made = {"source": source}
    try:
        made["text"] = _compile_jinja_template(source).render(**VARIABLES)
    except Exception as error:  # noqa: BLE001
        made["error"] = f"{type(error).__name__}: {error}"
    return made


def main():
    lines = SOURCES.strip("\n").split("\n")
    sources, at = [], 0
    while at < len(lines):  # a line that leaves a tag open goes on in the next
        source = lines[at]
        while at + 1 < len(lines) and (source.endswith("\\") or source.endswith("-%}") or source.endswith("{{ x }}") and "-%}" in source):
            at += 1
            source += "\n" + lines[at]
        sources.append(source)
        at += 1
    rows = [row(source) for source in sources + BLOCKS + BROKEN]
    folder = pathlib.Path(__file__).parent
    with open(folder / "syntax.json", "w", encoding="utf-8") as out:
        out.write('{"variables": ' + json.dumps(VARIABLES, ensure_ascii=False) + ',\n"rows": [\n')
        out.write(",\n".join(json.dumps(one, ensure_ascii=False) for one in rows))
        out.write("\n]}\n")


if __name__ == "__main__":
    main()
