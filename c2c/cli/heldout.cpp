#include "c2c/cli/heldout.h"

#include <cstdio>

#include "c2c/base/error.h"
#include "c2c/io/config/parse_text.h"

namespace c2c::cli {

HeldOut read_heldout(const std::filesystem::path& path) {
  const auto json = parse_json_text(path.string(), read_config_file(path));
  HeldOut heldout;
  const auto pairs = json.is_object() ? json.find("held_out_pairs") : json.end();
  if (pairs == json.end() || !pairs->is_array())
    fail_input(
        {.where = path.string(), .key = "held_out_pairs", .found = "no list", .expected = "[[word, gloss], ...]"});
  for (const auto& pair : *pairs) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string())
      fail_input({.where = path.string(), .key = "held_out_pairs", .found = pair.dump(), .expected = "[word, gloss]"});
    heldout.pairs.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  }
  const auto log = json.find("log");
  if (log == json.end() || !log->is_array()) return heldout;
  for (const auto& entry : *log) {
    const auto number = [&](const char* key) {
      const auto found = entry.is_object() ? entry.find(key) : entry.end();
      return found != entry.end() && found->is_number() ? found->get<double>() : -1.0;
    };
    const HeldOutLoss loss{number("receiver"), number("fused"), number("shuffled")};
    if (loss.receiver > 0 && loss.fused > 0 && loss.shuffled > 0) heldout.loss = loss;  // the last one is the end
  }
  return heldout;
}

std::string question_about(const std::string& word) {
  return "What does the word \"" + word + "\" mean?";
}

std::string describe(const HeldOutLoss& loss) {
  const double gain = loss.receiver - loss.fused, control = loss.receiver - loss.shuffled;
  char text[512];
  std::snprintf(
      text, sizeof text,
      "On held-out words the receiver alone has a token cross-entropy of %.3f nats, C2C %.3f, and C2C with "
      "another question's cache %.3f:\n%.0f %% of the gain is the task's format, which any cache brings; what "
      "the sharer said is worth %.3f nats.",
      loss.receiver, loss.fused, loss.shuffled, gain > 0 ? 100 * control / gain : 0.0, loss.shuffled - loss.fused);
  return text;
}

}  // namespace c2c::cli
