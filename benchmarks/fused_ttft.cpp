// Time to first token of a fused prompt, the counterpart of the Python reference's timer: random weights of a
// C2CProjector for the lowest-aligned layers, all gates open, random ids. usage: fused_ttft RECEIVER SHARER [prompt
// 512] [new 32] [f32|bf16] [hidden 1024] [threads 2]    prints one JSON line.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "c2c/fuser/fuser.h"
#include "c2c/infer/generate/generate.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/rosetta/rosetta.h"

namespace {

using namespace c2c;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

long peak_rss_mib() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  char line[256];
  long kib = 0;
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) std::sscanf(line, "VmHWM: %ld", &kib);
  if (file != nullptr) std::fclose(file);
  return kib / 1024;
}

// As the reference's timer maps them: receiver layer t reads sharer layer S - T + t where there is one.
std::shared_ptr<Fuser> random_fuser(const CausalLm& receiver, const CausalLm& sharer, std::int64_t hidden) {
  const KvGeometry r = receiver.kv_geometry(), s = sharer.kv_geometry();
  auto fuser = std::make_shared<Fuser>();
  const nlohmann::ordered_json args = {{"source_dim", s.head_dim},
                                       {"target_dim", r.head_dim},
                                       {"source_num_heads", s.kv_heads},
                                       {"target_num_heads", r.kv_heads},
                                       {"hidden_dim", hidden},
                                       {"intermediate_dim", hidden},
                                       {"num_layers", 3},
                                       {"dropout", 0.1},
                                       {"initial_temperature", 1.0},
                                       {"final_temperature", 0.001},
                                       {"anneal_steps", 100}};
  for (std::int64_t t = 0; t < r.layers; ++t) {
    const std::int64_t q = s.layers - r.layers + t, p = static_cast<std::int64_t>(fuser->projectors.size());
    if (q < 0) continue;
    auto projector = make_projector("C2CProjector", args);
    projector->visit("", [](const ParameterRef& ref) {
      if (ref.name.find("gate_logit") != std::string::npos) ref.tensor->fill_(1.0);
    });
    projector->to(receiver.options().dtype().toScalarType(), at::kCPU);
    fuser->projectors.push_back(std::move(projector));
    fuser->layers[t] = {{q, p}};
  }
  return fuser;
}

std::string argument(int argc, char** argv, int index, const char* fallback) {
  return argc > index ? argv[index] : fallback;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3)
    return std::fprintf(stderr, "usage: fused_ttft RECEIVER SHARER [prompt] [new] [dtype] [hidden] [threads]\n"), 2;
  const auto number = [&](int i, const char* fallback) { return std::atol(argument(argc, argv, i, fallback).c_str()); };
  const std::int64_t prompt = number(3, "512"), fresh = number(4, "32"), hidden = number(6, "1024");
  const std::string dtype = argument(argc, argv, 5, "bf16");
  at::set_num_threads(static_cast<int>(number(7, "2")));
  at::set_num_interop_threads(1);
  const c10::InferenceMode inference;
  at::manual_seed(0);
  const LoadOptions load{.dtype = dtype == "f32" ? at::kFloat : at::kBFloat16};
  const std::shared_ptr<const CausalLm> receiver = load_model(argv[1], load), sharer = load_model(argv[2], load);
  const auto fuser = random_fuser(*receiver, *sharer, hidden);
  const Rosetta rosetta(receiver, {{sharer, fuser}}, {.fusion = FusionMode::kParallel});
  const at::Tensor ids = at::randint(100, 20000, {prompt}, at::kLong);
  const SectionPlan plan = plan_shared_ids({ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + prompt}, 1, 1);

  double best = 1e9, best_decode = 1e9;
  PrefillTiming split;
  for (int round = 0; round < 4; ++round) {  // the first one warms up
    RosettaState state;
    double start = seconds();
    at::Tensor token = rosetta.prefill({plan}, state, fresh).argmax(-1);
    const double ttft = seconds() - start;
    start = seconds();
    for (std::int64_t i = 0; i < fresh; ++i) token = rosetta.decode(token, state).argmax(-1);
    if (round == 0) continue;
    if (ttft < best) best = ttft, split = state.timing;
    best_decode = std::min(best_decode, (seconds() - start) / static_cast<double>(std::max<std::int64_t>(fresh, 1)));
  }
  nlohmann::ordered_json out = {{"peer", "c2c"},
                                {"dtype", dtype},
                                {"prompt", prompt},
                                {"hidden", hidden},
                                {"ttft_s", best},
                                {"sharer_prefill_s", split.sharer_prefill},
                                {"receiver_prefill_s", split.receiver_prefill},
                                {"fuse_s", split.fuse},
                                {"decode_tok_s", 1 / best_decode},
                                {"peak_rss_mib", peak_rss_mib()}};
  std::printf("%s\n", out.dump().c_str());
  return 0;
}
