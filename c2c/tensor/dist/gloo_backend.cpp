// LibTorch's wheel has c10d's Gloo group, but not Gloo's headers: these come from Debian's libgloo-dev, and nothing of
// it is linked (its library would be a second Gloo).
#if defined(C2C_GLOO)
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "c2c/tensor/dist/backends.h"

namespace c2c {

BackendPtr make_gloo_backend(const StorePtr& store, const LaunchEnvironment& launch) {
  // The device: GLOO_SOCKET_IFNAME's interfaces, else this host's name, else the loopback address.
  const auto options = c10d::ProcessGroupGloo::Options::create_default(launch.timeout);
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, launch.rank, launch.world_size, options);
}

}  // namespace c2c
#endif
