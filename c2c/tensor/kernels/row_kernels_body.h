// The kernels of row_kernels.h over the lanes of one instruction set. Included inside its namespace, after its lanes
// and exponential_body.h; C2C_KERNEL and C2C_INLINE name its attributes. No include guard: once for each instruction
// set.

template <class T>
C2C_INLINE float squares_sum(const T* x, std::int64_t size) {
  constexpr std::int64_t kStep = 32;
  Lanes sums[kStep / kLanes];
  for (Lanes& sum : sums) sum = all(0.0F);
  std::int64_t i = 0;
  for (; i + kStep <= size; i += kStep)
    for (std::int64_t j = 0; j < kStep / kLanes; ++j) {
      const Lanes value = load(x + i + j * kLanes);
      sums[j] = fma(value, value, sums[j]);
    }
  float lanes[kStep];
  for (std::int64_t j = 0; j < kStep / kLanes; ++j) store(lanes + j * kLanes, sums[j]);
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  float rest[kStep] = {};
  const std::int64_t left = size - i;
  for (std::int64_t j = 0; j < left; j += kLanes) {
    const std::int64_t count = left - j < kLanes ? left - j : kLanes;
    store(rest + j, load(x + i + j, count));
  }
  for (std::int64_t j = 0; j < left; ++j) sum = __builtin_fmaf(rest[j], rest[j], sum);
  return sum;
}

template <class T>
C2C_INLINE Lanes weighted(Lanes x, Lanes weight, NormForm form) {
  if (form == NormForm::kRounded) return rounded(T{}, x) * weight;
  return x * (form == NormForm::kOffset ? all(1.0F) + weight : weight);
}

template <class T>
C2C_KERNEL void rms_norm_row(const NormRow<T>& row) {
  const float mean = squares_sum(row.x, row.size) / static_cast<float>(row.size);
  const Lanes scale = all(1.0F / __builtin_sqrtf(mean + row.eps));
  std::int64_t i = 0;
  for (; i + kLanes <= row.size; i += kLanes)
    store(row.out + i, weighted<T>(load(row.x + i) * scale, load(row.weight + i), row.form));
  if (const std::int64_t left = row.size - i; left > 0)
    store(row.out + i, weighted<T>(load(row.x + i, left) * scale, load(row.weight + i, left), row.form), left);
}

template <class T>
C2C_INLINE Lanes turned(Lanes a, Lanes b, Lanes cosine, Lanes sine) {
  return fma(b, sine, rounded(T{}, a * cosine));
}

template <class T>
C2C_KERNEL void rope_row(const T* x, const T* cosine, const T* sine, T* out, std::int64_t size) {
  const std::int64_t half = size / 2;
  std::int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    const Lanes a = load(x + i), b = load(x + i + half);
    store(out + i, turned<T>(a, b, load(cosine + i), load(sine + i)));
    store(out + i + half, turned<T>(b, a, load(cosine + i + half), load(sine + i + half)));
  }
  if (const std::int64_t left = half - i; left > 0) {
    const Lanes a = load(x + i, left), b = load(x + i + half, left);
    store(out + i, turned<T>(a, b, load(cosine + i, left), load(sine + i, left)), left);
    store(out + i + half, turned<T>(b, a, load(cosine + i + half, left), load(sine + i + half, left)), left);
  }
}

// 0.5 (1 + tanh y) is the logistic function of 2 y, without its cancellation.
template <class T>
C2C_INLINE Lanes gated(Lanes x, Lanes up, Gate kind) {
  const Lanes inner = kind == Gate::kSilu ? x : all(1.5957691216057308F) * fma(all(0.044715F) * x * x, x, x);
  return rounded(T{}, x / (all(1.0F) + exponential(all(0.0F) - inner))) * up;
}

template <class T>
C2C_KERNEL void gated_row(const T* gate, const T* up, T* out, std::int64_t size, Gate kind) {
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) store(out + i, gated<T>(load(gate + i), load(up + i), kind));
  if (const std::int64_t left = size - i; left > 0)
    store(out + i, gated<T>(load(gate + i, left), load(up + i, left), kind), left);
}

template <class T>
C2C_KERNEL void add_row(const T* a, const T* b, T* out, std::int64_t size) {
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) store(out + i, load(a + i) + load(b + i));
  if (const std::int64_t left = size - i; left > 0) store(out + i, load(a + i, left) + load(b + i, left), left);
}

template <class T>
C2C_KERNEL void softmax_row(const SoftmaxRow<T>& row) {
  T* x = row.x + row.first;
  const std::int64_t count = row.end - row.first, whole = count / kLanes * kLanes, left = count - whole;
  // Behind the end: so low that its exponential is 0.
  float padded[kLanes];
  store(padded, all(-__builtin_inff()));
  if (left > 0) store(padded, load(x + whole, left), left);
  Lanes largest = load(padded);
  for (std::int64_t i = 0; i < whole; i += kLanes) largest = maximum(load(x + i), largest);
  const Lanes most = all(largest_of(largest));
  Lanes sum = exponential(load(padded) - most);
  store(padded, sum);
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    const Lanes weight = exponential(load(x + i) - most);
    store(row.scratch + i, weight);
    sum = sum + weight;
  }
  const Lanes share = all(1.0F / sum_of(sum));
  for (std::int64_t i = 0; i < whole; i += kLanes) store(x + i, load(row.scratch + i) * share);
  if (left > 0) store(x + whole, load(padded) * share, left);
  for (std::int64_t i = 0; i < row.first; ++i) row.x[i] = T{};
  for (std::int64_t i = row.end; i < row.size; ++i) row.x[i] = T{};
}

template <class T>
C2C_KERNEL float quantize_row(const T* x, std::int8_t* out, std::int64_t size) {
  Lanes largest = all(0.0F), infected = all(0.0F);  // x * 0 is NaN where x is not finite
  for (std::int64_t i = 0; i < size; i += kLanes) {
    const Lanes value = size - i < kLanes ? load(x + i, size - i) : load(x + i);
    largest = maximum(magnitude(value), largest);
    infected = fma(value, all(0.0F), infected);
  }
  const float most = largest_of(largest), check = sum_of(infected);
  const bool finite = check == check;
  const float inverse = finite && most > 1e-35F ? 127.0F / most : 0.0F;
  for (std::int64_t i = 0; i < size; i += kLanes) {
    const std::int64_t count = size - i < kLanes ? size - i : kLanes;
    const Lanes value = inverse == 0.0F ? all(0.0F) : load(x + i, count) * all(inverse);
    store(out + i, value, count);
  }
  return finite ? most / 127.0F : __builtin_nanf("");
}

template <class T>
C2C_KERNEL void dequantize_row(const std::int8_t* x, float scale, T* out, std::int64_t size) {
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) store(out + i, load(x + i) * all(scale));
  if (const std::int64_t left = size - i; left > 0) store(out + i, load(x + i, left) * all(scale), left);
}

C2C_INSTANTIATE_ROW_KERNELS(float)
C2C_INSTANTIATE_ROW_KERNELS(std::uint16_t)
