#include "c2c/text/tokenizers/tokenizer.h"

#include <algorithm>

namespace c2c {
namespace {

class GatheringStream final : public TokenStream {
 public:
  GatheringStream(const Tokenizer& tokenizer, bool skip) : tokenizer_(tokenizer), skip_(skip) {}
  void push(TokenId id, std::string&) override { ids_.push_back(id); }
  void flush(std::string& out) override {
    out += tokenizer_.decode(ids_, skip_);
    ids_.clear();
  }

 private:
  const Tokenizer& tokenizer_;
  bool skip_;
  std::vector<TokenId> ids_;
};

}  // namespace

std::unique_ptr<TokenStream> Tokenizer::stream(bool skip_special_tokens) const {
  return std::make_unique<GatheringStream>(*this, skip_special_tokens);
}

bool Tokenizer::is_special(TokenId id) const {
  const auto& all = special_tokens().all;
  return std::binary_search(all.begin(), all.end(), id);
}

StreamDecoder::StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, bool skip_special_tokens)
    : tokenizer_(std::move(tokenizer)), stream_(tokenizer_->stream(skip_special_tokens)) {}

std::string StreamDecoder::push(TokenId id) {
  std::string out;
  stream_->push(id, out);
  return out;
}

std::string StreamDecoder::flush() {
  std::string out;
  stream_->flush(out);
  return out;
}

}  // namespace c2c
