// The programs we are compared with, as child processes that time themselves (benchmarks/rivals/*.py).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "c2c/eval/bench/bench_config.h"
#include "c2c/eval/bench/report.h"
#include "c2c/io/process/child.h"
#include "c2c/train/data/sample.h"

namespace c2c::bench {

struct TimingShape;

// What rivals are told about the models.
struct RivalModels {
  std::string receiver, sharer;  // files or folders; sharer: may be empty
  std::int64_t hidden = 0;       // of the random fuser; 0: there is none that a rival has too
};

// A rival that cannot run is left out, once, with its reason in `left_out`.
class Rivals {
 public:
  Rivals(const RivalConfig& config, RivalModels models, std::vector<LeftOut>& left_out);

  // llama.cpp on the receiver's file, requantized by its own tool to the packing that `weights` compares with.
  std::optional<Contender> llama(const std::string& weights, const TimingShape& shape);
  // The Python reference: the receiver alone, and fused. Packed formats are compared with its bf16.
  std::optional<Contender> reference(const std::string& weights, const TimingShape& shape);
  // llama.cpp's cross-entropy of the labels of `samples`, receiver alone; none: it cannot run.
  std::optional<std::vector<TextScore>> score(const std::string& weights, const std::vector<Sample>& samples);
  // What `who` holds its weights as when we hold ours as `weights`.
  std::string format_of(const std::string& who, const std::string& weights) const;
  // What the rivals that ran say about themselves.
  const nlohmann::ordered_json& described() const { return described_; }
  // Ends the children.
  void rest();

 private:
  struct Running {
    std::vector<std::string> command;
    std::shared_ptr<Child> child;
  };
  // Its child, that has said what it is; null: left out.
  std::shared_ptr<Child> start(const std::string& who, Running& running, const std::vector<std::string>& command);
  std::shared_ptr<Child> start_llama(const std::string& weights, std::int64_t context);
  std::optional<Contender> contender(const std::string& who, std::shared_ptr<Child> child, const TimingShape& shape);
  void leave_out(const std::string& who, const std::string& why);

  RivalConfig config_;
  RivalModels models_;
  std::vector<LeftOut>& left_out_;
  nlohmann::ordered_json described_ = nlohmann::ordered_json::object();
  Running llama_, reference_;
};

}  // namespace c2c::bench
