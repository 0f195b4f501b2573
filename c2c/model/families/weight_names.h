// Where a model's parameter lies in a file: the file's tensor name and what its writer did to the values.
#pragma once
#include <string>
#include <string_view>

#include "c2c/model/families/model_config.h"

namespace c2c {

class WeightSource;

struct FileTensor {
  enum class Stored {
    kAsIs,
    kPermuted,  // rows of every head interleaved for llama.cpp's RoPE of Llama
    kPlusOne,   // norm weights with Gemma's 1 + w carried out
  };
  std::string name;
  Stored stored = Stored::kAsIs;
  std::int64_t heads = 0;  // of a permuted matrix
};

// `parameter` is a Hugging Face name as CausalLm::visit says it.
FileTensor gguf_tensor(const ModelConfig& config, const std::string& parameter);

// Names in safetensors or .pt files: those of the bare text model, of a model saved without its head ("layers.0..."),
// or of the multimodal Gemma 3 ("language_model.model...").
class HubNames {
 public:
  explicit HubNames(const WeightSource& weights);
  FileTensor operator()(const std::string& parameter) const;

 private:
  std::string model_prefix_ = "model.";  // in place of "model."
  std::string head_prefix_;              // before "lm_head."
};

// Tensors that may be in a file although this model has no parameter for them.
bool may_be_left_over(const ModelConfig& config, std::string_view file_tensor);

}  // namespace c2c
