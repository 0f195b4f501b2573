"""What honest clients ask: questions of mixed lengths in all modes, each with the answer that it got alone."""
import random

WORDS = ("lantern harbor glacier orchard anvil quarry sparrow violin compass island baker desert needle bridge candle "
         "hammer teacher volcano whale mirror pepper ladder kettle library market pillow oyster tailor tunnel spider").split()
LENGTHS = {"short": 0, "medium": 60, "long": 300, "very long": 900}  # words in front of the question


def question(length, draw):
    story = " ".join(draw.choice(WORDS) for _ in range(LENGTHS[length]))
    return f"{story} What does the word \"{draw.choice(WORDS)}\" mean?".strip()


def body(text, mode, max_tokens=24, **more):
    return {"messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": max_tokens,
            "c2c": {"mode": mode, **({"context_tokens": 16} if mode == "t2t" else {})}, **more}


def make_jobs(seed=7):
    """Two of each length and mode, and six short ones more."""
    draw = random.Random(seed)
    kinds = [(length, mode) for length in ("short", "medium", "long") for mode in ("receiver", "c2c", "t2t")] * 2
    kinds += [("short", mode) for mode in ("receiver", "c2c", "t2t")] * 2
    return [{"kind": f"{length}, {mode}", "body": body(question(length, draw), mode)} for length, mode in kinds]


def unheard(length, draw):
    """A question that nobody else asks: no kept prompt helps with it."""
    return body(question(length, draw), draw.choice(["receiver", "c2c", "t2t"]), 200, stream=True)
