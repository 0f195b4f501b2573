#include "c2c/text/align/content_spans.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c {
namespace {

constexpr std::size_t kNowhere = std::u32string::npos;

// Occurrences of one text in another, found one after the other in linear time (Knuth, Morris and Pratt): contents are
// what users send, and plain search is quadratic on texts such as "aaaa...".
class Occurrences {
 public:
  Occurrences(const std::u32string& text, const std::u32string& what)
      : text_(text), what_(what), border_(what.size() + 1) {
    for (std::size_t i = 1, k = 0; i < what.size(); ++i) {
      while (k > 0 && what[i] != what[k]) k = border_[k];
      if (what[i] == what[k]) ++k;
      border_[i + 1] = k;
    }
  }

  // The occurrences that begin at or after `from`, overlaps too, until `take` returns true; its begin, or kNowhere.
  template <class Take>
  std::size_t find(std::size_t from, Take take) const {
    for (std::size_t i = from, k = 0; i < text_.size(); ++i) {
      while (k > 0 && text_[i] != what_[k]) k = border_[k];
      if (text_[i] == what_[k]) ++k;
      if (k < what_.size()) continue;
      const std::size_t begin = i + 1 - k;
      if (take(begin)) return begin;
      k = border_[k];
    }
    return kNowhere;
  }

 private:
  const std::u32string& text_;
  const std::u32string& what_;
  std::vector<std::size_t> border_;
};

// The reference does not take a match that looks like the inside of "<begin_of_text>" or the like.
bool inside_begin_of_text(const std::u32string& text, std::size_t at) {
  const auto near = [&](std::size_t back, std::size_t ahead) {
    const std::size_t begin = at - std::min(at, back);
    return text.substr(begin, at + ahead - begin);
  };
  const std::u32string before = near(10, 0);
  return before.find(U'<') != kNowhere && before.find(U'>') == kNowhere &&
         near(20, 20).find(U"begin_of_text") != kNowhere;
}

std::optional<std::size_t> find_content(const std::u32string& text, const std::u32string& content, std::size_t from) {
  const Occurrences occurrences(text, content);
  const auto any = [](std::size_t) { return true; };
  std::size_t at = occurrences.find(from, [&](std::size_t begin) {
    const std::size_t end = begin + content.size();
    return end == text.size() || text[end] == U'<';
  });
  if (at != kNowhere) return at;
  at = occurrences.find(from, any);
  if (at == kNowhere) at = occurrences.find(0, any);
  if (at == kNowhere || inside_begin_of_text(text, at)) return std::nullopt;
  return at;
}

TextSpan span_of(std::size_t begin, std::size_t size) {
  return {static_cast<std::int64_t>(begin), static_cast<std::int64_t>(begin + size)};
}

// What a template may leave of a content: all, or without white space at one end or both.
struct Trimmed {
  std::u32string text;
  std::size_t begin;
};
std::vector<Trimmed> ways_to_trim(const std::u32string& content) {
  std::size_t begin = 0, end = content.size();
  while (begin < end && jinja::is_space(content[begin])) ++begin;
  while (end > begin && jinja::is_space(content[end - 1])) --end;
  std::vector<Trimmed> ways{{content, 0}};
  if (begin > 0 || end < content.size()) ways.push_back({content.substr(begin, end - begin), begin});
  if (begin > 0 && end < content.size()) {
    ways.push_back({content.substr(0, end), 0});
    ways.push_back({content.substr(begin), begin});
  }
  return ways;
}

// A mark that no template changes: private-use characters around the message's number.
std::u32string mark_of(std::size_t index) {
  std::u32string mark(1, U'\uE0C2');
  for (const char c : std::to_string(index)) mark += static_cast<char32_t>(c);
  return mark + U'\uE0C3';
}

std::string template_text(const AlignModel& model, const Messages& messages, const AlignOptions& options) {
  const RenderOptions render{.add_generation_prompt = options.add_generation_prompt || options.remove_last_suffix,
                             .enable_thinking = options.enable_thinking,
                             .extra_json = options.extra_json};
  if (!options.remove_last_suffix) return model.chat->render(messages, render);
  const Messages before(messages.begin(), messages.end() - 1);
  return model.chat->render(before, render) + messages.back().content;
}

// The template's text between contents, and which message's content follows each piece; nothing where a mark is missing
// or comes twice.
struct Skeleton {
  std::vector<std::u32string> pieces;  // one more than contents
  std::vector<std::size_t> contents;
};
std::optional<Skeleton> skeleton_of(const AlignModel& model, const Messages& messages, const AlignOptions& options) {
  Messages marked = messages;
  for (std::size_t i = 0; i < marked.size(); ++i)
    if (!marked[i].content.empty()) marked[i].content = to_utf8(mark_of(i));
  std::u32string text;
  try {
    text = to_utf32(template_text(model, marked, options));
  } catch (const Error&) {
    return std::nullopt;  // a template that looks into contents
  }
  Skeleton skeleton;
  std::size_t from = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].content.empty()) continue;
    const std::u32string mark = mark_of(i);
    const std::size_t at = text.find(mark, from);
    if (at == kNowhere) return std::nullopt;
    skeleton.pieces.push_back(text.substr(from, at - from));
    skeleton.contents.push_back(i);
    from = at + mark.size();
  }
  skeleton.pieces.push_back(text.substr(from));
  for (const std::u32string& piece : skeleton.pieces)
    if (piece.find(U'\uE0C2') != kNowhere) return std::nullopt;
  return skeleton;
}

using Places = std::vector<std::optional<ContentPlace>>;

bool starts_at(const std::u32string& text, std::size_t at, const std::u32string& what) {
  return text.compare(std::min(at, text.size()), what.size(), what) == 0;
}

std::optional<Places> places_by_skeleton(const Skeleton& skeleton, const std::u32string& text,
                                         const Messages& messages) {
  Places places(messages.size());
  if (!starts_at(text, 0, skeleton.pieces[0])) return std::nullopt;
  std::size_t at = skeleton.pieces[0].size();
  for (std::size_t k = 0; k < skeleton.contents.size(); ++k) {
    const std::size_t message = skeleton.contents[k];
    const std::u32string& after = skeleton.pieces[k + 1];
    const bool last = k + 1 == skeleton.contents.size();
    bool found = false;
    for (const Trimmed& way : ways_to_trim(to_utf32(messages[message].content))) {
      const std::size_t end = at + way.text.size();
      if (!starts_at(text, at, way.text) || !starts_at(text, end, after)) continue;
      if (last && end + after.size() != text.size()) continue;
      if (!way.text.empty())
        places[message] = ContentPlace{span_of(at, way.text.size()), static_cast<std::int64_t>(way.begin)};
      at = end + after.size();
      found = true;
      break;
    }
    if (!found) return std::nullopt;
  }
  return places;
}

Places places_by_search(const std::u32string& text, const Messages& messages) {
  Places places(messages.size());
  std::size_t from = 0;
  for (std::size_t i = 0; i < messages.size(); ++i)
    for (const Trimmed& way : ways_to_trim(to_utf32(messages[i].content))) {
      if (way.text.empty()) continue;
      const auto at = find_content(text, way.text, from);
      if (!at || *at < from) continue;  // contents keep their order
      places[i] = ContentPlace{span_of(*at, way.text.size()), static_cast<std::int64_t>(way.begin)};
      from = *at + way.text.size();
      break;
    }
  return places;
}

}  // namespace

RenderedChat render_chat(const AlignModel& model, const Messages& messages, const AlignOptions& options) {
  if (options.add_generation_prompt && options.remove_last_suffix)
    fail_usage(
        {.where = "alignment", .found = "add_generation_prompt and remove_last_suffix", .expected = "one of them"});
  if (options.remove_last_suffix && (messages.empty() || messages.back().role != "assistant"))
    fail_usage(
        {.where = "alignment", .found = "no last message of the assistant", .expected = "an answer to go on with"});
  RenderedChat chat;
  chat.text = template_text(model, messages, options);
  chat.encoding = model.tokenizer->encode(chat.text, {.add_special_tokens = false, .offsets = true});
  return chat;
}

std::vector<TextSpan> find_content_spans(const std::string& text, const Messages& messages) {
  const std::u32string points = to_utf32(text);
  std::vector<TextSpan> spans;
  std::size_t from = 0;
  for (const Message& message : messages) {
    const std::u32string content = to_utf32(message.content);
    if (content.empty()) continue;
    const auto at = find_content(points, content, from);
    if (!at) continue;
    spans.push_back(span_of(*at, content.size()));
    from = *at + content.size();
  }
  return spans;
}

std::vector<std::pair<std::size_t, std::size_t>> token_ranges(const std::vector<TextSpan>& offsets,
                                                              const std::vector<TextSpan>& spans) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (const TextSpan& span : spans) {
    std::size_t begin = 0;
    while (begin < offsets.size() && offsets[begin].end <= span.begin) ++begin;
    std::size_t end = begin;
    while (end < offsets.size() && offsets[end].begin < span.end) ++end;
    ranges.emplace_back(begin, end);
  }
  return ranges;
}

std::vector<std::optional<ContentPlace>> place_contents(const AlignModel& model, const Messages& messages,
                                                        const AlignOptions& options, const std::string& text) {
  const std::u32string points = to_utf32(text);
  if (const auto skeleton = skeleton_of(model, messages, options))
    if (auto places = places_by_skeleton(*skeleton, points, messages)) return *std::move(places);
  return places_by_search(points, messages);
}

}  // namespace c2c
