#include <ATen/ATen.h>

#include <torch/csrc/distributed/c10d/Work.hpp>

#include "c2c/base/error.h"
#include "c2c/tensor/dist/backends.h"

namespace c2c {
namespace {

class SingleGroup final : public ProcessGroup {
 public:
  explicit SingleGroup(at::Device device) : device_(device) {}
  std::string name() const override { return "single"; }
  int rank() const override { return 0; }
  int world_size() const override { return 1; }
  at::Device device() const override { return device_; }
  void barrier() override {}
  void broadcast(const at::Tensor&, int root) override { C2C_CHECK(root == 0, "broadcast: no such rank"); }
  void all_reduce_sum(const at::Tensor&) override {}
  std::vector<std::string> gather_strings(const std::string& text) override { return {text}; }

 private:
  at::Device device_;
};

class BackendGroup final : public ProcessGroup {
 public:
  BackendGroup(BackendPtr backend, at::Device device) : backend_(std::move(backend)), device_(device) {}
  std::string name() const override { return backend_->getBackendName(); }
  int rank() const override { return backend_->getRank(); }
  int world_size() const override { return backend_->getSize(); }
  at::Device device() const override { return device_; }

  void barrier() override {
    wait("barrier", [&] { return backend_->barrier(); });
  }
  void broadcast(const at::Tensor& tensor, int root) override {
    C2C_CHECK(root >= 0 && root < world_size(), "broadcast: no such rank");
    in_place(tensor, [&](std::vector<at::Tensor>& dense) {
      c10d::BroadcastOptions options;
      options.rootRank = root;
      wait("broadcast", [&] { return backend_->broadcast(dense, options); });
    });
  }
  void all_reduce_sum(const at::Tensor& tensor) override {
    in_place(tensor,
             [&](std::vector<at::Tensor>& dense) { wait("all-reduce", [&] { return backend_->allreduce(dense); }); });
  }
  std::vector<std::string> gather_strings(const std::string& text) override;

 private:
  template <class Start>
  void wait(const char* what, const Start& start) const;
  template <class Collective>
  void in_place(const at::Tensor& tensor, const Collective& collective) const;
  // Rows of all ranks, each of the shape of `mine`.
  std::vector<at::Tensor> all_gather(const at::Tensor& mine) const;

  BackendPtr backend_;
  at::Device device_;
};

template <class Start>
void BackendGroup::wait(const char* what, const Start& start) const {
  try {
    start()->wait();
  } catch (const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    fail_input({.where = "rank " + std::to_string(rank()) + " of " + std::to_string(world_size()),
                .key = std::string(what) + " (" + name() + ")",
                .found = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what(),
                .expected = "all ranks to take part",
                .hint = "another process ended or stalled: its own output says why. C2C_DIST_TIMEOUT (seconds) says "
                        "how long to wait"});
  }
}

template <class Collective>
void BackendGroup::in_place(const at::Tensor& tensor, const Collective& collective) const {
  C2C_CHECK(tensor.device().type() == device_.type(), "a collective's tensor lies on the group's device");
  const at::NoGradGuard no_grad;
  const at::Tensor own = tensor.detach();
  std::vector<at::Tensor> dense = {own.contiguous()};
  collective(dense);
  if (!dense[0].is_same(own)) own.copy_(dense[0]);
}

std::vector<at::Tensor> BackendGroup::all_gather(const at::Tensor& mine) const {
  std::vector<at::Tensor> inputs = {mine};
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (int i = 0; i < world_size(); ++i) outputs[0].push_back(at::empty_like(mine));
  wait("gather", [&] { return backend_->allgather(outputs, inputs); });
  return outputs[0];
}

std::vector<std::string> BackendGroup::gather_strings(const std::string& text) {
  constexpr std::int64_t kMostBytes = std::int64_t{64} << 20;
  const auto size = static_cast<std::int64_t>(text.size());
  C2C_CHECK(size <= kMostBytes, "gather_strings is for small texts");
  std::vector<std::int64_t> sizes;
  for (const at::Tensor& one : all_gather(at::full({1}, size, at::TensorOptions(device_).dtype(at::kLong))))
    sizes.push_back(one.item<std::int64_t>());
  const std::int64_t longest = std::max<std::int64_t>(1, *std::max_element(sizes.begin(), sizes.end()));
  at::Tensor mine = at::zeros({longest}, at::kByte);
  std::copy(text.begin(), text.end(), mine.data_ptr<std::uint8_t>());
  std::vector<std::string> texts;
  const std::vector<at::Tensor> rows = all_gather(mine.to(device_));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const at::Tensor row = rows[i].cpu();
    texts.emplace_back(reinterpret_cast<const char*>(row.const_data_ptr<std::uint8_t>()),
                       static_cast<std::size_t>(sizes[i]));
  }
  return texts;
}

}  // namespace

std::unique_ptr<ProcessGroup> make_single_group(at::Device device) {
  return std::make_unique<SingleGroup>(device);
}

std::unique_ptr<ProcessGroup> make_backend_group(BackendPtr backend, at::Device device) {
  return std::make_unique<BackendGroup>(std::move(backend), device);
}

}  // namespace c2c
