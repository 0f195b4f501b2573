#include "c2c/text/tokenizers/post_processors.h"

#include <algorithm>

#include "c2c/base/utf8.h"
#include "c2c/text/tokenizers/byte_alphabet.h"
#include "c2c/text/tokenizers/char_classes.h"

namespace c2c::tok {
namespace {

using Steps = std::vector<std::shared_ptr<const PostProcessor>>;

// process_offsets in byte_level.rs.
class TrimStep final : public PostProcessor {
 public:
  explicit TrimStep(bool add_prefix_space) : add_prefix_space_(add_prefix_space) {}
  bool trims_offsets() const override { return true; }
  void apply(Draft& draft, bool) const override {
    auto& offsets = draft.encoding.offsets;
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      auto [leading, trailing] = draft.spaces[i];
      TextSpan& span = offsets[i];
      // The space that add_prefix_space put there is not in the text.
      if (leading == 1 && add_prefix_space_ && (i == 0 || span.begin == 0)) leading = 0;
      if (leading > 0) span.begin = std::min(span.begin + leading, span.end);
      if (trailing > 0 && span.end >= trailing) span.end = std::max(span.end - trailing, span.begin);
    }
  }

 private:
  bool add_prefix_space_;
};

// Tokens before and after the text's own, which may stand there several times or not at all.
class TemplateStep final : public PostProcessor {
 public:
  struct Part {
    bool is_text = false;
    std::vector<TokenId> ids;
    std::vector<Draft::Spaces> spaces;
  };
  explicit TemplateStep(std::vector<Part> parts) : parts_(std::move(parts)) {}
  void apply(Draft& draft, bool add_special_tokens) const override {
    Draft out;
    out.offsets = draft.offsets;
    for (const Part& part : parts_) {
      if (part.is_text) {
        append(out.encoding.ids, draft.encoding.ids);
        append(out.encoding.offsets, draft.encoding.offsets);
        append(out.spaces, draft.spaces);
      } else if (add_special_tokens) {
        append(out.encoding.ids, part.ids);
        if (draft.offsets) out.encoding.offsets.resize(out.encoding.offsets.size() + part.ids.size());
        append(out.spaces, part.spaces);
      }
    }
    draft = std::move(out);
  }

 private:
  template <class T>
  static void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
  }
  std::vector<Part> parts_;
};

TokenId token_id(const ConfigPart& part, const Json& value) {
  if (!value.is_number_integer() || value < 0 || value > 0x7FFFFFFF) part.fail("ids", show(value), "token ids");
  return value.get<TokenId>();
}

TemplateStep::Part special_part(const ConfigPart& special) {
  TemplateStep::Part out;
  const Json* tokens = special.find("tokens");
  for (const ConfigPart& id : special.list("ids")) {
    const std::size_t i = out.ids.size();
    out.ids.push_back(token_id(special, id.json));
    const bool named = tokens != nullptr && tokens->is_array() && i < tokens->size() && (*tokens)[i].is_string();
    out.spaces.push_back(named ? spaces_around((*tokens)[i].get<std::string>()) : Draft::Spaces{});
  }
  return out;
}

Steps make_template(const ConfigPart& part) {
  std::vector<TemplateStep::Part> parts;
  for (const ConfigPart& piece : part.list("single")) {
    if (piece.find("Sequence") != nullptr) {
      const std::string id = piece.child("Sequence").text("id");
      if (id != "A") piece.fail("Sequence.id", id, "A: a template for one text has no other");
      parts.push_back({.is_text = true});
    } else {
      const std::string id = piece.child("SpecialToken").text("id");
      const ConfigPart tokens = part.child("special_tokens");
      if (tokens.find(id) == nullptr) piece.fail("SpecialToken.id", id, "one of the template's special_tokens");
      parts.push_back(special_part(tokens.child(id)));
    }
  }
  return {std::make_shared<TemplateStep>(std::move(parts))};
}

// ["<s>", 0]
TemplateStep::Part pair_part(const ConfigPart& part, std::string_view field) {
  const Json* pair = part.find(field);
  if (pair == nullptr || !pair->is_array() || pair->size() != 2 || !(*pair)[0].is_string())
    part.fail(field, pair == nullptr ? "nothing" : show(*pair), "[token, id]");
  return {.ids = {token_id(part, (*pair)[1])}, .spaces = {spaces_around((*pair)[0].get<std::string>())}};
}

Steps make_bert(const ConfigPart& part, bool roberta) {
  Steps steps;
  if (roberta && part.flag("trim_offsets", true))
    steps.push_back(std::make_shared<TrimStep>(part.flag("add_prefix_space", true)));
  steps.push_back(std::make_shared<TemplateStep>(
      std::vector<TemplateStep::Part>{pair_part(part, "cls"), {.is_text = true}, pair_part(part, "sep")}));
  return steps;
}

}  // namespace

Draft::Spaces spaces_around(std::string_view token) {
  const auto is_space = [&classes = CharClasses::get()](char32_t c) {
    return c == byte_alphabet()[' '] || classes.is(c, kSpace);
  };
  const std::u32string chars = to_utf32(token);
  const auto leading = std::find_if_not(chars.begin(), chars.end(), is_space) - chars.begin();
  const auto trailing = std::find_if_not(chars.rbegin(), chars.rend(), is_space) - chars.rbegin();
  return {leading, trailing};
}

Steps make_post_processors(const ConfigPart& part) {
  const std::string type = part.type();
  if (type == "Sequence") {
    Steps steps;
    for (const ConfigPart& element : part.list("processors"))
      for (auto& step : make_post_processors(element)) steps.push_back(std::move(step));
    return steps;
  }
  if (type == "TemplateProcessing") return make_template(part);
  if (type == "ByteLevel") {
    if (!part.flag("trim_offsets", true)) return {};
    return {std::make_shared<TrimStep>(part.flag("add_prefix_space", true))};
  }
  if (type == "BertProcessing" || type == "RobertaProcessing") return make_bert(part, type == "RobertaProcessing");
  part.fail("type", type, "TemplateProcessing, ByteLevel, BertProcessing, RobertaProcessing or Sequence");
}

}  // namespace c2c::tok
