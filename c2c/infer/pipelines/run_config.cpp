#include "c2c/infer/pipelines/run_config.h"

#include "c2c/base/error.h"

namespace c2c {
namespace {

const std::vector<std::string> kAlignments = {"first", "longest", "span", "off"};

}  // namespace

const std::vector<std::string>& mode_names() {
  static const std::vector<std::string> names = {"receiver", "sharer", "t2t", "c2c", "control"};
  return names;
}

void SharerConfig::visit_fields(const FieldVisitor& visit) {
  visit_model_entry(*this, visit, "", "a model whose cache is shared");
  visit({.key = "fuser",
         .flags = "",
         .help = "folder with projector_*.pt or fuser.safetensors, or org/name in the Hugging Face cache",
         .target = &fuser,
         .is_path = true});
  visit({.key = "subfolder", .flags = "", .help = "where in the fuser's folder this pair lies", .target = &subfolder});
  visit({.key = "align", .flags = "", .help = "this sharer's own alignment", .target = &align, .choices = kAlignments});
}

void TextToTextConfig::visit_fields(const FieldVisitor& visit) {
  visit({.key = "context_tokens",
         .flags = "--context-tokens",
         .help = "text-to-text: most tokens the sharer may write",
         .target = &context_tokens,
         .minimum = 1});
  visit({.key = "background_prompt",
         .flags = "--background-prompt",
         .help = "text-to-text: what the sharer is asked, with {question}",
         .target = &background_prompt});
}

void SamplingConfig::visit_fields(const FieldVisitor& visit) {
  visit({.key = "temperature",
         .flags = "--temp,--temperature",
         .help = "0: greedy",
         .target = &temperature,
         .minimum = 0});
  visit({.key = "top_k", .flags = "--top-k", .help = "keep the k likeliest tokens; 0: all", .target = &top_k});
  visit({.key = "top_p",
         .flags = "--top-p",
         .help = "keep the likeliest tokens up to this cumulative probability",
         .target = &top_p,
         .minimum = 0,
         .maximum = 1});
  visit({.key = "min_p",
         .flags = "--min-p",
         .help = "keep tokens at least this likely, relative to the likeliest",
         .target = &min_p,
         .minimum = 0,
         .maximum = 1});
  visit({.key = "repeat_penalty",
         .flags = "--repeat-penalty,--repetition-penalty",
         .help = "divides the logits of tokens seen before; 1: off",
         .target = &repetition_penalty,
         .minimum = 0.01});
  visit({.key = "presence_penalty",
         .flags = "--presence-penalty",
         .help = "taken from the logits of tokens seen before",
         .target = &presence_penalty});
  visit({.key = "frequency_penalty",
         .flags = "--frequency-penalty",
         .help = "the same, times how often they were seen",
         .target = &frequency_penalty});
  visit({.key = "seed", .flags = "-s,--seed", .help = "same seed, same samples; unset: random", .target = &seed});
}

namespace {

// How numbers are held and computed with.
void visit_storage(RunConfig& run, const FieldVisitor& visit) {
  visit({.key = "dtype",
         .flags = "--dtype",
         .help = "arithmetic and caches",
         .target = &run.dtype,
         .choices = {"bf16", "f32"}});
  visit({.key = "weights",
         .flags = "--weights",
         .help = "how weights are held: as --dtype (auto), or in 8 or 4 bits",
         .target = &run.weights,
         .choices = {"auto", "f32", "bf16", "q8", "q4"}});
  visit({.key = "kv",
         .flags = "--kv",
         .help = "how caches hold keys and values: as --dtype (auto), or in 8 bits",
         .target = &run.kv,
         .choices = {"auto", "f32", "bf16", "q8"}});
}

}  // namespace

void RunConfig::visit_fields(const FieldVisitor& visit) {
  visit({.key = "receiver", .flags = "", .help = "the model that answers", .target = field_group(receiver, "model")});
  visit({.key = "sharers",
         .flags = "",
         .help = "the models whose caches are fused into the receiver's",
         .target = field_list(sharers, "model")});
  visit({.key = "",
         .flags = "--sharer",
         .help = "a model whose cache is shared (repeatable): folder, GGUF file or org/name",
         .target = &sharer_flags,
         .is_path = true});
  visit({.key = "",
         .flags = "--fuser",
         .help = "its fuser (repeatable, in the order of the sharers): folder, file or org/name[/subfolder]",
         .target = &fuser_flags,
         .is_path = true});
  visit({.key = "mode", .flags = "--mode", .help = "who answers", .target = &mode, .choices = mode_names()});
  visit({.key = "align",
         .flags = "--align",
         .help = "receiver tokens to sharer tokens; unset: what the fuser was trained with",
         .target = &align,
         .choices = kAlignments});
  visit({.key = "fusion",
         .flags = "--fusion",
         .help = "several sharers one after another or added; unset: the fuser's recipe, else sequential",
         .target = &fusion,
         .choices = {"sequential", "parallel"}});
  visit({.key = "include_response",
         .flags = "--include-response",
         .help = "fuse the response's tokens too; unset: the fuser's recipe, else false",
         .target = &include_response});
  visit({.key = "mask",
         .flags = "--mask",
         .help = "sharers that are fused: a bit mask (1: the first, 2: the second, 3: both), all or none",
         .target = &mask});
  visit_storage(*this, visit);
  visit({.key = "system", .flags = "--system", .help = "system message", .target = &system});
  visit({.key = "control_prompt",
         .flags = "--control-prompt",
         .help = "mode control: the question whose sharer cache is fused in place of the right one",
         .target = &control_prompt});
  visit({.key = "thinking",
         .flags = "--thinking,!--no-thinking",
         .help = "enable_thinking of the chat template",
         .target = &thinking});
  visit({.key = "max_new_tokens",
         .flags = "-n,--predict,--max-new-tokens",
         .help = "most tokens of an answer",
         .target = &max_new_tokens,
         .minimum = 1});
  visit({.key = "ignore_eos",
         .flags = "--ignore-eos",
         .help = "write all of max_new_tokens, whatever would end the answer (for timings)",
         .target = &ignore_eos});
  visit({.key = "stop", .flags = "--stop", .help = "end the answer before this text (repeatable)", .target = &stop});
  visit({.key = "sampling", .flags = "", .help = "how tokens are drawn", .target = field_group(sampling)});
  visit({.key = "engine", .flags = "", .help = "batching and kept caches", .target = field_group(engine)});
  visit({.key = "t2t", .flags = "", .help = "text-to-text", .target = field_group(t2t)});
}

void RunConfig::apply_overrides() {
  if (!sharer_flags.empty()) {
    sharers.resize(sharer_flags.size());
    for (std::size_t i = 0; i < sharers.size(); ++i) {
      if (sharers[i].model == sharer_flags[i]) continue;
      // The file's tokenizer and template belong to the file's model; the fuser is checked against the new one.
      sharers[i].model = sharer_flags[i];
      sharers[i].tokenizer.clear();
      sharers[i].chat_template.clear();
    }
  }
  for (std::size_t i = 0; i < fuser_flags.size(); ++i) {
    if (i >= sharers.size()) sharers.emplace_back();  // its recipe names the sharer
    sharers[i].fuser = fuser_flags[i];
    sharers[i].subfolder.clear();
  }
  sharer_flags.clear();
  fuser_flags.clear();
}

}  // namespace c2c
