// Where the time goes, also on devices that run behind the program.
#pragma once
#include <c10/core/Device.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>

namespace c2c {

// Adds the seconds of its own lifetime, waiting for the device where work is queued.
class Stopwatch {
 public:
  Stopwatch(double& seconds, at::Device device) : seconds_(seconds), device_(device), start_(now()) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point now() const {
    if (!device_.is_cpu() && device_.has_index())
      c10::impl::VirtualGuardImpl(device_.type()).synchronizeDevice(device_.index());
    return std::chrono::steady_clock::now();
  }
  double& seconds_;
  at::Device device_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace c2c
