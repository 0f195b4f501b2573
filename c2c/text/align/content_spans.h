// Where the contents of messages stand in a rendered conversation. All positions are code points.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "c2c/text/align/token_map.h"
#include "c2c/text/chat/chat_template.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c {

// One side of an alignment.
struct AlignModel {
  std::string name;  // in messages
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const ChatTemplate> chat;
};

struct AlignOptions {
  bool add_generation_prompt = true;
  std::optional<bool> enable_thinking = false;
  // End with the last message's content (an answer to go on with): the others are rendered with a generation prompt.
  // Excludes add_generation_prompt.
  bool remove_last_suffix = false;
  std::string extra_json = {};  // more template variables
};

// A conversation in one model's tokens; no special tokens are added to what the template writes.
struct RenderedChat {
  std::string text;
  Encoding encoding;  // with offsets
};
RenderedChat render_chat(const AlignModel& model, const Messages& messages, const AlignOptions& options);

// The reference's search (_compute_content_spans): a content is looked for after the previous one, best where '<' or
// the end follows. Contents that are not found, or empty, have no span.
std::vector<TextSpan> find_content_spans(const std::string& text, const Messages& messages);

// Token range [begin, end) per span: from the first token that ends after the span's begin up to the first that starts
// at or after its end (_spans_to_token_ranges).
std::vector<std::pair<std::size_t, std::size_t>> token_ranges(const std::vector<TextSpan>& offsets,
                                                              const std::vector<TextSpan>& spans);

// Our own, for `span`: what stands of each message's content in the text. The template is rendered with marks in place
// of contents, which tells exactly where they go; only where that does not explain the text, contents are searched for.
struct ContentPlace {
  TextSpan in_text;
  std::int64_t content_begin = 0;  // where in the content this starts (templates may trim it)
};
std::vector<std::optional<ContentPlace>> place_contents(const AlignModel& model, const Messages& messages,
                                                        const AlignOptions& options, const std::string& text);

}  // namespace c2c
