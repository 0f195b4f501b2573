#include "c2c/cli/inspect_print.h"

#include <cstdio>

#include "c2c/cli/report.h"

namespace c2c::cli {
namespace {

using Json = nlohmann::ordered_json;

template <class... Values>
std::string format(const char* pattern, Values... values) {
  char text[1024];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump(value);
}

// One line, control characters escaped.
std::string quoted(const Json& value) {
  return dump(value);
}

void print_pairs(std::ostream& out, const Json& json, const std::string& indent) {
  for (const auto& item : json.items()) out << indent << item.key() << ": " << text_of(item.value()) << '\n';
}

void print_model(std::ostream& out, const Json& json) {
  out << json["path"].get<std::string>() << '\n';
  print_pairs(out, json["config"], "  ");
  out << format("\n  %-52s %-6s %-20s %11s %11s %11s\n", "tensor", "type", "shape", "min", "max", "rms");
  for (const Json& tensor : json["tensors"])
    out << format("  %-52s %-6s %-20s %11.4g %11.4g %11.4g%s\n", tensor["name"].get<std::string>().c_str(),
                  tensor["type"].get<std::string>().c_str(), dump(tensor["shape"]).c_str(), tensor["min"].get<double>(),
                  tensor["max"].get<double>(), tensor["rms"].get<double>(),
                  tensor.contains("not_finite") ? "  NOT FINITE" : "");
  out << format("\n  %zu tensors read, %s\n\nmemory\n", json["tensors"].size(),
                json["ok"].get<bool>() ? "all finite" : "some elements are NaN or infinite");
  for (const auto& item : json["memory"].items()) {
    const auto bytes = item.value().get<std::int64_t>();
    out << "  " << item.key() << ": " << bytes << format(" (%.1f MiB)\n", static_cast<double>(bytes) / (1 << 20));
  }
}

void print_tokenizer(std::ostream& out, const Json& json) {
  for (const auto& item : json.items())
    if (item.key() != "tokens") out << item.key() << ": " << quoted(item.value()) << '\n';
  if (!json.contains("tokens")) return;
  for (const Json& token : json["tokens"])
    out << format("  %8lld  %5lld-%-5lld ", token["id"].get<long long>(), token["span"][0].get<long long>(),
                  token["span"][1].get<long long>())
        << quoted(token["token"]) << '\n';
}

void print_sharer(std::ostream& out, const Json& sharer, const Json& projectors) {
  out << format("sharer %lld", sharer["sharer_index"].get<long long>()) << ": " << text_of(sharer["receiver"])
      << " hears " << text_of(sharer["sharer"]) << "; align " << text_of(sharer["align"]) << ", fusion "
      << text_of(sharer["fusion"]) << ", include_response " << text_of(sharer["include_response"])
      << ", sharer layers needed " << text_of(sharer["sharer_layers_needed"]) << '\n';
  out << format("  %8s %8s %9s  %-18s %-7s %s\n", "layer", "sharer", "projector", "class", "state", "gates");
  for (const auto& item : sharer["layers"].items()) {
    const auto index = item.value()["projector"].get<std::size_t>();
    const Json& projector = projectors.at(index);
    out << format("  %8s %8lld %9zu  %-18s %-7s", item.key().c_str(), item.value()["sharer_layer"].get<long long>(),
                  index, projector["class"].get<std::string>().c_str(),
                  projector["closed"].get<bool>() ? "closed" : "open");
    for (const auto& part : projector.items())
      if (part.key().ends_with("gate_logit") || part.key().ends_with("_weight"))
        out << ' ' << part.key() << ' '
            << (part.value().is_number() ? format("%+.4f", part.value().get<double>()) : dump(part.value()));
    out << '\n';
  }
}

void print_changes(std::ostream& out, const Json& fusion) {
  out << "what this prompt's fuse changed: |after - before| / |before|, all heads and per head\n";
  const auto heads = [&](const Json& values) {
    std::string text;
    for (const Json& value : values.is_array() ? values : Json::array({values}))
      text += format(" %6.3f", value.get<double>());
    return text;
  };
  for (const Json& row : fusion)
    out << format("  sharer %lld layer %3lld  key %6.3f [", row["sharer"].get<long long>(),
                  row["layer"].get<long long>(), row["key_change"].get<double>())
        << heads(row["key_change_per_head"]) << format(" ]  value %6.3f [", row["value_change"].get<double>())
        << heads(row["value_change_per_head"]) << " ]\n";
}

void print_fuser(std::ostream& out, const Json& json) {
  out << json["path"].get<std::string>() << '\n';
  for (const Json& sharer : json["sharers"]) print_sharer(out, sharer, json["projectors"]);
  out << format("%zu projectors, %lld closed, %.1f MiB, %s\n", json["projectors"].size(),
                json["closed_projectors"].get<long long>(),
                static_cast<double>(json["weight_bytes"].get<std::int64_t>()) / (1 << 20),
                json["ok"].get<bool>() ? "all finite" : "some elements are NaN or infinite");
  if (json.contains("fusion")) print_changes(out, json["fusion"]);
}

void print_alignment(std::ostream& out, const Json& json) {
  out << "alignment " << dump(json["alignment"]) << '\n';
  for (const Json& section : json["sections"])
    out << "  section of " << text_of(section["tokens"]) << " tokens: " << text_of(section["mask"]) << '\n';
  for (const Json& row : json["tokens"]) {
    out << format("  %5lld %7lld ", row["index"].get<long long>(), row["id"].get<long long>());
    std::string token = row.contains("padding") ? "(padding)" : quoted(row["token"]);
    token.resize(std::max<std::size_t>(token.size(), 22), ' ');
    out << token;
    for (const Json& heard : row["hears"])
      out << " <- sharer " << text_of(heard["sharer"]) << " [" << text_of(heard["index"]) << "] "
          << (heard.contains("padding") ? "(padding)" : quoted(heard["token"]));
    out << '\n';
  }
}

}  // namespace

void print_inspection(std::ostream& out, const std::string& what, const Json& json) {
  if (what == "model") return print_model(out, json);
  if (what == "tokenizer") return print_tokenizer(out, json);
  if (what == "fuser") return print_fuser(out, json);
  print_alignment(out, json);
}

}  // namespace c2c::cli
