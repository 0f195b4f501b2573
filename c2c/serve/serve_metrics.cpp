#include "c2c/serve/serve_metrics.h"

namespace c2c {
namespace {

using api::Exposition;
using api::Labels;

const std::vector<double> kLong = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640};
const std::vector<double> kShort = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

void gauge(Exposition& out, const char* name, const char* help, double value) {
  out.begin(name, Exposition::Kind::kGauge, help);
  out.value({}, value);
}

void counter(Exposition& out, const char* name, const char* help, double value) {
  out.begin(name, Exposition::Kind::kCounter, help);
  out.value({}, value);
}

void write_engine(Exposition& out, const EngineStats& e) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  gauge(out, "vllm:num_requests_running", "Requests that are read or decoded.", number(e.running));
  gauge(out, "vllm:num_requests_waiting", "Requests that wait in the line.", number(e.waiting));
  gauge(out, "vllm:kv_cache_usage_perc", "Kept prompts' share of the memory set aside for them (1: all).",
        e.prefix.budget > 0 ? number(e.prefix.bytes) / number(e.prefix.budget) : 0);
  counter(out, "vllm:prompt_tokens_total", "Prompt tokens of the models that answer, those taken from caches included.",
          number(e.prompt_tokens));
  counter(out, "vllm:generation_tokens_total", "Tokens made.", number(e.generated_tokens));
  counter(out, "vllm:prefix_cache_queries_total", "Prompt tokens that were looked for in caches.",
          number(e.prompt_tokens));
  counter(out, "vllm:prefix_cache_hits_total", "Prompt tokens that were found in caches.",
          number(e.reused_receiver_tokens));
  counter(out, "c2c_sharer_prompt_tokens_total", "Prompt tokens of sharers that somebody heard.",
          number(e.sharer_tokens));
  counter(out, "c2c_sharer_reused_tokens_total", "Of them, those found in caches.", number(e.reused_sharer_tokens));
  counter(out, "c2c_sharer_prefill_seconds_total", "Seconds in which sharers read prompts.", e.prefill.sharer_prefill);
  counter(out, "c2c_receiver_prefill_seconds_total", "Seconds in which receivers read prompts.",
          e.prefill.receiver_prefill);
  counter(out, "c2c_fuse_seconds_total", "Seconds in which fusers wrote into caches.", e.prefill.fuse);
  counter(out, "c2c_decode_seconds_total", "Seconds in which tokens were made.", e.decode_seconds);
  counter(out, "c2c_decode_steps_total", "Passes that made a token for each of their rows.", number(e.decode_steps));
  counter(out, "c2c_decode_rows_total", "Rows of those passes: rows / steps is the batch that requests got.",
          number(e.decode_rows));
  counter(out, "c2c_engine_cancelled_total", "Requests that the engine ended early.", number(e.cancelled));
  counter(out, "c2c_engine_failed_total", "Requests that failed in the engine.", number(e.failed));
  counter(out, "c2c_engine_refused_total", "Requests that found the engine's line full.", number(e.refused));
  counter(out, "c2c_prompt_cache_evictions_total", "Kept prompts that made room for others.",
          number(e.prefix.evictions));
  gauge(out, "c2c_prompt_cache_bytes", "Bytes of kept prompts.", number(e.prefix.bytes));
}

}  // namespace

ServeMetrics::ServeMetrics()
    : success_("vllm:request_success_total", "Answers that were finished, by why they ended."),
      http_requests_("c2c_http_requests_total", "HTTP requests, by route and status."),
      fused_tokens_("c2c_fused_tokens_total", "Receiver tokens that heard at least one sharer."),
      answers_("c2c_answers_total", "Answers that were finished, by mode."),
      context_tokens_("c2c_context_tokens_total", "Tokens that sharers wrote as text (text-to-text)."),
      cancelled_("c2c_requests_cancelled_total", "Requests whose client left before the answer was whole."),
      refused_("c2c_requests_refused_total", "Requests that were told to come back later."),
      first_token_("vllm:time_to_first_token_seconds", "From a request to its answer's first token.", kLong),
      between_tokens_("vllm:inter_token_latency_seconds", "Between two tokens of an answer.", kShort),
      whole_("vllm:e2e_request_latency_seconds", "From a request to the end of an answer.", kLong),
      queued_("vllm:request_queue_time_seconds", "In the engine's line.", kLong),
      prefill_("vllm:request_prefill_time_seconds", "Sharers and receiver reading, and fusing.", kLong),
      decode_("vllm:request_decode_time_seconds", "From the first token to the last.", kLong) {}

void ServeMetrics::count_request(const api::AccessRecord& record) {
  http_requests_.add({{"route", record.route}, {"status", std::to_string(record.status)}});
  if (record.status == 429) refused_.add({});
  if (record.finish == "cancelled") cancelled_.add({});
}

void ServeMetrics::count_answer(const api::AccessRecord& record, const std::string& finish,
                                const api::AnswerTimings& timings, const std::vector<double>& token_times,
                                double total) {
  const Labels model = {{"model_name", record.model}};
  success_.add({{"finished_reason", finish}, {"model_name", record.model}});
  answers_.add({{"mode", record.mode}, {"model_name", record.model}});
  fused_tokens_.add(model, static_cast<double>(timings.fused_n));
  context_tokens_.add(model, static_cast<double>(timings.context_n));
  if (!token_times.empty()) first_token_.observe(model, token_times.front());
  for (std::size_t i = 1; i < token_times.size(); ++i)
    between_tokens_.observe(model, token_times[i] - token_times[i - 1]);
  whole_.observe(model, total);
  queued_.observe(model, timings.queue);
  prefill_.observe(model, timings.sharer_prefill + timings.receiver_prefill + timings.fuse);
  decode_.observe(model, timings.decode);
}

std::string ServeMetrics::text(const EngineStats& engine, int connections) const {
  Exposition out;
  write_engine(out, engine);
  gauge(out, "c2c_http_connections", "Open connections.", connections);
  for (const api::Counter* one :
       {&success_, &http_requests_, &answers_, &fused_tokens_, &context_tokens_, &cancelled_, &refused_})
    one->write(out);
  for (const api::Histogram* one : {&first_token_, &between_tokens_, &whole_, &queued_, &prefill_, &decode_})
    one->write(out);
  return out.take();
}

}  // namespace c2c
