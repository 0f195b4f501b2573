#include "c2c/eval/analysis/weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/eval/results/svg.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

// Scalars of one projector, K or V: (H, N) for each prompt.
struct Projected {
  std::size_t sharer = 0;
  std::int64_t receiver_layer = 0, sharer_layer = 0;
  std::vector<at::Tensor> key, value;
  double key_logit = 0, value_logit = 0;
  bool has_gates = true;  // one logit each
  bool key_open() const { return !has_gates || key_logit > 0; }
  bool value_open() const { return !has_gates || value_logit > 0; }
};
// By number and receiver layer: several layers may share a projector.
using ByProjector = std::map<std::pair<std::int64_t, std::int64_t>, Projected>;

// A projector that leaves its scalars behind with every call. What it writes is what it always writes.
class Recorder : public Projector {
 public:
  Recorder(std::shared_ptr<Projector> inner, ProjectContext::Capture& last) : inner_(std::move(inner)), last_(last) {}

  KvPair forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const override {
    last_ = {};
    ProjectContext own = context;
    own.capture = &last_;
    return inner_->forward(sharer, receiver, own);
  }
  bool needs_positions() const override { return inner_->needs_positions(); }
  bool is_closed() const override { return inner_->is_closed(); }
  void set_temperature_step(std::int64_t step) override { inner_->set_temperature_step(step); }
  const std::string& class_name() const override { return inner_->class_name(); }
  const Json& init_args() const override { return inner_->init_args(); }
  KvGeometry sharer_geometry() const override { return inner_->sharer_geometry(); }
  KvGeometry receiver_geometry() const override { return inner_->receiver_geometry(); }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override { inner_->visit(prefix, visitor); }
  void visit_linears(const std::string& prefix, const LinearVisitor& visitor) override {
    inner_->visit_linears(prefix, visitor);
  }
  void to(at::ScalarType dtype, at::Device device) override { inner_->to(dtype, device); }

 private:
  std::shared_ptr<Projector> inner_;
  ProjectContext::Capture& last_;
};

// The session's models and fusers, the latter recording.
Rosetta recording(Session& session, ProjectContext::Capture& last) {
  const Rosetta& own = session.rosetta();
  std::vector<SharerEntry> sharers = own.sharers();
  for (SharerEntry& sharer : sharers) {
    auto fuser = std::make_shared<Fuser>(*sharer.fuser);
    for (auto& projector : fuser->projectors) projector = std::make_shared<Recorder>(projector, last);
    sharer.fuser = fuser;
  }
  return {session.receiver().lm, std::move(sharers), own.options()};
}

// Of all sharers, one behind the other.
std::int64_t number_of(const Rosetta& rosetta, std::size_t sharer, std::int64_t layer) {
  std::int64_t before = 0;
  for (std::size_t s = 0; s < sharer; ++s)
    before += static_cast<std::int64_t>(rosetta.sharers()[s].fuser->projectors.size());
  return before + rosetta.sharers()[sharer].fuser->layers.at(layer).front().projector;
}

bool has_gates(const Rosetta& rosetta, std::size_t sharer, std::int64_t layer) {
  const Fuser& fuser = *rosetta.sharers()[sharer].fuser;
  Projector& projector = *fuser.projectors.at(static_cast<std::size_t>(fuser.layers.at(layer).front().projector));
  bool found = false;
  projector.visit(
      "", [&](const ParameterRef& ref) { found |= ref.name.ends_with("gate_logit") && ref.tensor->numel() == 1; });
  return found;
}

// Rows of one prompt: a conversation may be fused in several sections.
void add(std::vector<at::Tensor>& prompts, const at::Tensor& scalars_BHN1, std::size_t prompt) {
  const at::Tensor scalars_HN = scalars_BHN1[0].select(-1, 0).to(at::kCPU, at::kFloat);
  if (prompts.size() == prompt)
    prompts.push_back(scalars_HN.clone());
  else
    prompts.back() = at::cat({prompts.back(), scalars_HN}, 1);
}

bool is_listed(const ProjectContext::Capture& scalars) {
  return scalars.key_scalar.defined() && scalars.value_scalar.defined() && scalars.key_scalar.dim() == 4 &&
         scalars.key_scalar.size(0) == 1 && scalars.key_scalar.size(3) == 1;
}

ByProjector collect(Session& session, const std::vector<Question>& questions, const ProgressFn& progress) {
  const at::NoGradGuard no_grad;
  ProjectContext::Capture last;
  const Rosetta rosetta = recording(session, last);
  ByProjector found;
  for (std::size_t q = 0; q < questions.size(); ++q) {
    const FuseObserver observer = [&](const FuseEvent& event) {
      if (!is_listed(last)) return;
      Projected& own = found[{number_of(rosetta, event.sharer, event.receiver_layer), event.receiver_layer}];
      own.sharer = event.sharer;
      own.receiver_layer = event.receiver_layer;
      own.sharer_layer = event.sharer_layer;
      own.key_logit = last.key_gate_logit;
      own.value_logit = last.value_gate_logit;
      own.has_gates = has_gates(rosetta, event.sharer, event.receiver_layer);
      add(own.key, last.key_scalar, q);
      add(own.value, last.value_scalar, q);
    };
    const SectionPlan plan = session.plan({.messages = questions[q].messages, .mode = "c2c"});
    RosettaState state;
    rosetta.forward({plan}, state, {.whole_last_section = false, .observer = &observer});
    if (found.empty())
      fail_usage({.where = "analyze weights",
                  .found = "projectors without scalars, or all gates shut",
                  .expected = "a fuser of C2CProjector, BottleneckProjector or AllInOneProjector with an open gate"});
    if (progress) progress("questions", static_cast<double>(q + 1), static_cast<double>(questions.size()));
  }
  return found;
}

// Six digits: the scalars come out of bfloat16 arithmetic.
Json as_json(const at::Tensor& scalars_HN) {
  const at::Tensor rows_HN = scalars_HN.contiguous();
  const float* next = rows_HN.const_data_ptr<float>();
  Json heads = Json::array();
  for (std::int64_t h = 0; h < rows_HN.size(0); ++h) {
    Json tokens = Json::array();
    for (std::int64_t n = 0; n < rows_HN.size(1); ++n)
      tokens.push_back(std::vector<double>{std::round(1e6 * static_cast<double>(*next++)) / 1e6});
    heads.push_back(std::move(tokens));
  }
  return Json(std::vector<Json>{std::move(heads)});
}

AnalysisTable per_prompt(const ByProjector& found, std::size_t prompts) {
  AnalysisTable table;
  table.columns = {"sample_index",      "projector_index", "norm_key_scalar",
                   "norm_value_scalar", "key_gate_logit",  "value_gate_logit"};
  for (std::size_t q = 0; q < prompts; ++q)
    for (const auto& [place, own] : found)
      table.rows.push_back(
          {q, place.first, as_json(own.key.at(q)), as_json(own.value.at(q)), own.key_logit, own.value_logit});
  return table;
}

std::vector<double> numbers(const std::vector<at::Tensor>& prompts, bool every_token) {
  std::vector<double> all;
  for (const at::Tensor& scalars_HN : prompts) {
    if (!every_token) {
      all.push_back(scalars_HN.mean().item<double>());
      continue;
    }
    const at::Tensor flat = scalars_HN.contiguous().flatten();
    all.insert(all.end(), flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel());
  }
  return all;
}

void add_rows(const ByProjector& found, AnalysisTable& table) {
  table.columns = {"projector",      "sharer",           "receiver_layer", "sharer_layer", "head",
                   "tokens",         "key_mean",         "key_std",        "value_mean",   "value_std",
                   "key_gate_logit", "value_gate_logit", "key_open",       "value_open"};
  for (const auto& [place, own] : found) {
    const at::Tensor key_HN = at::cat(own.key, 1).to(at::kDouble), value_HN = at::cat(own.value, 1).to(at::kDouble);
    for (std::int64_t h = 0; h < key_HN.size(0); ++h)
      table.rows.push_back({place.first, own.sharer + 1, own.receiver_layer, own.sharer_layer, h, key_HN.size(1),
                            key_HN[h].mean().item<double>(), key_HN[h].std(0, false).item<double>(),
                            value_HN[h].mean().item<double>(), value_HN[h].std(0, false).item<double>(), own.key_logit,
                            own.value_logit, own.key_open(), own.value_open()});
  }
}

// Mean scalars by layer, of K and V of each sharer, where the gate is open.
std::string layer_chart(const ByProjector& found, std::size_t sharers) {
  std::vector<svg::Series> series;
  for (std::size_t s = 0; s < sharers; ++s)
    for (const bool key : {true, false}) {
      const std::string name = key ? "keys" : "values";
      svg::Series one{.label = sharers > 1 ? name + " of sharer " + std::to_string(s + 1) : name,
                      .x = {},
                      .y = {},
                      .intervals = {}};
      for (const auto& [place, own] : found) {
        if (own.sharer != s || !(key ? own.key_open() : own.value_open())) continue;
        one.x.push_back(static_cast<double>(own.receiver_layer));
        one.y.push_back(at::cat(key ? own.key : own.value, 1).mean(at::kDouble).item<double>());
      }
      series.push_back(std::move(one));
    }
  return svg::line_chart(series, {.title = "Mean scalar by layer, open gates",
                                  .x_label = "receiver layer",
                                  .y_label = "",
                                  .y_range = Interval{0, 1}});
}

void add_pictures(const ByProjector& found, std::size_t sharers, const WeightOptions& options, Analysis& analysis) {
  analysis.pictures.push_back(layer_chart(found, sharers));
  for (const auto& [place, own] : found)
    for (const bool key : {true, false}) {
      if (!(key ? own.key_open() : own.value_open())) continue;
      const std::string title = std::string(key ? "K" : "V") + " of layer " + std::to_string(own.receiver_layer) +
                                (sharers > 1 ? ", sharer " + std::to_string(own.sharer + 1) : "");
      analysis.pictures.push_back(svg::histogram(
          numbers(key ? own.key : own.value, options.every_token), options.bins,
          {.title = title, .x_label = "", .y_label = "", .width = 300, .height = 170, .x_range = Interval{0, 1}}));
    }
}

}  // namespace

WeightAnalysis weight_analysis(Session& session, const std::vector<Question>& questions, const WeightOptions& options,
                               const ProgressFn& progress) {
  if (questions.empty()) fail_usage({.where = "analyze weights", .found = "no question", .expected = "one at least"});
  const ByProjector found = collect(session, questions, progress);
  const std::size_t sharers = session.rosetta().sharers().size();
  WeightAnalysis out;
  out.analysis.name = "weights";
  out.analysis.title = "Scalars of the projectors over " + std::to_string(questions.size()) + " prompts";
  add_rows(found, out.analysis.table);
  add_pictures(found, sharers, options, out.analysis);
  out.per_prompt = per_prompt(found, questions.size());
  out.analysis.notes = {
      options.every_token ? "Histograms count every token and head." : "Histograms count the mean of each prompt.",
      "A gate whose logit is 0 or less is shut: its scalars are computed here, and reach nothing. Projectors with both "
      "gates shut are not run and have no row."};
  return out;
}

}  // namespace c2c
