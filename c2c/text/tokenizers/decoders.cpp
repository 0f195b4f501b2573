#include "c2c/text/tokenizers/decoders.h"

#include "c2c/base/utf8.h"
#include "c2c/text/tokenizers/byte_alphabet.h"
#include "c2c/text/tokenizers/split_pattern.h"

namespace c2c::tok {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kLongestToken = std::size_t{1} << 24;  // what a decoder may make of one token

// A Decoder whose runs are `Run(arguments...)`.
template <class Run, class... Arguments>
std::shared_ptr<const Decoder> decoder(const Arguments&... arguments) {
  struct Simple final : Decoder {
    std::function<std::unique_ptr<DecoderRun>()> make;
    std::unique_ptr<DecoderRun> run() const override { return make(); }
  };
  auto simple = std::make_shared<Simple>();
  simple->make = [arguments...] { return std::make_unique<Run>(arguments...); };
  return simple;
}

// Characters of the byte alphabet to bytes; whole characters go on, broken ones as U+FFFD.
class ByteLevelRun final : public DecoderRun {
 public:
  void push(std::string_view token, const Next& next) override {
    append_alphabet_bytes(token, bytes_);
    const std::size_t whole = bytes_.size() - incomplete_suffix(bytes_);
    if (whole == 0) return;
    next(sanitize_utf8(std::string_view(bytes_).substr(0, whole)));
    bytes_.erase(0, whole);
  }
  void flush(const Next& next) override {
    if (!bytes_.empty()) next(sanitize_utf8(bytes_));
    bytes_.clear();
  }

 private:
  std::string bytes_;
};

int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// <0x0A> to 10, -1 for other tokens. Rust's from_str_radix takes "+A" too.
int fallback_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  const int high = token[3] == '+' ? 0 : hex_digit(token[3]), low = hex_digit(token[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// A run of byte tokens is text if all of it is valid, else one U+FFFD per byte: it waits for the end of the run.
class ByteFallbackRun final : public DecoderRun {
 public:
  void push(std::string_view token, const Next& next) override {
    const int byte = fallback_byte(token);
    if (byte >= 0) return bytes_.push_back(static_cast<char>(byte));
    flush(next);
    next(token);
  }
  void flush(const Next& next) override {
    if (bytes_.empty()) return;
    const std::string bytes = std::move(bytes_);
    bytes_.clear();
    if (is_valid_utf8(bytes)) return next(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) next(kReplacement);
  }

 private:
  std::string bytes_;
};

class ReplaceRun final : public DecoderRun {
 public:
  ReplaceRun(std::shared_ptr<const SplitPattern> pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void push(std::string_view token, const Next& next) override {
    std::vector<Stretch> stretches;
    // Tokens of a vocabulary are valid UTF-8, and so is what the other decoders hand on.
    pattern_->find(token, stretches);
    std::string out;
    for (const auto& [begin, end, is_match] : stretches) {
      out += is_match ? std::string_view(content_) : token.substr(begin, end - begin);
      if (out.size() > kLongestToken)
        fail_input({.where = "tokenizer", .key = "decoder", .found = "a Replace that grows its text without bound"});
    }
    next(out);
  }

 private:
  std::shared_ptr<const SplitPattern> pattern_;
  std::string content_;
};

// Up to `start` leading and `stop` trailing characters of every token.
class StripRun final : public DecoderRun {
 public:
  StripRun(std::string content, std::size_t start, std::size_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}
  void push(std::string_view token, const Next& next) override {
    for (std::size_t i = 0; i < start_ && token.starts_with(content_); ++i) token.remove_prefix(content_.size());
    for (std::size_t i = 0; i < stop_ && token.ends_with(content_); ++i) token.remove_suffix(content_.size());
    next(token);
  }

 private:
  std::string content_;
  std::size_t start_, stop_;
};

class MetaspaceRun final : public DecoderRun {
 public:
  MetaspaceRun(char32_t replacement, bool drop_first) : c_(replacement), first_(drop_first) {}
  void push(std::string_view token, const Next& next) override {
    std::u32string out;
    for (const char32_t c : to_utf32(token)) {
      if (c != c_)
        out.push_back(c);
      else if (!first_)
        out.push_back(U' ');
    }
    first_ = false;
    next(to_utf8(out));
  }

 private:
  char32_t c_;
  bool first_;
};

// Suffix to space, except on the last token, which is why one token is held back.
class BpeSuffixRun final : public DecoderRun {
 public:
  explicit BpeSuffixRun(std::string suffix) : suffix_(std::move(suffix)) {}
  void push(std::string_view token, const Next& next) override {
    if (started_) next(replaced(" "));
    held_ = token;
    started_ = true;
  }
  void flush(const Next& next) override {
    if (started_) next(replaced(""));
    started_ = false;
  }

 private:
  std::string replaced(std::string_view by) const {
    if (suffix_.empty()) return held_;
    std::string out;
    std::size_t at = 0;
    for (std::size_t hit; (hit = held_.find(suffix_, at)) != held_.npos; at = hit + suffix_.size()) {
      out.append(held_, at, hit - at);
      out += by;
    }
    return out.append(held_, at, held_.npos);
  }
  std::string suffix_, held_;
  bool started_ = false;
};

class JoinRun final : public DecoderRun {
 public:
  void push(std::string_view token, const Next& next) override {
    if (started_) next(" ");
    started_ = true;
    next(token);
  }

 private:
  bool started_ = false;
};

// For what follows a Fuse and looks at tokens one by one: it gets the whole text as one token, at the end.
class GatherRun final : public DecoderRun {
 public:
  void push(std::string_view token, const Next&) override {
    text_ += token;
    any_ = true;
  }
  void flush(const Next& next) override {
    if (any_) next(text_);
    any_ = false;
  }

 private:
  std::string text_;
  bool any_ = false;
};

// Strip with nothing to cut at the end, over a text that comes in parts.
class StripStartRun final : public DecoderRun {
 public:
  StripStartRun(std::string content, std::size_t start) : content_(std::move(content)), left_(start) {}
  void push(std::string_view part, const Next& next) override {
    for (; left_ > 0 && !part.empty(); --left_) {
      if (part.starts_with(content_))
        part.remove_prefix(content_.size());
      else
        left_ = 1;  // another character: nothing after it is stripped
    }
    if (!part.empty()) next(part);
  }

 private:
  std::string content_;
  std::size_t left_;
};

std::string strip_content(const ConfigPart& part) {
  std::string content;
  append_utf8(content, part.character("content"));
  return content;
}

std::shared_ptr<const Decoder> make_replace(const ConfigPart& part) {
  const ConfigPart pattern = part.child("pattern");
  const bool literal = pattern.find("String") != nullptr;
  auto compiled = literal ? SplitPattern::literal(pattern.text("String"))
                          : SplitPattern::regex(part.where + ": " + part.key, pattern.text("Regex"), false);
  return decoder<ReplaceRun>(std::make_shared<const SplitPattern>(std::move(compiled)), part.text("content"));
}

std::shared_ptr<const Decoder> make_metaspace(const ConfigPart& part) {
  const std::string scheme = part.text_or("prepend_scheme", part.flag("add_prefix_space", true) ? "always" : "never");
  return decoder<MetaspaceRun>(part.character("replacement"), scheme != "never");
}

// `fused`: the tokens before this step are parts of one.
Decoders make_steps(const ConfigPart& part, bool& fused) {
  const std::string type = part.type();
  if (type == "Sequence") {
    Decoders steps;
    for (const ConfigPart& element : part.list("decoders"))
      for (auto& step : make_steps(element, fused)) steps.push_back(std::move(step));
    return steps;
  }
  const bool after_fuse = fused;
  if (type == "Fuse") return fused = true, Decoders{};
  if (type == "ByteLevel") return fused = true, Decoders{decoder<ByteLevelRun>()};
  if (type == "Strip" && after_fuse && part.number("stop") == 0)
    return {decoder<StripStartRun>(strip_content(part), part.number("start"))};
  Decoders steps;
  if (after_fuse) steps.push_back(decoder<GatherRun>());
  fused = false;  // a whole token comes out of the gathering
  if (type == "ByteFallback")
    steps.push_back(decoder<ByteFallbackRun>());
  else if (type == "Replace")
    steps.push_back(make_replace(part));
  else if (type == "Strip")
    steps.push_back(decoder<StripRun>(strip_content(part), part.number("start"), part.number("stop")));
  else if (type == "Metaspace")
    steps.push_back(make_metaspace(part));
  else if (type == "BPEDecoder")
    steps.push_back(decoder<BpeSuffixRun>(part.text_or("suffix", "</w>")));
  else
    part.fail("type", type, "ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, BPEDecoder or Sequence");
  return steps;
}

}  // namespace

Decoders make_decoders(const ConfigPart& part) {
  bool fused = false;
  return make_steps(part, fused);
}

Decoders joining_decoders() {
  return {decoder<JoinRun>()};
}

DecoderChain::DecoderChain(const Decoders& decoders) {
  for (const auto& step : decoders) runs_.push_back(step->run());
}

void DecoderChain::push_from(std::size_t step, std::string_view token, std::string& out) {
  if (step == runs_.size()) {
    out += token;
    return;
  }
  runs_[step]->push(token, [this, step, &out](std::string_view part) { push_from(step + 1, part, out); });
}

void DecoderChain::flush(std::string& out) {
  for (std::size_t step = 0; step < runs_.size(); ++step)
    runs_[step]->flush([this, step, &out](std::string_view part) { push_from(step + 1, part, out); });
}

}  // namespace c2c::tok
