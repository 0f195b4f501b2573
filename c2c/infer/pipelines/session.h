// Text in, text out: the one interface to everything that answers. A session loads each model once, when a mode first
// needs it, and runs any mode over any messages. Any number of threads may ask at once, unless one changes config().
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "c2c/infer/pipelines/decode_text.h"
#include "c2c/infer/pipelines/loaded_model.h"
#include "c2c/infer/pipelines/memory.h"
#include "c2c/infer/pipelines/request.h"
#include "c2c/infer/pipelines/run_config.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {

struct Timings {
  double sharer_prefill = 0, receiver_prefill = 0, fuse = 0, decode = 0;  // seconds
  double queue = 0;        // in the engine's line, of both answers in t2t
  double context = 0;      // t2t: the sharer's whole text
  double first_token = 0;  // from the request's start, tokenizing and the context included
  double total = 0;
  double tokens_per_second = 0;  // of decoding, after the first token
};

struct Answer {
  std::string mode, text;
  std::string context;                    // t2t: what the sharer wrote
  std::vector<std::int64_t> ids;          // new tokens
  std::vector<TokenLogprob> logprobs;     // of them, where asked for
  std::vector<TokenId> prompt_ids;        // as the model that answers reads it
  std::vector<TokenScore> prompt_scores;  // of all of them but the first, where asked for
  std::string finish;                     // stop, length, cancelled
  std::int64_t prompt_tokens = 0;         // of the model that answers
  std::int64_t context_tokens = 0;
  std::int64_t fused_tokens = 0;  // receiver tokens that hear at least one sharer
  bool unaligned = false;         // the aligner could not align this prompt; it was fused unaligned
  std::int64_t cache_bytes = 0;
  std::int64_t reused_tokens = 0;  // of the prompt: read for an earlier one that began alike
  Timings timings;
};

class Session {
 public:
  // Checks the configuration; loads nothing yet. Throws kUsage naming the key. `engine`: one that several sessions
  // share; else the session makes its own.
  explicit Session(RunConfig config, ProgressFn progress = {}, std::shared_ptr<Engine> engine = {});
  ~Session();

  // Loads what `mode` needs (empty: the run's mode).
  void prepare(const std::string& mode = {});
  // Throws kUsage (empty prompt, prompt too long, invalid UTF-8, no such sharer) and kInput; LibTorch's errors arrive
  // as c2c::Error too.
  Answer run(const Request& request, const OnText& on_text = {});

  // What C2C or its control, or (where the request says so) a model alone, does with a prompt: for inspection, and for
  // those who ask the engine themselves.
  SectionPlan plan(const Request& request);
  // The prompt's text as the model that answers reads it.
  std::string rendered(const Request& request, bool add_generation_prompt = true);
  struct Speaker {
    std::shared_ptr<const Rosetta> rosetta;
    const LoadedModel& model;
  };
  Speaker speaker(const std::string& mode, std::size_t sharer_index = 0);  // loads it
  // Receiver, sharers and fusers; loads them. `fusion`: sequential or parallel; empty: the run's.
  std::shared_ptr<const Rosetta> fused(const std::string& fusion);
  const Rosetta& rosetta() { return *fused({}); }

  // Sampling, mask, mode, stop strings may be changed between runs; models, fusers, dtype and fusion may not.
  RunConfig& config() { return config_; }
  const RunConfig& config() const { return config_; }
  std::size_t sharer_count() const { return sharers_.size(); }
  Engine& engine();  // runs every request; made with the first
  const LoadedModel& receiver();
  const LoadedModel& sharer(std::size_t index);
  const TextSide& receiver_text();  // without loading weights
  const TextSide& sharer_text(std::size_t index);
  std::shared_ptr<const Fuser> fuser(std::size_t index);
  std::string alignment(std::size_t index);  // first, longest, span or off, as used

  MemoryParts memory() const;
  // Models, fusers, mode and settings of a run, for result files.
  nlohmann::ordered_json provenance() const;
  // Prompts that the aligner could not align so far.
  std::int64_t unaligned_prompts() const { return unaligned_prompts_; }

 private:
  using SharedRosetta = std::shared_ptr<const Rosetta>;
  struct Sharer {
    std::optional<TextSide> text;
    std::unique_ptr<LoadedModel> model;
    std::shared_ptr<const Fuser> fuser;
    std::string alignment;
    SharedRosetta alone;
  };
  // One request with the run's configuration as the request wants it.
  struct Asked {
    const Request& request;
    RunConfig run;
    std::string mode;
  };
  Asked ask(const Request& request) const;
  Sharer& sharer_entry(std::size_t index);
  LoadOptions load_options() const;
  RosettaOptions fused_options(const std::string& fusion);
  Answer dispatch(const Asked& asked, const OnText& on_text);
  Answer answer_alone(const Speaker& speaker, const Asked& asked, const OnText& on_text);
  Answer answer_fused(const Asked& asked, const OnText& on_text);
  Answer answer_with_context(const Asked& asked, const OnText& on_text);
  SectionPlan alone_plan(const TextSide& text, const Asked& asked) const;
  // Of `prompt`'s messages, text or ids; all else is as `asked`.
  SectionPlan fused_plan(const Asked& asked, const Request& prompt, bool& fell_back);
  SectionPlan control_plan(const SectionPlan& mine, const Asked& asked);
  DecodeSettings settings(const Asked& asked) const;

  RunConfig config_;
  ProgressFn progress_;
  std::recursive_mutex loading_;  // whatever is loaded stays
  std::optional<TextSide> receiver_text_;
  std::unique_ptr<LoadedModel> receiver_;
  std::vector<Sharer> sharers_;
  std::map<FusionMode, SharedRosetta> rosettas_;
  SharedRosetta receiver_alone_;
  std::atomic<std::int64_t> unaligned_prompts_ = 0, largest_cache_ = 0;
  std::shared_ptr<Engine> engine_;  // goes first: its thread uses the rest
};

// One JSON object: text, tokens, finish_reason, timings, counts.
nlohmann::ordered_json answer_to_json(const Answer& answer);

}  // namespace c2c
