#include "c2c/eval/bench/timings.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "c2c/eval/bench/ceilings.h"
#include "c2c/tensor/ops/argmax.h"

namespace c2c::bench {
namespace {

constexpr std::int64_t kSweepBytes = std::int64_t{512} << 20;
constexpr int kSweeps = 3;

// What a row's part does, by arithmetic.
struct Work {
  double tokens = 1, flops = 0, bytes = 0;
};

Row make_row(const std::string& who, const std::string& what, const TimingShape& shape, const Samples& samples,
             const Work& work) {
  return {.who = who,
          .what = what,
          .threads = shape.threads,
          .prompt = shape.prompt,
          .new_tokens = shape.new_tokens,
          .tokens = work.tokens,
          .samples = samples,
          .flops = work.flops,
          .bytes = work.bytes};
}

}  // namespace

TimedPrompt time_prompt(const Rosetta& rosetta, const SectionPlan& plan, std::int64_t new_tokens) {
  const c10::InferenceMode inference;
  RosettaState state;
  TimedPrompt timed;
  const Stopwatch prefill;
  at::Tensor token = ops::argmax(rosetta.prefill({plan}, state, new_tokens));
  timed.first_token = prefill.seconds();
  const Stopwatch decode;
  for (std::int64_t i = 0; i < new_tokens; ++i) token = ops::argmax(rosetta.decode(token, state));
  timed.decode_token = decode.seconds() / static_cast<double>(std::max<std::int64_t>(new_tokens, 1));
  return timed;
}

std::vector<Row> measure_timings(const BenchPair& pair, Rivals& rivals, const TimingShape& shape, const Rounds& rounds,
                                 std::int64_t turn) {
  const auto ids = pair.random_ids(shape.prompt, 1);
  std::vector<Contender> contenders;
  std::map<std::string, Work> work;
  const double cached = static_cast<double>(shape.prompt) + static_cast<double>(shape.new_tokens) / 2;
  const auto enter = [&](const Rosetta& rosetta, const std::string& first, const std::string& decode) {
    const auto plan = std::make_shared<SectionPlan>(pair.plan(rosetta, ids));
    contenders.push_back({"c2c", [&rosetta, &shape, plan, first, decode] {
                            const TimedPrompt timed = time_prompt(rosetta, *plan, shape.new_tokens);
                            return Parts{{first, timed.first_token}, {decode, timed.decode_token}};
                          }});
    work[first] = {static_cast<double>(shape.prompt), pair.prefill_flops(rosetta, shape.prompt), 0};
    work[decode] = {1, 0, pair.decode_bytes(cached)};
  };
  enter(*pair.alone(), "prefill", "decode");
  if (auto llama = rivals.llama(pair.weights(), shape)) contenders.push_back(std::move(*llama));
  if (pair.fused()) enter(*pair.fused(), "fused_first_token", "fused_decode");
  if (auto reference = rivals.reference(pair.weights(), shape)) contenders.push_back(std::move(*reference));

  // A machine that is lent by the slice reads at one speed now and at half of it a minute later: what decoding is held
  // against is measured in turn with it.
  ReadSweep sweep(kSweepBytes);
  contenders.push_back({"machine", [&sweep] {
                          double best = sweep.seconds();
                          for (int i = 1; i < kSweeps; ++i) best = std::min(best, sweep.seconds());
                          return Parts{{kReadSweep, best}};
                        }});
  work[kReadSweep] = {1, 0, static_cast<double>(kSweepBytes)};

  const auto results = take_turns(contenders, rounds);
  std::vector<Row> rows;
  for (const char* what : {"prefill", "decode", "fused_first_token", "fused_decode", kReadSweep})
    for (const auto& [who, parts] : results) {
      const auto found = parts.find(what);
      if (found == parts.end()) continue;
      const bool is_ours = who == "c2c", is_machine = who == "machine";
      Row row = make_row(who, what, shape, found->second,
                         is_ours || is_machine ? work[what] : Work{.tokens = work[what].tokens});
      row.weights = is_ours ? pair.weights() : is_machine ? "" : rivals.format_of(who, pair.weights());
      row.turn = turn;
      rows.push_back(std::move(row));
    }
  return rows;
}

}  // namespace c2c::bench
