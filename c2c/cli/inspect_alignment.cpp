#include "c2c/cli/inspect.h"

namespace c2c::cli {

using Json = nlohmann::ordered_json;

Json inspect_alignment(Session& session, const Request& request) {
  const SectionPlan plan = session.plan(request);
  const Tokenizer& receiver = *session.receiver_text().tokenizer;
  Json json;
  json["alignment"] = Json::array();
  for (std::size_t s = 0; s < plan.sharers.size(); ++s) json["alignment"].push_back(session.alignment(s));
  json["sections"] = Json::array();
  for (const Section& section : plan.sections)
    json["sections"].push_back({{"tokens", section.length}, {"mask", describe_mask(section.mask)}});
  json["tokens"] = Json::array();
  std::size_t section = 0;
  std::int64_t left = plan.sections.empty() ? 0 : plan.sections[0].length;
  for (std::size_t i = 0; i < plan.ids.size(); ++i) {
    while (left == 0 && section + 1 < plan.sections.size()) left = plan.sections[++section].length;
    --left;
    Json row = {{"index", i}, {"id", plan.ids[i]}, {"token", receiver.decode({plan.ids[i]})}};
    if (!plan.padding.empty() && plan.padding[i]) row["padding"] = true;
    row["hears"] = Json::array();
    for (std::size_t s = 0; s < plan.sharers.size(); ++s) {
      const SharerPlan& sharer = plan.sharers[s];
      const std::int64_t source = sharer.source.empty() ? static_cast<std::int64_t>(i) : sharer.source[i];
      if ((plan.sections[section].mask >> s & 1) == 0 || source < 0) continue;
      const auto at = static_cast<std::size_t>(source);
      Json entry = {{"sharer", s + 1}, {"index", source}, {"id", sharer.ids.at(at)}};
      entry["token"] = session.sharer_text(s).tokenizer->decode({sharer.ids[at]});
      if (!sharer.padding.empty() && sharer.padding[at]) entry["padding"] = true;
      row["hears"].push_back(std::move(entry));
    }
    json["tokens"].push_back(std::move(row));
  }
  return json;
}

}  // namespace c2c::cli
