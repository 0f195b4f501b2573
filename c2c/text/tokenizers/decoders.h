// Tokens back to text: ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, BPEDecoder, Sequence. Every decoder is
// a stream, so that a growing answer and a finished one take the same path: text comes out as soon as no later token
// can change it.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/text/tokenizers/config_json.h"

namespace c2c::tok {

// One run over one list of tokens.
class DecoderRun {
 public:
  using Next = std::function<void(std::string_view)>;
  virtual ~DecoderRun() = default;
  virtual void push(std::string_view token, const Next& next) = 0;
  virtual void flush(const Next&) {}
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual std::unique_ptr<DecoderRun> run() const = 0;
};

using Decoders = std::vector<std::shared_ptr<const Decoder>>;

// The steps of a decoder, sequences unrolled. Throws kInput for types that are not in the list above.
Decoders make_decoders(const ConfigPart& part);
// Where tokenizer.json has no decoder: tokens joined by spaces.
Decoders joining_decoders();

// All steps of a decoder over one list of tokens.
class DecoderChain {
 public:
  explicit DecoderChain(const Decoders& decoders);
  void push(std::string_view token, std::string& out) { push_from(0, token, out); }
  void flush(std::string& out);

 private:
  void push_from(std::size_t step, std::string_view token, std::string& out);
  std::vector<std::unique_ptr<DecoderRun>> runs_;
};

}  // namespace c2c::tok
