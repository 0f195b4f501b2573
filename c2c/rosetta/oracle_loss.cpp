#include "c2c/rosetta/oracle_loss.h"

#include <ATen/ATen.h>

#include "c2c/base/error.h"
#include "c2c/rosetta/token_selection.h"

namespace c2c {
namespace {

struct RowCost {
  at::Tensor sum, rows;  // () each
};

// (..., features)
RowCost row_cost(const at::Tensor& found, const at::Tensor& truth, const at::Tensor& mask, OracleLoss kind) {
  C2C_CHECK(found.sizes() == truth.sizes(), "oracle loss: shapes differ");
  const auto type = at::promote_types(at::promote_types(found.scalar_type(), truth.scalar_type()), at::kFloat);
  const at::Tensor x = found.to(type), y = truth.to(type).detach();
  at::Tensor cost;
  if (kind == OracleLoss::kMse)
    cost = (x - y).square().sum(-1);
  else if (kind == OracleLoss::kL1)
    cost = (x - y).abs().sum(-1);
  else
    cost = 1 - at::cosine_similarity(x, y, -1, 1e-12);
  if (!mask.defined()) return {cost.sum(), at::full({}, cost.numel(), cost.options().requires_grad(false))};
  C2C_CHECK(mask.sizes() == cost.sizes(), "oracle loss: one mask entry for each row");
  const at::Tensor counts = mask.to(cost.device()) != 0;
  return {at::where(counts, cost, at::zeros({}, cost.options())).sum(), counts.sum().to(type)};
}

at::Tensor mean_of(const RowCost& cost) {
  return cost.sum / cost.rows.clamp_min(1);
}

// (B, H, N, D) -> (B, N, H D)
at::Tensor token_rows(const at::Tensor& x_BHND) {
  return x_BHND.transpose(1, 2).flatten(2);
}

}  // namespace

OracleLoss oracle_loss_from_name(std::string_view name) {
  if (name == "mse") return OracleLoss::kMse;
  if (name == "l1") return OracleLoss::kL1;
  if (name == "cosine") return OracleLoss::kCosine;
  fail_usage({.where = "oracle loss", .key = "type", .found = std::string(name), .expected = "mse, l1 or cosine"});
}

at::Tensor oracle_hidden_loss(const at::Tensor& hidden, const at::Tensor& truth, const at::Tensor& mask,
                              OracleLoss kind) {
  return mean_of(row_cost(hidden, truth, mask, kind));
}

at::Tensor oracle_kv_loss(const FusedLayers& fused, const FusedLayers& truth, const at::Tensor& mask_BN,
                          OracleLoss kind) {
  std::vector<at::Tensor> parts;
  for (const auto& [layer, kv] : fused) {
    const auto own = truth.find(layer);
    C2C_CHECK(own != truth.end(), "oracle_kv_loss: a fused layer without its truth");
    parts.push_back(mean_of(row_cost(token_rows(kv.key), token_rows(own->second.key), mask_BN, kind)));
    parts.push_back(mean_of(row_cost(token_rows(kv.value), token_rows(own->second.value), mask_BN, kind)));
  }
  return parts.empty() ? at::zeros({}) : at::stack(parts).mean();
}

FuseObserver OracleKvMeter::observer() {
  return [this](const FuseEvent& event) { see(event); };
}

void OracleKvMeter::see(const FuseEvent& event) {
  const TokenSelection tokens(event.rows, event.columns, own_.batch(), own_.options().device());
  const KvPair own = own_.layer(event.receiver_layer);
  at::Tensor mask;
  if (mask_BT_.defined()) mask = tokens.take(mask_BT_.unsqueeze(1).unsqueeze(-1)).squeeze(-1).squeeze(1);
  for (const auto& [written, truth] : {std::pair(event.after.key, own.key), std::pair(event.after.value, own.value)}) {
    const RowCost cost = row_cost(token_rows(written), token_rows(tokens.take(truth)), mask, kind_);
    sum_ = sum_.defined() ? sum_ + cost.sum : cost.sum;
    rows_ = rows_.defined() ? rows_ + cost.rows : cost.rows;
  }
}

at::Tensor OracleKvMeter::loss() const {
  return sum_.defined() ? mean_of({sum_, rows_}) : at::zeros({}, own_.options().dtype(at::kFloat));
}

}  // namespace c2c
