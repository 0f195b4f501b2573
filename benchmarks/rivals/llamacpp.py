#!/usr/bin/env python3
"""llama.cpp (PyPI llama-cpp-python): prefill and decode of one GGUF file, held as it is or requantized by its own tool.

    llamacpp.py FILE.gguf [f32|bf16|Q8_0|Q4_0] [--cache FOLDER] [--context TOKENS]
"""
import argparse
import time

from answers import cached, serve, token_ids


def requantize(packing):
    def make(source, target):
        import llama_cpp

        types = {"f32": llama_cpp.LLAMA_FTYPE_ALL_F32, "bf16": llama_cpp.LLAMA_FTYPE_MOSTLY_BF16,
                 "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0, "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0}
        options = llama_cpp.llama_model_quantize_default_params()
        options.ftype = types[packing]
        options.allow_requantize = True
        if llama_cpp.llama_model_quantize(source.encode(), target.encode(), options) != 0:
            raise RuntimeError(f"llama_model_quantize to {packing} failed")

    return make


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("packing", nargs="?", default="bf16", choices=["f32", "bf16", "Q8_0", "Q4_0"])
    parser.add_argument("--cache", default=".")
    parser.add_argument("--context", type=int, default=1024)
    options = parser.parse_args()

    def start():
        import llama_cpp

        path = cached(options.cache, options.file, options.packing + ".gguf", requantize(options.packing))
        models = {}  # by threads and prompt: n_batch takes the whole prompt

        def model(prompt, threads):
            if (prompt, threads) not in models:
                models.clear()
                models[prompt, threads] = llama_cpp.Llama(
                    model_path=path, n_ctx=options.context, n_threads=threads, n_threads_batch=threads,
                    n_batch=prompt, n_ubatch=512, verbose=False, logits_all=False)
            return models[prompt, threads]

        def answer(prompt, new, threads):
            llama, tokens = model(prompt, threads), token_ids(prompt + new)
            llama.reset()
            begin = time.perf_counter()
            llama.eval(tokens[:prompt])
            middle = time.perf_counter()
            for token in tokens[prompt:]:
                llama.eval([token])
            return {"prefill": middle - begin, "decode": (time.perf_counter() - middle) / new}

        def score(texts, threads):
            import numpy

            models.clear()
            longest = max(len(text["ids"]) for text in texts)
            llama = llama_cpp.Llama(model_path=path, n_ctx=longest, n_threads=threads, n_threads_batch=threads,
                                    n_batch=longest, n_ubatch=longest, verbose=False, logits_all=True)
            sums = []
            for text in texts:
                llama.reset()
                llama.eval(text["ids"])
                places = numpy.array(text["at"])
                logits = numpy.array(llama.scores[places - 1], dtype=numpy.float64)
                top = logits.max(axis=1, keepdims=True)
                whole = top[:, 0] + numpy.log(numpy.exp(logits - top).sum(axis=1))
                labels = numpy.array(text["ids"])[places]
                sums.append(float((whole - logits[numpy.arange(len(places)), labels]).sum()))
            return sums

        return {"package": "llama-cpp-python " + llama_cpp.__version__,
                "system": llama_cpp.llama_print_system_info().decode().strip()}, answer, score

    serve(start)


if __name__ == "__main__":
    main()
