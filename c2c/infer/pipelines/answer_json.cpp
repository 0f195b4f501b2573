#include <cmath>

#include "c2c/infer/pipelines/session.h"

namespace c2c {

nlohmann::ordered_json answer_to_json(const Answer& answer) {
  const auto milliseconds = [](double seconds) { return std::round(seconds * 1e6) / 1e3; };
  nlohmann::ordered_json json;
  json["mode"] = answer.mode;
  json["text"] = answer.text;
  json["tokens"] = answer.ids;
  json["finish_reason"] = answer.finish;
  json["usage"] = {{"prompt_tokens", answer.prompt_tokens},
                   {"completion_tokens", answer.ids.size()},
                   {"fused_tokens", answer.fused_tokens},
                   {"prompt_tokens_details", {{"cached_tokens", answer.reused_tokens}}}};
  if (answer.mode == "t2t") {
    json["context"] = answer.context;
    json["usage"]["context_tokens"] = answer.context_tokens;
  }
  if (answer.unaligned) json["unaligned"] = true;
  const Timings& t = answer.timings;
  json["timings"] = {{"sharer_prefill_ms", milliseconds(t.sharer_prefill)},
                     {"receiver_prefill_ms", milliseconds(t.receiver_prefill)},
                     {"fuse_ms", milliseconds(t.fuse)},
                     {"context_ms", milliseconds(t.context)},
                     {"decode_ms", milliseconds(t.decode)},
                     {"ttft_ms", milliseconds(t.first_token)},
                     {"total_ms", milliseconds(t.total)},
                     {"tokens_per_second", std::round(t.tokens_per_second * 100) / 100}};
  return json;
}

}  // namespace c2c
