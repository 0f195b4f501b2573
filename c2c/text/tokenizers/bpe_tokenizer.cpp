#include "c2c/text/tokenizers/bpe_tokenizer.h"

#include <algorithm>
#include <unordered_map>

#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "c2c/base/utf8.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

constexpr std::size_t kLongestText = std::size_t{1} << 30;
constexpr std::size_t kMostIdle = 16;  // kept for later calls; more threads than that make their own

// Ids as AddedVocabulary::add_tokens gives them: the vocabulary's own, else the next free one. A token that comes again
// can only become special.
std::vector<AddedToken> assign_ids(const TokenizerParts& parts) {
  std::vector<AddedToken> out;
  std::unordered_map<std::string, std::size_t> index;
  TokenId last = kNoToken;
  const auto size = static_cast<TokenId>(parts.vocabulary.count());
  const auto add = [&](const AddedToken& token) {
    if (token.content.empty()) return;
    const auto [at, is_new] = index.emplace(token.content, out.size());
    if (!is_new) {
      out[at->second].special |= token.special;
      return;
    }
    TokenId id = parts.vocabulary.find(token.content);
    if (id == kNoToken) id = std::max(last + 1, size);
    if (token.id != kNoToken && token.id != id)
      log_warning(parts.name + ": token '" + token.content + "' has id " + std::to_string(id) + ", not " +
                  std::to_string(token.id));
    last = std::max(last, id);
    out.push_back(token);
    out.back().id = id;
  };
  for (const auto* list : {&parts.added, &parts.names.added, &parts.names.named})
    for (const AddedToken& token : *list) add(token);
  return out;
}

std::size_t first_invalid_byte(std::string_view text) {
  for (std::size_t at = 0; (at += ascii_prefix(text.substr(at))) < text.size();) {
    const auto c = decode_code_point(text, at);
    if (!c.valid) return at;
    at += c.size;
  }
  return text.npos;
}

template <class Make>
auto make_part(const TokenizerParts& parts, const char* key, const Make& make)
    -> decltype(make(ConfigPart{parts.config, "", ""})) {
  const ConfigPart config{parts.config, parts.name, ""};
  if (config.find(key) == nullptr) return {};
  return make(config.child(key));
}

// Bytes of the document as ranges of the input's characters.
class Offsets {
 public:
  explicit Offsets(const Document& doc)
      : doc_(doc), plain_(doc.spans.empty() && ascii_prefix(doc.text) == doc.text.size()), counter_(doc.text) {}
  TextSpan of(std::size_t begin, std::size_t end) {
    if (plain_) return {static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)};
    if (begin == end) end = begin + 1;  // cannot be asked for by a token, but must not underflow
    const std::int32_t first = counter_.starts_before(begin + 1) - 1, last = counter_.starts_before(end);
    if (doc_.spans.empty()) return {first, last};
    return {doc_.spans[static_cast<std::size_t>(first)].begin, doc_.spans[static_cast<std::size_t>(last) - 1].end};
  }

 private:
  const Document& doc_;
  bool plain_;
  CharCounter counter_;
};

}  // namespace

// Working memory for one call, given back at its end.
class BpeTokenizer::Lease {
 public:
  explicit Lease(const BpeTokenizer& owner) : owner_(owner) {
    const std::lock_guard lock(owner_.idle_mutex_);
    if (!owner_.idle_.empty()) {
      scratch_ = std::move(owner_.idle_.back());
      owner_.idle_.pop_back();
    }
  }
  ~Lease() {
    const std::lock_guard lock(owner_.idle_mutex_);
    if (scratch_ && owner_.idle_.size() < kMostIdle) owner_.idle_.push_back(std::move(scratch_));
  }
  Lease(const Lease&) = delete;
  Scratch& operator*() {
    if (!scratch_) scratch_ = std::make_unique<Scratch>();
    return *scratch_;
  }

 private:
  const BpeTokenizer& owner_;
  std::unique_ptr<Scratch> scratch_;
};

BpeTokenizer::BpeTokenizer(TokenizerParts parts)
    : name_(parts.name),
      normalizer_(make_part(parts, "normalizer", make_normalizer)),
      pre_tokenizers_(make_part(parts, "pre_tokenizer", make_pre_tokenizers)),
      post_processors_(make_part(parts, "post_processor", make_post_processors)),
      decoders_(make_part(parts, "decoder", make_decoders)),
      added_(assign_ids(parts), [this](std::string_view text) { return normalized(normalizer_.get(), text); }),
      model_(std::move(parts.vocabulary), parts.merges, parts.bpe, parts.name) {
  if (ConfigPart{parts.config, name_, ""}.find("decoder") == nullptr) decoders_ = joining_decoders();
  if (!pre_tokenizers_.empty() && pre_tokenizers_.back()->only_byte_alphabet()) {
    byte_alphabet_ = pre_tokenizers_.back();
    pre_tokenizers_.pop_back();
  }
  trims_offsets_ = std::any_of(post_processors_.begin(), post_processors_.end(),
                               [](const auto& step) { return step->trims_offsets(); });
  vocab_size_ = model_.vocabulary().end();
  for (const AddedToken& token : added_.tokens()) {
    vocab_size_ = std::max(vocab_size_, token.id + 1);
    if (token.special) special_.all.push_back(token.id);
  }
  Draft empty;
  for (const auto& step : post_processors_) step->apply(empty, true);
  for (const TokenId id : empty.encoding.ids) text_of(id);  // a template of unknown ids ends here
  for (const AddedToken& token : parts.names.named)
    if (const auto id = token_to_id(token.content)) special_.named.push_back(*id);
  for (auto* list : {&special_.all, &special_.named}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  const auto role = [this](const std::optional<std::string>& name) { return name ? token_to_id(*name) : std::nullopt; };
  special_.bos = role(parts.names.bos);
  special_.eos = role(parts.names.eos);
  special_.pad = role(parts.names.pad);
  special_.unk = role(parts.names.unk);
}

BpeModel::Input BpeTokenizer::split(std::string_view text, Document& doc) const {
  doc.text = text;
  if (!text.empty()) doc.pieces.push_back({0, static_cast<std::uint32_t>(text.size())});
  added_.split(doc, false);
  if (normalizer_) normalize_pieces(*normalizer_, doc);
  added_.split(doc, true);
  for (const auto& step : pre_tokenizers_) step->apply(doc);
  if (byte_alphabet_ == nullptr) return BpeModel::Input::kText;
  if (model_.takes_bytes(doc.text)) return BpeModel::Input::kBytes;
  byte_alphabet_->apply(doc);
  return BpeModel::Input::kText;
}

void BpeTokenizer::tokenize(const Document& doc, BpeModel::Input input, Draft& draft) const {
  Lease lease(*this);
  Scratch& scratch = *lease;
  Offsets offsets(doc);
  auto& [ids, spans] = draft.encoding;
  ids.reserve(doc.text.size() / 4 + 16);
  if (draft.offsets) spans.reserve(doc.text.size() / 4 + 16);
  const bool spaces = draft.offsets && trims_offsets_;
  for (const Piece& piece : doc.pieces) {
    if (piece.token != kNoToken) {
      ids.push_back(piece.token);
      if (draft.offsets) spans.push_back(offsets.of(piece.begin, piece.end));
      if (spaces) draft.spaces.push_back(spaces_around(doc.piece_text(piece)));
      continue;
    }
    scratch.word.clear();
    model_.encode(doc.piece_text(piece), input, scratch.bpe, scratch.word);
    std::size_t at = piece.begin;
    for (const auto& [id, length] : scratch.word) {
      ids.push_back(id);
      if (draft.offsets) spans.push_back(offsets.of(at, at + length));
      if (spaces) draft.spaces.push_back(spaces_around(model_.vocabulary().text(id)));
      at += length;
    }
  }
}

Encoding BpeTokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  if (text.size() > kLongestText)
    fail_input(
        {.where = name_, .key = "text", .found = std::to_string(text.size()) + " bytes", .expected = "at most 1 GiB"});
  if (const std::size_t at = first_invalid_byte(text); at != text.npos)
    fail_input({.where = name_,
                .key = "text",
                .found = "bytes that are not UTF-8 at byte " + std::to_string(at),
                .hint = "convert the text to UTF-8"});
  Document doc;
  const BpeModel::Input input = split(text, doc);
  Draft draft;
  draft.offsets = options.offsets;
  tokenize(doc, input, draft);
  for (const auto& step : post_processors_) step->apply(draft, options.add_special_tokens);
  return std::move(draft.encoding);
}

std::string_view BpeTokenizer::text_of(TokenId id) const {
  if (const AddedToken* added = added_.find(id)) return added->content;
  if (model_.vocabulary().contains(id)) return model_.vocabulary().text(id);
  fail_input({.where = name_,
              .key = "token id",
              .found = std::to_string(id),
              .expected = "an id of the vocabulary, which ends at " + std::to_string(vocab_size_ - 1)});
}

class BpeTokenizer::Stream final : public TokenStream {
 public:
  Stream(const BpeTokenizer& tokenizer, bool skip) : tokenizer_(tokenizer), skip_(skip), chain_(tokenizer.decoders_) {}
  void push(TokenId id, std::string& out) override {
    const auto text = tokenizer_.text_of(id);
    if (!skip_ || !tokenizer_.is_special(id)) chain_.push(text, out);
  }
  void flush(std::string& out) override { chain_.flush(out); }

 private:
  const BpeTokenizer& tokenizer_;
  bool skip_;
  DecoderChain chain_;
};

std::unique_ptr<TokenStream> BpeTokenizer::stream(bool skip_special_tokens) const {
  return std::make_unique<Stream>(*this, skip_special_tokens);
}

std::string BpeTokenizer::decode(const std::vector<TokenId>& ids, bool skip_special_tokens) const {
  std::string out;
  Stream stream(*this, skip_special_tokens);
  for (const TokenId id : ids) stream.push(id, out);
  stream.flush(out);
  return out;
}

std::optional<TokenId> BpeTokenizer::token_to_id(std::string_view token) const {
  if (const AddedToken* added = added_.find(token)) return added->id;
  const TokenId id = model_.vocabulary().find(token);
  return id == kNoToken ? std::nullopt : std::optional(id);
}

std::string BpeTokenizer::id_to_token(TokenId id) const {
  if (const AddedToken* added = added_.find(id)) return added->content;
  return std::string(model_.vocabulary().text(id));
}

}  // namespace c2c::tok
