// What every projector shares: class name, arguments, geometry, moving. Derive from it for a projector of your own
// (docs/extending.md).
#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "c2c/fuser/init_args.h"
#include "c2c/fuser/projector.h"

namespace c2c {

class ProjectorBase : public Projector {
 public:
  const std::string& class_name() const override { return class_name_; }
  const nlohmann::ordered_json& init_args() const override { return *init_args_; }
  KvGeometry sharer_geometry() const override { return geometry_.sharer; }
  KvGeometry receiver_geometry() const override { return geometry_.receiver; }
  void to(at::ScalarType dtype, at::Device device) override;  // through visit()

 protected:
  // Reads the four geometry arguments.
  explicit ProjectorBase(const InitArgs& args);
  // Throws kUsage where the shapes are not (B, Hs, N, Ds) and (B, Hr, N, Dr) with the same B and N.
  void check_inputs(const KvPair& sharer, const KvPair& receiver) const;

 private:
  std::string class_name_;
  std::shared_ptr<const nlohmann::ordered_json> init_args_;
  InitArgs::Geometry geometry_;
};

}  // namespace c2c
