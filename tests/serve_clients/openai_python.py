"""OpenAI's client of PyPI: what it makes of our replies, streams and errors."""
QUESTION = [{"role": "user", "content": "What is a sextant?"}]


def chats(client, model, verdicts):
    plain = {"model": model, "messages": QUESTION, "max_tokens": 24, "temperature": 0}
    whole = client.chat.completions.create(**plain)
    text = whole.choices[0].message.content
    verdicts.check("chat", text and whole.usage.completion_tokens > 0, whole)
    chunks = list(client.chat.completions.create(**plain, stream=True, stream_options={"include_usage": True}))
    with_choice = [chunk.choices[0] for chunk in chunks if chunk.choices]
    verdicts.equal("streamed chat says the same", "".join(c.delta.content or "" for c in with_choice), text)
    verdicts.equal("the first chunk carries the role", with_choice[0].delta.role, "assistant")
    verdicts.equal("one finish_reason, the last", [c.finish_reason for c in with_choice if c.finish_reason],
                   [with_choice[-1].finish_reason])
    verdicts.equal("a stream ends as the whole reply", with_choice[-1].finish_reason, whole.choices[0].finish_reason)
    verdicts.equal("usage chunk", (chunks[-1].choices, chunks[-1].usage), ([], whole.usage.model_copy(
        update={"prompt_tokens_details": chunks[-1].usage.prompt_tokens_details})))
    two = client.chat.completions.create(**{**plain, "temperature": 1}, n=2, seed=7)
    verdicts.equal("n=2", [choice.index for choice in two.choices], [0, 1])
    word = text.split()[2]
    stopped = client.chat.completions.create(**plain, stop=[" " + word])
    verdicts.equal("stop", (stopped.choices[0].message.content, stopped.choices[0].finish_reason),
                   (text[:text.index(" " + word)], "stop"))
    scored = client.chat.completions.create(**plain, logprobs=True, top_logprobs=3).choices[0].logprobs.content
    verdicts.equal("logprobs: the tokens are the text", "".join(token.token for token in scored), text)
    verdicts.check("logprobs: greedy is the likeliest of three", all(
        len(token.top_logprobs) == 3 and token.top_logprobs[0].token == token.token for token in scored), scored)
    heard = client.chat.completions.create(**plain, extra_body={"c2c": {"mode": "receiver"}})
    verdicts.check("extra_body carries c2c.mode", heard.choices[0].message.content != text, text)


def completions(client, model, verdicts):
    plain = {"model": model, "prompt": "The sea is", "max_tokens": 12, "temperature": 0}
    whole = client.completions.create(**plain, logprobs=2)
    choice = whole.choices[0]
    verdicts.equal("completion's logprobs: the tokens are the text", "".join(choice.logprobs.tokens), choice.text)
    chunks = list(client.completions.create(**plain, stream=True, stream_options={"include_usage": True}))
    streamed = [chunk.choices[0] for chunk in chunks if chunk.choices]
    verdicts.equal("streamed completion says the same", "".join(c.text for c in streamed), choice.text)
    verdicts.equal("completion's usage chunk", chunks[-1].usage.completion_tokens, whole.usage.completion_tokens)
    both = client.completions.create(**{**plain, "prompt": ["The sea is", "A horse is"]}, n=2, seed=1)
    verdicts.equal("two prompts with n=2", [c.index for c in both.choices], [0, 1, 2, 3])


def errors(openai, client, server, verdicts):
    def raised(kind, name, call, param):
        try:
            call()
            verdicts.check(name, False, "no error")
        except openai.APIStatusError as error:
            verdicts.equal(name, (type(error).__name__, error.param), (kind.__name__, param))

    def ask(**more):
        return client.chat.completions.create(**{"model": server.model, "messages": QUESTION, "max_tokens": 4, **more})

    raised(openai.NotFoundError, "unknown model", lambda: ask(model="nobody"), "model")
    raised(openai.BadRequestError, "temperature out of range", lambda: ask(temperature=-1), "temperature")
    raised(openai.BadRequestError, "a wrong type", lambda: ask(max_tokens="many"), "max_tokens")
    image = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]
    raised(openai.BadRequestError, "an image part", lambda: ask(messages=image), "messages[0].content[0]")
    raised(openai.BadRequestError, "a tool", lambda: ask(tools=[{"type": "function", "function": {"name": "f"}}]), "tools")
    raised(openai.BadRequestError, "a mode that is none", lambda: ask(extra_body={"c2c": {"mode": "loud"}}), "c2c.mode")
    raised(openai.BadRequestError, "too many tokens", lambda: ask(max_tokens=10**6), "max_tokens")
    long = [{"role": "user", "content": "word " * 9000}]
    raised(openai.BadRequestError, "a prompt beyond the context", lambda: ask(messages=long), "messages")
    raised(openai.BadRequestError, "a completion's prompt beyond the context", lambda: client.completions.create(
        model=server.model, prompt="word " * 9000, max_tokens=4), "prompt")
    stranger = openai.OpenAI(base_url=server.url + "/v1", api_key="sk-wrong", max_retries=0)
    raised(openai.AuthenticationError, "a wrong key", lambda: stranger.models.list(), None)
    raised(openai.AuthenticationError, "a wrong key asks for a stream", lambda: stranger.chat.completions.create(
        model=server.model, messages=QUESTION, stream=True), None)


def run(server, verdicts):
    try:
        import openai
    except ImportError as error:
        return verdicts.skip("openai (PyPI)", error)
    client = openai.OpenAI(base_url=server.url + "/v1", api_key=server.key, max_retries=0)
    verdicts.check("models", server.model in [model.id for model in client.models.list()])
    chats(client, server.model, verdicts)
    completions(client, server.model, verdicts)
    errors(openai, client, server, verdicts)
