// Shapes, strides and epilogues of packed matrix products: every instruction set of this machine against the scalar
// twin and double precision, and the bits of a row alone against the same row among others.
#include <cstdint>
#include <cstdlib>

#include "tests/tensor/kernels/packed_cases.h"

namespace {

using namespace c2c;

// The next byte, 0 past the end.
struct Reader {
  const std::uint8_t* data;
  std::size_t size;

  int next() {
    if (size == 0) return 0;
    --size;
    return *data++;
  }
  int below(int bound) { return next() % bound; }
};

testing::PackedCase read_case(Reader& bytes) {
  testing::PackedCase c;
  c.format = static_cast<WeightFormat>(bytes.below(4));
  c.type = static_cast<kernels::Element>(bytes.below(2));
  c.in = 1 + bytes.next();
  c.out = 1 + bytes.below(100);
  c.rows = 1 + bytes.below(30);
  c.x_stride = c.in + bytes.below(5);
  c.y_stride = c.out + bytes.below(5);
  const int parts = bytes.next();
  c.bias = (parts & 1) != 0;
  c.gelu = (parts & 2) != 0;
  c.residual = (parts & 4) != 0;
  c.seed = static_cast<unsigned>(bytes.next());
  return c;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader bytes{data, size};
  const testing::PackedCase c = read_case(bytes);
  const std::int64_t alone = bytes.below(static_cast<int>(c.rows));
  for (const kernels::Isa isa : {kernels::Isa::kScalar, kernels::Isa::kAvx2, kernels::Isa::kAvx512}) {
    if (isa > kernels::machine_isa()) break;
    const kernels::ScopedIsa scope(isa);
    testing::PackedRun run(c);
    // What is left of the input goes into x as it is: infinities, NaN and subnormal numbers too.
    const bool is_raw = bytes.size > 0;
    for (std::size_t i = 0; i < bytes.size && i < static_cast<std::size_t>(c.in) * run.x.size(); ++i)
      run.x.data()[i] = static_cast<std::byte>(bytes.data[i]);
    const testing::Numbers whole = run.run(), part = run.run(alone, alone + 1);
    if (!is_raw && run.worst(whole) > 1) std::abort();
    for (std::int64_t o = 0; o < c.out; ++o) {
      const auto at = static_cast<std::size_t>(alone * run.y_stride + o);
      const float a = whole.at(at), b = part.at(at);
      const bool both_nan = std::isnan(a) && std::isnan(b);
      if (!both_nan && std::memcmp(&a, &b, sizeof(a)) != 0) std::abort();
    }
  }
  return 0;
}
