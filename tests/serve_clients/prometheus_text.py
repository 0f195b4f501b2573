"""prometheus_client reads /metrics: what the names are worth is in docs/serving.md."""
import time

WANTED = {
    "vllm:num_requests_running": "gauge", "vllm:num_requests_waiting": "gauge", "vllm:kv_cache_usage_perc": "gauge",
    "vllm:prompt_tokens": "counter", "vllm:generation_tokens": "counter", "vllm:prefix_cache_queries": "counter",
    "vllm:prefix_cache_hits": "counter", "vllm:request_success": "counter", "vllm:time_to_first_token_seconds": "histogram",
    "vllm:inter_token_latency_seconds": "histogram", "vllm:e2e_request_latency_seconds": "histogram",
    "vllm:request_queue_time_seconds": "histogram", "vllm:request_prefill_time_seconds": "histogram",
    "vllm:request_decode_time_seconds": "histogram", "c2c_answers": "counter", "c2c_fused_tokens": "counter",
    "c2c_requests_cancelled": "counter", "c2c_requests_refused": "counter", "c2c_http_requests": "counter",
}


def read(server):
    from prometheus_client.parser import text_string_to_metric_families
    return {family.name: family for family in text_string_to_metric_families(server.get("/metrics").decode())}


def total(families, name):
    return sum(sample.value for sample in families[name].samples if not sample.name.endswith("_created"))


def check_histogram(family, verdicts):
    """Buckets that never fall, and the last of them the count."""
    series = {}
    for sample in family.samples:
        labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
        series.setdefault(labels, {}).setdefault(sample.name.rsplit("_", 1)[1], []).append(sample.value)
    good = all(s["bucket"] == sorted(s["bucket"]) and s["bucket"][-1] == s["count"][0] for s in series.values())
    verdicts.check(f"{family.name} is a histogram", good, series)


def run(server, verdicts):
    try:
        before = read(server)
    except ImportError as error:
        return verdicts.skip("prometheus_client", error)
    for name, kind in WANTED.items():
        found = before.get(name)
        verdicts.check(name, found and found.type == kind and found.documentation, f"found {found}, wanted a {kind}")
    for name in (name for name, kind in WANTED.items() if kind == "histogram" and name in before):
        check_histogram(before[name], verdicts)
    # Who left a stream in an earlier check may still have a step running.
    while total(before := read(server), "vllm:num_requests_running"):
        time.sleep(0.2)
    server.ask("/v1/completions", {"prompt": "The sea is", "max_tokens": 5, "ignore_eos": True})
    after = read(server)
    grown = total(after, "vllm:generation_tokens") - total(before, "vllm:generation_tokens")
    verdicts.equal("an answer of 5 tokens adds 5", grown, 5)
    verdicts.equal("no two families of a name", len(after), len(set(after)))
