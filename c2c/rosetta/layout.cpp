#include "c2c/rosetta/layout.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/rosetta/prefill.h"

namespace c2c {
namespace {

std::int64_t size_of(const auto& list) {
  return static_cast<std::int64_t>(list.size());
}

bool names(SharerMask mask, std::size_t sharer) {
  return (mask >> sharer & 1) != 0;
}

// What one more pass costs beside its tokens (weights are read once more), in tokens.
constexpr std::int64_t kTokensOfAPass = 32;

// A section of one row that one sharer's fuser writes, once the receiver has read up to column `end`.
struct Job {
  std::int64_t row = 0, end = 0;
  std::size_t sharer = 0;
  std::vector<std::int64_t> columns, sources;  // receiver column <- token of the row's SharerPlan
  bool in_shadow = false;
};

void check_row(const RowTokens& row, const CausalLm& model, const std::string& who) {
  const ModelConfig& config = model.config();
  const std::string where = "prompt " + std::to_string(row.row + 1) + " of the batch";
  const std::int64_t needed = std::max(row.count, row.next_position());
  if (config.max_positions > 0 && needed > config.max_positions)
    fail_usage({.where = where,
                .key = who + " " + config.source,
                .found = std::to_string(needed) + " tokens",
                .expected = "at most its context length of " + std::to_string(config.max_positions),
                .hint = "shorten the prompt"});
  for (std::int64_t i = 0; config.vocab_size > 0 && i < row.count; ++i)
    if (const std::int32_t id = row.ids[static_cast<std::size_t>(i)]; id < 0 || id >= config.vocab_size)
      fail_usage({.where = where,
                  .key = who + " " + config.source + ", token " + std::to_string(i),
                  .found = "id " + std::to_string(id),
                  .expected = "an id below its vocabulary size of " + std::to_string(config.vocab_size),
                  .hint = "each model needs ids of its own tokenizer"});
}

at::Tensor columns_of(const at::Tensor& x_BL, std::int64_t begin, std::int64_t end) {
  return x_BL.defined() ? x_BL.narrow(1, begin, end - begin) : x_BL;
}

class Builder {
 public:
  Builder(const std::vector<SectionPlan>& plans, const LayoutModels& models) : plans_(plans), models_(models) {}

  Layout build() {
    check_plans();
    for (const SectionPlan& plan : plans_) layout_.response.push_back(response_mask(plan));
    place_receiver();
    find_open_section();
    for (std::int64_t row = 0; row < layout_.rows; ++row) plan_row(row);
    place_sharers();
    cut();
    return std::move(layout_);
  }

 private:
  const SectionPlan& plan(std::int64_t row) const { return plans_[static_cast<std::size_t>(row)]; }
  SharerMask response(std::int64_t row) const { return layout_.response[static_cast<std::size_t>(row)]; }
  std::int64_t last_begin(std::int64_t row) const { return layout_.last_begin[static_cast<std::size_t>(row)]; }
  const SharerPlan& heard(std::int64_t row, std::size_t sharer) const { return plan(row).sharers[sharer]; }

  void check_plans() const {
    if (plans_.empty()) fail_usage({.where = "batch", .found = "no prompts", .expected = "at least one"});
    const SharerMask known = mask_of_all(models_.sharers.size());
    for (const SectionPlan& plan : plans_) {
      validate(plan, models_.options.include_response);
      for (const Section& section : plan.sections)
        if ((section.mask & ~known) != 0)
          fail_usage({.where = "section plan",
                      .key = "mask",
                      .found = describe_mask(section.mask),
                      .expected = models_.sharers.empty() ? "no projection: there is no sharer"
                                                          : "a mask within " + describe_mask(known),
                      .hint = "the mask names a sharer that is not there"});
    }
  }

  // The sharers that a row's response is fused with: the last section's, else those of the last fused before it.
  SharerMask response_mask(const SectionPlan& plan) const {
    SharerMask response = 0;
    for (const Section& section : plan.sections)
      if (section.mask != 0) response = section.mask;
    return models_.options.include_response ? response & models_.heard : 0;
  }

  void place_receiver() {
    std::vector<RowTokens> rows;
    for (const SectionPlan& plan : plans_) {
      rows.push_back({size_of(rows), size_of(plan.ids), plan.ids, plan.positions, plan.padding});
      check_row(rows.back(), models_.receiver, "receiver");
    }
    layout_.rows = size_of(rows);
    Placement placement{.batch = layout_.rows, .attend_pads = models_.options.decode_attends_pads};
    if (models_.resume != nullptr) placement.prefix = models_.resume->receiver;
    if (models_.prefix != nullptr)
      placement.prefix = usable_prefix(rows, models_.prefix->receiver, first_change(), models_.receiver.config());
    let_rows_meet(rows, placement);
    layout_.receiver = place_tokens(rows, placement, models_.receiver.options().device());
    layout_.columns = layout_.receiver.columns;
  }

  void find_open_section() {
    if (models_.resume == nullptr) return;
    std::int64_t begin = 0;
    for (const Section& section : plan(0).sections) {
      const std::int64_t end = begin + section.length;
      if ((section.mask & models_.heard) != 0 && begin < resumed() && resumed() < end) {
        layout_.open_begin = begin;
        layout_.open_end = end;
      }
      begin = end;
    }
  }

  std::int64_t resumed() const { return models_.resume == nullptr ? 0 : models_.resume->receiver; }

  // A pass ends wherever a row's fused section ends. Rows that are padded to end theirs together share their passes.
  void let_rows_meet(const std::vector<RowTokens>& rows, Placement& placement) const {
    if (models_.only_left) return;
    for (const SharerMask mask : layout_.response)
      if (mask != 0) return;  // its passes also begin where responses do
    std::vector<std::vector<std::int64_t>> breaks;
    std::set<std::int64_t> apart;  // where passes end if nothing is done, counted from the end
    std::size_t together = 0;
    for (const SectionPlan& plan : plans_) {
      breaks.push_back(fused_ends(plan));
      together = std::max(together, breaks.back().size());
      for (const std::int64_t end : breaks.back()) apart.insert(size_of(plan.ids) - end);
    }
    if (apart.size() == together) return;
    Placement meeting = placement;
    meeting.breaks = std::move(breaks);
    const std::int64_t columns = columns_needed(rows, meeting);
    if (!window_reaches(models_.receiver.config(), columns)) return;
    const std::int64_t more = (columns - columns_needed(rows, placement)) * size_of(rows);
    if (more <= kTokensOfAPass * static_cast<std::int64_t>(apart.size() - together)) placement = std::move(meeting);
  }

  // Where sections of a row end that a sharer's fuser writes.
  std::vector<std::int64_t> fused_ends(const SectionPlan& plan) const {
    std::vector<std::int64_t> ends;
    std::int64_t begin = 0;
    for (const Section& section : plan.sections) {
      const std::int64_t end = begin + section.length;
      bool writes = false;
      for (std::size_t s = 0; s < models_.sharers.size(); ++s) {
        if (!names(section.mask & models_.heard, s) || end == size_of(plan.ids)) continue;
        const std::vector<std::int64_t>& source = plan.sharers[s].source;
        for (std::int64_t token = begin; token < end && !writes; ++token)
          writes = source.empty() || source[static_cast<std::size_t>(token)] >= 0;
      }
      if (writes) ends.push_back(end);
      begin = end;
    }
    return ends;
  }

  // Tokens that every row reads before anything is fused and before its last section; a fused section is not read
  // through to its end, so that there is a pass that ends with it.
  std::int64_t first_change() const {
    std::int64_t first = Layout::kNever;
    for (const SectionPlan& plan : plans_) {
      std::int64_t end = 0;
      for (const Section& section : plan.sections) {
        if (&section == &plan.sections.back()) first = std::min(first, end);
        end += section.length;
        if ((section.mask & models_.heard) == 0) continue;
        first = std::min(first, end - 1);
        break;
      }
    }
    return first;
  }

  // What of a row is fused, and with whom its response is.
  void plan_row(std::int64_t row) {
    std::int64_t begin = 0;
    const std::vector<Section>& sections = plan(row).sections;
    layout_.last_begin.push_back(layout_.columns - sections.back().length);
    if (response(row) != 0) layout_.shadow_begin = std::min(layout_.shadow_begin, last_begin(row));
    for (const Section& section : sections) {
      const std::int64_t end = begin + section.length;
      const bool is_last = end == size_of(plan(row).ids);
      for (std::size_t s = 0; !is_last && s < models_.sharers.size(); ++s)
        if (names(section.mask & models_.heard, s)) add_job(jobs_, row, s, begin, end);
      begin = end;
    }
  }

  // Tokens [begin, end) of a row.
  void add_job(std::vector<Job>& jobs, std::int64_t row, std::size_t sharer, std::int64_t begin,
               std::int64_t end) const {
    Job job{.row = row, .end = layout_.receiver.column(row, end - 1) + 1, .sharer = sharer};
    const std::vector<std::int64_t>& source = heard(row, sharer).source;
    for (std::int64_t token = std::max(begin, resumed()); token < end; ++token) {
      const std::int64_t from = source.empty() ? token : source[static_cast<std::size_t>(token)];
      if (from < 0) continue;
      job.columns.push_back(layout_.receiver.column(row, token));
      job.sources.push_back(from);
    }
    // The shadow has not heard what the last prompt section heard; of earlier sections it is a plain copy.
    job.in_shadow = response(row) != 0 && job.end < last_begin(row);
    if (!job.columns.empty()) jobs.push_back(std::move(job));
  }

  // A sharer reads each row up to the last token that somebody takes from it, all of it when the response is fused.
  void place_sharers() {
    for (std::size_t s = 0; s < models_.sharers.size(); ++s) {
      std::vector<std::int64_t> needed(static_cast<std::size_t>(layout_.rows), 0);
      for (const Job& job : jobs_)
        if (job.sharer == s)
          for (const std::int64_t source : job.sources)
            needed[static_cast<std::size_t>(job.row)] = std::max(needed[static_cast<std::size_t>(job.row)], source + 1);
      std::vector<RowTokens> rows;
      for (std::int64_t row = 0; row < layout_.rows; ++row) {
        const std::int64_t all = names(response(row), s) ? size_of(heard(row, s).ids) : 0;
        const std::int64_t read = models_.resume == nullptr ? 0 : models_.resume->sharers[s];
        const std::int64_t count = std::max({all, read, needed[static_cast<std::size_t>(row)]});
        if (count == 0 && !names(response(row), s)) continue;
        const SharerPlan& own = heard(row, s);
        rows.push_back({row, count, own.ids, own.positions, own.padding});
        check_row(rows.back(), *models_.sharers[s].model, "sharer " + std::to_string(s + 1));
      }
      std::int64_t prefix = models_.resume != nullptr && !rows.empty() ? models_.resume->sharers[s] : 0;
      if (models_.prefix != nullptr)
        prefix = usable_prefix(rows, models_.prefix->sharers[s], Layout::kNever, models_.sharers[s].model->config());
      const Placement placement{
          .batch = layout_.rows, .prefix = prefix, .attend_pads = models_.options.decode_attends_pads};
      layout_.sharers.push_back(place_tokens(rows, placement, models_.sharers[s].model->options().device()));
    }
  }

  // The receiver is stopped where a fused section ends (what it wrote must be replaced before it reads on) and where a
  // row's fused response begins; everything between is one pass.
  void cut() {
    std::set<std::int64_t> ends{layout_.columns};
    for (const Job& job : jobs_) ends.insert(job.end);
    if (layout_.open_end != Layout::kNever) ends.insert(layout_.open_end);
    for (std::int64_t row = 0; row < layout_.rows; ++row)
      if (response(row) != 0 && last_begin(row) > 0) ends.insert(last_begin(row));
    std::int64_t begin = layout_.receiver.prefix;
    for (const std::int64_t end : ends) {
      Segment segment{.begin = begin, .end = end, .fuse_begin = end};
      std::vector<Job> fused, responding;
      for (const Job& job : jobs_)
        if (job.end == end) fused.push_back(job);
      for (const Job& job : fused) segment.fuse_begin = std::min(segment.fuse_begin, job.columns.front());
      for (std::int64_t row = 0; row < layout_.rows; ++row) {
        if (response(row) == 0 || last_begin(row) > begin) continue;
        segment.response_rows.push_back(row);
        const std::int64_t first = layout_.receiver.token(row, begin);
        for (std::size_t s = 0; s < models_.sharers.size(); ++s)
          if (names(response(row), s)) add_job(responding, row, s, first, first + end - begin);
      }
      segment.fused = group(fused);
      segment.response = group(responding);
      layout_.segments.push_back(std::move(segment));
      begin = end;
    }
  }

  // Jobs of one sharer are one call; sharers in order.
  std::vector<FuseGroup> group(const std::vector<Job>& jobs) const {
    std::map<std::pair<std::size_t, bool>, std::vector<const Job*>> alike;
    for (const Job& job : jobs) alike[{job.sharer, job.in_shadow}].push_back(&job);
    std::vector<FuseGroup> groups;
    for (const auto& [key, members] : alike) {
      const TokenBatch& sharer = layout_.sharers[key.first];
      std::vector<std::int64_t> rows, sharer_rows;
      std::vector<std::vector<std::int64_t>> columns, sharer_columns;
      for (const Job* job : members) {
        rows.push_back(job->row);
        columns.push_back(job->columns);
        sharer_rows.push_back(std::lower_bound(sharer.rows.begin(), sharer.rows.end(), job->row) - sharer.rows.begin());
        sharer_columns.push_back(job->sources);
        for (std::int64_t& column : sharer_columns.back()) column = sharer.column(job->row, column);
      }
      groups.push_back({.sharer = key.first,
                        .receiver = {rows, columns, layout_.rows, models_.receiver.options().device()},
                        .source = {sharer_rows, sharer_columns, size_of(sharer.rows), sharer.ids_BL.device()},
                        .in_shadow = key.second});
    }
    return groups;
  }

  const std::vector<SectionPlan>& plans_;
  const LayoutModels& models_;
  Layout layout_;
  std::vector<Job> jobs_;
};

}  // namespace

Layout lay_out(const std::vector<SectionPlan>& plans, const LayoutModels& models) {
  return Builder(plans, models).build();
}

ForwardInput input_columns(const TokenBatch& tokens, std::int64_t begin, std::int64_t end, KvCache& cache) {
  return {.ids_BN = columns_of(tokens.ids_BL, begin, end),
          .positions_BN = columns_of(tokens.positions_BL, begin, end),
          .mask_BT = columns_of(tokens.mask_BL, 0, end),
          .cache = &cache};
}

ForwardInput next_input(const at::Tensor& ids_B, KvCache& cache, at::Tensor& mask_BT, at::Tensor& next_position_B) {
  ForwardInput input{.ids_BN = ids_B.unsqueeze(1), .cache = &cache};
  if (mask_BT.defined()) mask_BT = at::cat({mask_BT, at::ones({mask_BT.size(0), 1}, mask_BT.options())}, 1);
  if (next_position_B.defined()) {
    input.positions_BN = next_position_B.unsqueeze(1);
    next_position_B = next_position_B + 1;
  }
  input.mask_BT = mask_BT;
  return input;
}

}  // namespace c2c
