#!/usr/bin/env python3
"""Writes tests/text/tokenizers/cases.json.gz: small tokenizers, one for each feature, and what PyPI `tokenizers` makes
of hard texts with them. Run it again after adding a case: python tools/make_tokenizer_cases.py"""
import gzip
import json
import random
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [
    "", " ", "Hello world!", "  two  spaces  ", "tab\tand\nnew\r\n\r\nlines \n", "don't YOU'LL it's o'clock '\u017f 'S",
    "caf\u00e9 cafe\u0301 \u1ebf e\u0302\u0301 \u212b A\u030a \ufb01 \u2163 \u00bd \ufdfa", "\u0301start a\u0323\u0301b a\u0301\u0323b",
    "\u1100\u1161\u11a8 \uac01 \uac00\u11a8", "\u0130stanbul \u03a3\u0399\u0393\u039c\u0391\u03a3 \u1e9e \u01c5",
    "12345 3.14 \u0663\u0664 \u2167 x\u00b2", "a.b,c;d--e...f?!", "\u4e2d\u6587\u6587\u672c\u3002\u3053\u308c\u306f",
    "\u0645\u0631\u062d\u0628\u0627 \u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22", "\U0001F600\U0001F3FD\u200d\U0001F680 \ufe0f",
    "<s>Hi</s> <mask>x  <mask> y", "the <tok> cat<tok>s THE <TOK>  end<pad>", "a\u00a0b\u2003c\u3000d\u0085e\u200bf",
    "\u2581meta \u2581 space\u2581", "word_with_under-score snake_case CamelCase", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "the the the cat sat on the mat and the cat", "\x00\x01\x7f\ufffd", "last space ", "\n", "x" * 70 + " " + "ab" * 60,
]


def train(pre, alphabet, size, special=()):
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = pre
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, special_tokens=list(special), show_progress=False)
    text = [(ROOT / name).read_text("utf-8") for name in ("LICENSE",)] + TEXTS * 3
    tokenizer.train_from_iterator([line for part in text for line in part.split("\n")] + TEXTS, trainer)
    return json.loads(tokenizer.to_str())["model"]


def bpe_models():
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    out = {"bytes": train(pre_tokenizers.ByteLevel(add_prefix_space=False), alphabet, 500)}
    out["few_bytes"] = train(pre_tokenizers.ByteLevel(add_prefix_space=False), [], 200)  # most bytes have no token
    for token in [t for t in out["few_bytes"]["vocab"] if len(t) == 1][::3]:  # nor have some common ones
        out["few_bytes"]["merges"] = [m for m in out["few_bytes"]["merges"] if token not in "".join(m)]
        out["few_bytes"]["vocab"] = {t: i for t, i in out["few_bytes"]["vocab"].items() if token not in t}
    out["chars"] = train(pre_tokenizers.Metaspace(), [], 400, ["<unk>", "<s>", "</s>"])
    whole = dict(out["chars"], unk_token="<unk>", fuse_unk=True)
    out["fused_unk"], out["unk"] = whole, dict(whole, fuse_unk=False)
    vocab = dict(whole["vocab"])
    for byte in range(256):
        vocab[f"<0x{byte:02X}>"] = len(vocab)
    out["fallback"] = dict(whole, vocab=vocab, byte_fallback=True)
    partly = {t: i for t, i in vocab.items() if t not in ("<0xE4>", "<0xF0>")}
    out["some_fallback"] = dict(whole, vocab=partly, byte_fallback=True)
    out["ignore_merges"] = dict(out["bytes"], ignore_merges=True, merges=out["bytes"]["merges"][:40])
    out["legacy_merges"] = dict(out["bytes"], merges=[" ".join(m) for m in out["bytes"]["merges"]])
    affixed = {"a": 0, "b": 1, "c": 2, "##a": 3, "##b": 4, "##c": 5, "##a</w>": 6, "##b</w>": 7, "a</w>": 8, "ab": 9, "<unk>": 10,
               "abc": 11, "##c</w>": 12, "abc</w>": 13}
    out["affixes"] = {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>",
                      "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": affixed,
                      "merges": [["a", "##b"], ["ab", "##c"], ["ab", "##c</w>"]]}
    return out


def byte_level(prefix=False, trim=True, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": trim, "use_regex": regex}


def split(pattern, behavior, invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def added(content, number, **flags):
    base = {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    return dict(base, **flags)


BYTES_DECODER = byte_level()
META = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
LLAMA_DECODER = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
                                                  {"type": "ByteFallback"}, {"type": "Fuse"},
                                                  {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}


def template(*pieces):
    ids = {"<s>": 1, "</s>": 2}
    parts = [{"Sequence": {"id": "A", "type_id": 0}} if p == "$A" else {"SpecialToken": {"id": p, "type_id": 0}} for p in pieces]
    return {"type": "TemplateProcessing", "single": parts, "pair": parts,
            "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in ids.items()}}


def normalizer_cases():
    sequence = lambda *parts: {"type": "Sequence", "normalizers": list(parts)}
    one = lambda kind, **more: dict({"type": kind}, **more)
    replace = lambda kind, pattern, content: one("Replace", pattern={kind: pattern}, content=content)
    forms = [one(kind) for kind in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase")]
    strips = [one("Strip", strip_left=left, strip_right=right) for left, right in ((True, True), (True, False), (False, True))]
    others = [sequence(one("NFD"), one("StripAccents")), sequence(one("NFKD"), one("StripAccents"), one("Lowercase")), one("StripAccents"),
              sequence(one("Prepend", prepend="\u2581"), replace("String", " ", "\u2581")), replace("String", " ", "\u2581"),
              replace("String", "th", "T"), replace("String", "a", ""), replace("Regex", "\\s+", " "), replace("Regex", "[aeiou]", "<>"),
              sequence(one("NFC"), replace("Regex", "\\s+", " "), one("Lowercase")), sequence()]
    for normalizer in forms + strips + others:
        yield dict(model="bytes", normalizer=normalizer, pre_tokenizer=byte_level(), decoder=BYTES_DECODER)
    yield dict(model="bytes", normalizer=one("ByteLevel"), decoder=BYTES_DECODER)
    # Not before ByteLevel: the original doubles characters that come from nothing there (transform over an empty range).
    yield dict(model="fallback", normalizer=replace("Regex", "x*", "-"), decoder=LLAMA_DECODER)
    yield dict(model="fallback", normalizer=others[3], decoder=LLAMA_DECODER, post_processor=template("<s>", "$A"))
    yield dict(model="fallback", normalizer=others[4], pre_tokenizer=split({"String": " "}, "MergedWithPrevious"), decoder=LLAMA_DECODER)


def pre_tokenizer_cases():
    sequence = lambda *parts: {"type": "Sequence", "pretokenizers": list(parts)}
    plain = byte_level(regex=False)
    for behavior in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        for pattern in ({"String": " "}, {"String": "th"}, {"Regex": "[aeiou ]"}, {"Regex": "\\s+|\\p{L}+"}, {"Regex": "\\p{N}{1,2}|(?<=a)b"}):
            for invert in (False, True):
                yield dict(model="bytes", pre_tokenizer=sequence(split(pattern, behavior, invert), plain), decoder=BYTES_DECODER)
        yield dict(model="bytes", pre_tokenizer=sequence({"type": "Punctuation", "behavior": behavior}, plain), decoder=BYTES_DECODER)
    known = ["'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"] + [
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}%s| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+" % n for n in ("", "{1,3}")]
    for regex in known:
        for behavior in ("Isolated", "Removed"):
            for invert in (False, True):
                yield dict(model="bytes", pre_tokenizer=sequence(split({"Regex": regex}, behavior, invert), plain), decoder=BYTES_DECODER)
    for step in ({"type": "Digits", "individual_digits": True}, {"type": "Digits", "individual_digits": False}, {"type": "Whitespace"},
                 {"type": "WhitespaceSplit"}, {"type": "BertPreTokenizer"}, {"type": "FixedLength", "length": 3}):
        yield dict(model="bytes", pre_tokenizer=sequence(step, byte_level()), decoder=BYTES_DECODER)
        yield dict(model="unk", pre_tokenizer=step)
    for prefix in (False, True):
        for regex in (False, True):
            yield dict(model="bytes", pre_tokenizer=byte_level(prefix, True, regex), decoder=BYTES_DECODER, post_processor=byte_level(prefix, True))
            yield dict(model="bytes", pre_tokenizer=byte_level(prefix, True, regex), decoder=BYTES_DECODER, post_processor=byte_level(not prefix, True))
    for scheme in ("always", "first", "never"):
        for cut in (True, False):
            meta = dict(META, prepend_scheme=scheme, split=cut)
            yield dict(model="fallback", pre_tokenizer=meta, decoder=meta, added_tokens=[added("<mask>", 900)])


def model_cases():
    for model in ("bytes", "few_bytes", "ignore_merges", "legacy_merges"):
        yield dict(model=model, pre_tokenizer=byte_level(), decoder=BYTES_DECODER)
    for model in ("chars", "fused_unk", "unk", "fallback", "some_fallback"):
        yield dict(model=model, pre_tokenizer=META, decoder=LLAMA_DECODER)
        yield dict(model=model, decoder=LLAMA_DECODER)
        yield dict(model=model)
    yield dict(model="affixes", pre_tokenizer={"type": "Whitespace"}, decoder={"type": "BPEDecoder", "suffix": "</w>"},
               texts=["abc ab a b c abcabc", "abab ba", "x ax", ""])
    yield dict(model="few_bytes", pre_tokenizer=byte_level(regex=False), decoder=BYTES_DECODER)


def added_token_cases():
    flags = [dict(), dict(lstrip=True), dict(rstrip=True), dict(lstrip=True, rstrip=True), dict(single_word=True), dict(normalized=True),
             dict(special=True), dict(normalized=True, lstrip=True, special=True), dict(normalized=True, single_word=True)]
    for flag in flags:
        tokens = [added(c, 600 + i, **flag) for i, c in enumerate(["<mask>", "<tok>", "<s>", "</s>", "cat", "the", "th", "\u2581", "<pad>"])]
        yield dict(model="bytes", pre_tokenizer=byte_level(), decoder=BYTES_DECODER, added_tokens=tokens)
        yield dict(model="bytes", normalizer={"type": "Lowercase"}, pre_tokenizer=byte_level(), decoder=BYTES_DECODER, added_tokens=tokens)
        yield dict(model="fallback", normalizer={"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}, decoder=LLAMA_DECODER,
                   added_tokens=tokens)
        yield dict(model="bytes", pre_tokenizer=byte_level(True), decoder=BYTES_DECODER, added_tokens=tokens, post_processor=byte_level(True, True))
    mixed = [added("<tok>", 700, normalized=True), added("<TOK>", 701), added("cat", 702, single_word=True), added("cats", 703), added("ca", 704),
             added(" ", 705, special=True), added("\n\n", 706)]
    yield dict(model="bytes", normalizer={"type": "Lowercase"}, pre_tokenizer=byte_level(), decoder=BYTES_DECODER, added_tokens=mixed)


def output_cases():
    tokens = [added("<s>", 1, special=True), added("</s>", 2, special=True)]
    trim = byte_level(False, True)
    for post in (template("<s>", "$A", "</s>"), template("$A"), template("</s>"), template("$A", "<s>", "$A"),
                 {"type": "Sequence", "processors": [trim, template("<s>", "$A")]}, {"type": "Sequence", "processors": [template("<s>", "$A"), trim]},
                 {"type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1]},
                 {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1], "trim_offsets": True, "add_prefix_space": False},
                 {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1], "trim_offsets": False, "add_prefix_space": True}):
        yield dict(model="bytes", pre_tokenizer=byte_level(), decoder=BYTES_DECODER, post_processor=post)
        yield dict(model="fallback", pre_tokenizer=META, decoder=dict(META), post_processor=post, added_tokens=tokens)
    replace = lambda kind, pattern, content: {"type": "Replace", "pattern": {kind: pattern}, "content": content}
    sequence = lambda *parts: {"type": "Sequence", "decoders": list(parts)}
    fuse, fallback = {"type": "Fuse"}, {"type": "ByteFallback"}
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    to_space = replace("String", "\u2581", " ")
    for decoder in (sequence(fallback, fuse), sequence(fuse, to_space), sequence(to_space, fuse, strip), sequence(to_space, strip),
                    sequence(fallback, to_space), sequence(replace("Regex", "[aeiou]", "_"), fuse), sequence(fuse, replace("Regex", "\\s+|t\u2581", "+")),
                    {"type": "BPEDecoder", "suffix": "e"}, sequence(to_space, fallback, fuse, {"type": "Strip", "content": " ", "start": 3, "stop": 0}),
                    sequence(fuse, {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"}), sequence(fallback, BYTES_DECODER),
                    sequence(BYTES_DECODER, strip), sequence()):
        yield dict(model="fallback", pre_tokenizer=META, decoder=decoder, added_tokens=tokens)


def rows_of(tokenizer, texts, pick):
    rows = []
    size = tokenizer.get_vocab_size()
    known = [i for i in range(size) if tokenizer.id_to_token(i) is not None]
    for text in texts:
        try:
            bare, special = tokenizer.encode(text, add_special_tokens=False), tokenizer.encode(text)
        except BaseException as error:  # a panic of the Rust code
            print(f"no row for {text!r}: {error}")
            continue
        rows.append({"text": text, "ids": bare.ids, "offsets": [list(o) for o in bare.offsets], "special": special.ids,
                     "special_offsets": [list(o) for o in special.offsets]})
    lists = [row["special"] for row in rows] + [[pick.choice(known) for _ in range(pick.randint(1, 12))] for _ in range(20)]
    decodes = []
    for ids in lists:
        if ids:
            try:
                decodes.append({"ids": ids, "all": tokenizer.decode(ids, skip_special_tokens=False), "skipped": tokenizer.decode(ids)})
            except BaseException as error:
                print(f"no decode of {ids}: {error}")
    return rows, decodes


def main():
    bpe = bpe_models()
    pick = random.Random(5)
    cases = []
    for makers in (normalizer_cases, pre_tokenizer_cases, model_cases, added_token_cases, output_cases):
        for case in makers():
            texts = case.pop("texts", TEXTS)
            parts = {key: case.get(key) for key in ("normalizer", "pre_tokenizer", "post_processor", "decoder")}
            document = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": case.get("added_tokens", []), **parts,
                        "model": bpe[case["model"]]}
            tokenizer = Tokenizer.from_str(json.dumps(document))
            rows, decodes = rows_of(tokenizer, texts, pick)
            cases.append({"kind": makers.__name__, **case, "rows": rows, "decodes": decodes})
    out = {"tokenizers": tokenizers.__version__, "models": bpe, "cases": cases}
    path = ROOT / "tests/text/tokenizers/cases.json.gz"
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(json.dumps(out, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))
    print(f"{len(cases)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
