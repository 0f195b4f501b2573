#include "c2c/serve/api/generation_fields.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace c2c::api {
namespace {

constexpr std::int64_t kMostTokens = std::int64_t{1} << 31;
constexpr std::size_t kMostStopBytes = 1024, kMostBiases = 1024, kMostSharers = 64;
constexpr std::int64_t kMostId = std::numeric_limits<std::int32_t>::max();

std::optional<std::vector<std::string>> read_stop(const Fields& fields) {
  const Json* value = fields.find("stop");
  if (value == nullptr) return {};
  std::vector<std::string> stops;
  const auto take = [&](const Json& one, const std::string& path) {
    if (!one.is_string()) fail_field(path, describe(one), "a string");
    stops.push_back(one.get<std::string>());
    if (stops.back().size() > kMostStopBytes)
      fail_field(path, std::to_string(stops.back().size()) + " bytes", "at most " + std::to_string(kMostStopBytes));
  };
  if (!value->is_array()) {
    if (!value->is_string()) fail_field(fields.path("stop"), describe(*value), "a string or a list of strings");
    take(*value, fields.path("stop"));
    return stops;
  }
  if (value->size() > kMostStops)
    fail_field(fields.path("stop"), std::to_string(value->size()) + " strings",
               "at most " + std::to_string(kMostStops));
  for (std::size_t i = 0; i < value->size(); ++i)
    take((*value)[i], fields.path("stop") + "[" + std::to_string(i) + "]");
  return stops;
}

std::vector<std::pair<std::int64_t, double>> read_logit_bias(const Fields& fields) {
  std::vector<std::pair<std::int64_t, double>> out;
  const Json* value = fields.find("logit_bias");
  if (value == nullptr) return out;
  const std::string path = fields.path("logit_bias");
  if (!value->is_object()) fail_field(path, describe(*value), "an object of token ids and numbers");
  if (value->size() > kMostBiases)
    fail_field(path, std::to_string(value->size()) + " tokens", "at most " + std::to_string(kMostBiases));
  for (const auto& [key, bias] : value->items()) {
    std::int64_t id = -1;
    const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (code != std::errc() || end != key.data() + key.size() || id < 0 || id > kMostId)
      fail_field(path, "key \"" + key + "\"", "a token id");
    if (!bias.is_number() || !(bias.get<double>() >= -100 && bias.get<double>() <= 100))
      fail_field(path + "." + key, describe(bias), "a number from -100 to 100");
    out.emplace_back(id, bias.get<double>());
  }
  return out;
}

void read_stream(const Fields& fields, GenerationFields& out) {
  out.stream = fields.boolean("stream").value_or(false);
  const Json* options = fields.find("stream_options");
  if (options == nullptr) return;
  const Fields inside(*options, fields.path("stream_options"));
  out.include_usage = inside.boolean("include_usage").value_or(false);
  if (!out.stream) fail_field(fields.path("stream_options"), "stream false", "stream true beside it");
}

void read_sharers(const Fields& fields, C2cFields& out) {
  const Json* value = fields.find("sharers");
  if (value == nullptr) return;
  const std::string path = fields.path("sharers");
  if (!value->is_array()) fail_field(path, describe(*value), "a list of names or numbers");
  if (value->size() > kMostSharers)
    fail_field(path, std::to_string(value->size()) + " entries", "at most " + std::to_string(kMostSharers));
  out.sharers.emplace();
  for (std::size_t i = 0; i < value->size(); ++i) {
    const Json& one = (*value)[i];
    if (one.is_string())
      out.sharers->emplace_back(one.get<std::string>());
    else if (one.is_number_integer() && one >= 1 && one <= static_cast<std::int64_t>(kMostSharers))
      out.sharers->emplace_back(one.get<std::int64_t>());
    else
      fail_field(path + "[" + std::to_string(i) + "]", describe(one), "a name, or a number from 1");
  }
  if (out.mask) fail_field(path, "mask beside it", "one of sharers and mask");
}

std::optional<std::string> choice(const Fields& fields, const char* name, const std::vector<std::string>& known) {
  std::optional<std::string> value = fields.text(name);
  if (!value || std::find(known.begin(), known.end(), *value) != known.end()) return value;
  std::string expected;
  for (const std::string& one : known) expected += (expected.empty() ? "one of " : ", ") + one;
  fail_field(fields.path(name), "string \"" + *value + "\"", expected);
}

}  // namespace

GenerationFields read_generation(const Fields& fields) {
  GenerationFields out;
  out.max_tokens = fields.integer("max_tokens", 0, kMostTokens);
  if (const auto newer = fields.integer("max_completion_tokens", 0, kMostTokens)) {
    if (out.max_tokens && *out.max_tokens != *newer)
      fail_field("max_completion_tokens",
                 std::to_string(*newer) + ", but max_tokens " + std::to_string(*out.max_tokens), "one of the two");
    out.max_tokens = newer;
  }
  out.temperature = fields.number("temperature", 0, 100);
  out.top_p = fields.number("top_p", 1e-9, 1);
  out.top_k = fields.integer("top_k", -1, kMostId);
  out.min_p = fields.number("min_p", 0, 1);
  out.presence_penalty = fields.number("presence_penalty", -2, 2);
  out.frequency_penalty = fields.number("frequency_penalty", -2, 2);
  out.repetition_penalty = fields.number("repetition_penalty", 0.01, 100);
  out.seed = fields.integer("seed", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  out.choices = fields.integer("n", 1, kMostChoices).value_or(1);
  out.stop = read_stop(fields);
  out.logit_bias = read_logit_bias(fields);
  out.ignore_eos = fields.boolean("ignore_eos");
  fields.text("user");
  read_stream(fields, out);
  return out;
}

C2cFields read_c2c(const Fields& fields) {
  C2cFields out;
  const Json* value = fields.find("c2c");
  if (value == nullptr) return out;
  const Fields inside(*value, fields.path("c2c"));
  inside.allow_only({"mode", "sharers", "mask", "fusion", "control", "context_tokens"});
  out.mode = choice(inside, "mode", {"c2c", "receiver", "sharer", "t2t", "control"});
  out.fusion = choice(inside, "fusion", {"sequential", "parallel"});
  out.control = inside.text("control");
  out.context_tokens = inside.integer("context_tokens", 1, kMostTokens);
  if (const Json* mask = inside.find("mask")) {
    if (mask->is_number_unsigned())
      out.mask = std::to_string(mask->get<std::uint64_t>());
    else if (mask->is_string())
      out.mask = mask->get<std::string>();
    else
      fail_field(inside.path("mask"), describe(*mask), "\"all\", \"none\" or a bit mask");
  }
  read_sharers(inside, out);
  return out;
}

}  // namespace c2c::api
