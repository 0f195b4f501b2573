// AblationProjector: C2CProjector with parts taken away (reference: rosetta/model/ablation_projector.py). Level 0 full,
// 1 no scalar weights, 2 no gates either, 3 no target either (the output is the projection alone), 4 no gates only.
#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "c2c/fuser/c2c_projector.h"

namespace c2c {

class AblationProjector final : public C2CProjector {
 public:
  static std::unique_ptr<Projector> create(const nlohmann::ordered_json& init_args);
  std::int64_t level() const { return level_; }
  std::string description() const;

 private:
  AblationProjector(const InitArgs& args, std::int64_t level, C2CParts parts)
      : C2CProjector(args, parts), level_(level) {}
  std::int64_t level_;
};

}  // namespace c2c
