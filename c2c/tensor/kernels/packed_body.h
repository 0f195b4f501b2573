// What happens before and after the tiles, over the lanes of one instruction set. Included inside its namespace, after
// its lanes and exponential_body.h; C2C_KERNEL and C2C_INLINE name its attributes. No include guard: once for each
// instruction set.

C2C_INLINE Lanes load_elements(const void* from, std::int64_t index, std::int64_t count, Element type) {
  if (type == Element::kF32) {
    const float* at = static_cast<const float*>(from) + index;
    return count >= kLanes ? load(at) : load(at, count);
  }
  const std::uint16_t* at = static_cast<const std::uint16_t*>(from) + index;
  return count >= kLanes ? load(at) : load(at, count);
}

// y Phi(y), to about 2e-7 of the result on both sides: Phi(-a) = exp(-a^2 / 2) P(t) t with t = 1 / (1 + a / 4), P
// fitted to 1e-8 on [0, 14.5]; a^2 is split in two, since the exponential magnifies its rounding.
C2C_INLINE Lanes gelu(Lanes y) {
  const Lanes a = minimum(all(14.5F), magnitude(y));  // NaN stays NaN
  const Lanes t = all(1.0F) / fma(a, all(0.25F), all(1.0F));
  Lanes p = all(kGelu[9]);
  for (int i = 8; i >= 0; --i) p = fma(p, t, all(kGelu[i]));
  const Lanes square = a * a, rest = fma(a, a, all(0.0F) - square);
  const Lanes power = exponential(square * all(-0.5F));
  const Lanes tail = fma(power * all(-0.5F), rest, power) * p * t;  // Phi(-|y|)
  // y > 0: y - y tail; y < 0: y tail; both are max(y, 0) - |y| tail. Beyond 14.5 the tail is nothing.
  return maximum(all(0.0F), y) - a * tail;
}

C2C_INLINE void store_lanes(void* to, std::int64_t index, std::int64_t count, Element type, Lanes value) {
  if (type == Element::kF32) {
    float* at = static_cast<float*>(to) + index;
    return count >= kLanes ? store(at, value) : store(at, value, count);
  }
  std::uint16_t* at = static_cast<std::uint16_t*>(to) + index;
  return count >= kLanes ? store(at, value) : store(at, value, count);
}

C2C_KERNEL void store_tile(const float* tile, std::int64_t rows, std::int64_t outputs, const Outputs& out) {
  for (std::int64_t o = 0; o < outputs; o += kLanes) {
    const std::int64_t count = outputs - o;
    const Lanes bias = out.bias == nullptr ? all(0.0F) : load_elements(out.bias, o, count, out.bias_type);
    for (std::int64_t r = 0; r < rows; ++r) {
      Lanes value = load(tile + r * kPanelOutputs + o);
      if (out.bias != nullptr) value = value + bias;
      if (out.gelu) value = gelu(value);
      if (out.residual != nullptr)
        value = value + load_elements(out.residual, r * out.residual_stride + o, count, out.residual_type);
      store_lanes(out.y, r * out.y_stride + o, count, out.type, value);
    }
  }
}

template <class T>
C2C_INLINE void quantize_group(const T* x, std::int64_t count, RowGroup* out) {
  Lanes values[kGroupInputs / kLanes];
  float flat[kGroupInputs];
  for (std::int64_t j = 0; j < kGroupInputs / kLanes; ++j) {
    const std::int64_t left = count - j * kLanes;
    values[j] = left >= kLanes ? load(x + j * kLanes) : left > 0 ? load(x + j * kLanes, left) : all(0.0F);
    store(flat + j * kLanes, values[j]);
  }
  const float largest = largest_magnitude(flat);
  const bool usable = !(largest > 3.4028234e38F);
  out->scale = usable ? largest / 127.0F : __builtin_nanf("");
  const Lanes by = all(largest > 0x1p-100F && usable ? 127.0F / largest : 0.0F);
  for (std::int64_t j = 0; j < kGroupInputs / kLanes; ++j)
    store(out->values + j * kLanes, usable ? nearest_integer(values[j] * by) : all(0.0F), kLanes);
  int sum = 0;
  for (const std::int8_t value : out->values) sum += value;
  out->negative_sum8 = -8 * sum;
}

template <class T>
C2C_INLINE void quantize_row_of(const T* x, std::int64_t in, RowGroup* out) {
  for (std::int64_t k = 0; k < in; k += kGroupInputs, ++out) quantize_group(x + k, in - k, out);
}

C2C_KERNEL void quantize_groups(const SourceRows& x, std::int64_t in, std::int64_t row, RowGroup* out) {
  if (x.type == Element::kF32)
    quantize_row_of(static_cast<const float*>(x.data) + row * x.stride, in, out);
  else
    quantize_row_of(static_cast<const std::uint16_t*>(x.data) + row * x.stride, in, out);
}
