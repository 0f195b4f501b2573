#include "c2c/fuser/ablation_projector.h"

#include <array>
#include <nlohmann/json.hpp>

namespace c2c {

std::unique_ptr<Projector> AblationProjector::create(const nlohmann::ordered_json& init_args) {
  const InitArgs args("AblationProjector", init_args);
  const auto level = args.integer("ablation_level", 0, {0, 4});
  C2CParts parts{args.boolean("use_scalar_weights", true), args.boolean("use_gates", true),
                 args.boolean("use_target", true)};
  if (level == 4)
    parts = {.scalars = true, .gates = false, .target = true};
  else
    parts = {parts.scalars && level < 1, parts.gates && level < 2, parts.target && level < 3};
  std::unique_ptr<Projector> projector(new AblationProjector(args, level, parts));
  args.finish();
  return projector;
}

std::string AblationProjector::description() const {
  static const std::array<const char*, 5> kDescriptions = {
      "Full C2C (baseline)", "No scalar weights (scalars=1.0)", "No gates (gates=1.0) + No scalar weights",
      "No target (source-only) + No gates + No scalar weights", "No gates (gates=1.0), keep scalars and target"};
  return kDescriptions[static_cast<std::size_t>(level_)];
}

}  // namespace c2c
