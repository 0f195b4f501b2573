#include "c2c/eval/runs/inquiry.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

#include "c2c/base/error.h"
#include "c2c/eval/runs/grade.h"
#include "c2c/eval/runs/oracle_answer.h"
#include "c2c/io/formats/sha256.h"

namespace c2c {
namespace {

// What a request to the engine is made of; waited for and read when it is done.
struct Asked {
  EngineHandle handle;
  std::int64_t scored = 0;
  std::optional<EngineResult> told;  // an oracle's: there at once

  bool is_done() const { return told || handle.is_done(); }
  const EngineResult& wait() const { return told ? *told : handle.wait(); }
};

// Every sample draws from a stream of its own, whatever runs beside it.
std::uint64_t seed_of(const EvalTask& task, const EvalSample& sample) {
  const std::string text = std::to_string(task.seed) + "|" + sample.id;
  return std::stoull(sha256_of(text).substr(0, 16), nullptr, 16);
}

SamplingOptions sampling_of(const EvalGeneration& generation) {
  SamplingOptions options;
  const auto set = [](double& target, double value) {
    if (value == value) target = value;
  };
  if (generation.do_sample.value_or(false)) {
    options.temperature = 1;
    set(options.temperature, generation.temperature);
    set(options.top_p, generation.top_p);
    set(options.min_p, generation.min_p);
    options.top_k = generation.top_k.value_or(0);
    set(options.repetition_penalty, generation.repetition_penalty);
  }
  set(options.presence_penalty, generation.presence_penalty);
  set(options.frequency_penalty, generation.frequency_penalty);
  return options;
}

// New tokens of a reply, behind `prompt` tokens.
std::int64_t reply_limit(const Assignment& all, const EvalSample& sample, std::size_t prompt) {
  if (all.contender.has_two_stages()) return all.task.response_max_new_tokens;
  const EvalGeneration& generation = all.contender.system().generation;
  if (generation.max_new_tokens) return *generation.max_new_tokens;
  if (generation.max_length)
    return std::max<std::int64_t>(1, *generation.max_length - static_cast<std::int64_t>(prompt));
  if (sample.longbench.max_new_tokens > 0) return sample.longbench.max_new_tokens;
  return all.task.max_new_tokens;
}

std::string without_newlines(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(std::min(text.find_first_not_of('\n'), text.size()));
}

// The ids of a reply without what ended it.
std::string text_of(const LoadedModel& speaker, const std::vector<std::int64_t>& ids) {
  std::vector<TokenId> kept(ids.begin(), ids.end());
  const auto& stops = speaker.stop_ids;
  if (!kept.empty() && std::find(stops.begin(), stops.end(), kept.back()) != stops.end()) kept.pop_back();
  return speaker.text.tokenizer->decode(kept, true);
}

}  // namespace

struct Inquiry::State {
  State(const Assignment& assignment, const EvalSample& asked_sample, const EvalSample& foreign)
      : all(assignment), sample(asked_sample), other(foreign) {
    result.system = all.contender.name();
    result.task = all.task.label();
    result.method = all.method;
    result.id = sample.id;
    result.subject = sample.subject;
    result.subcategory = sample.subcategory;
    result.category = sample.category;
    result.row = sample.row;
    result.question = sample.question;
    result.options = sample.options;
    result.truth = sample.truth.text;
    result.cot = all.task.use_cot;
  }

  bool advance() {
    if (is_done) return true;
    try {
      if (!has_begun) begin();
      while (!is_done && all_are_here()) go_on();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInternal) throw;
      result.error = error.what();
      is_done = true;
    }
    if (is_done) requests.clear();
    return is_done;
  }

  bool all_are_here() const {
    return std::all_of(requests.begin(), requests.end(), [](const Asked& asked) { return asked.is_done(); });
  }

  void begin() {
    has_begun = true;
    if (!all.contender.has_two_stages()) return ask();
    is_context = true;
    const Voice& writer = all.contender.writer();
    const PlannedPrompt planned = plan_prompt(*writer.session, writer.mode, context_prompt(all, sample), nullptr, {});
    submit(writer, planned.plan, {.new_tokens = context_limit()});
  }

  std::int64_t context_limit() const {
    if (all.method == "generate") return all.task.communication_max_new_tokens;
    return all.contender.system().generation.max_new_tokens.value_or(all.task.max_new_tokens);
  }

  void go_on() {
    if (is_context) {
      const EngineResult& written = requests.front().wait();
      count(written);
      result.context = text_of(all.contender.writer().speaker().model, written.row.ids);
      result.context_tokens = static_cast<std::int64_t>(written.row.ids.size());
      is_context = false;
      requests.clear();
      return ask();
    }
    read();
    is_done = true;
  }

  void ask() {
    const Voice& voice = all.contender.answerer();
    const std::string* context = all.contender.has_two_stages() ? &result.context : nullptr;
    const Prompt mine = answer_prompt(all, sample, context);
    Prompt theirs;
    if (all.contender.is_control()) theirs = answer_prompt(all, other, context);
    const PlannedPrompt prompt =
        plan_prompt(*voice.session, voice.mode, mine, all.contender.is_control() ? &theirs : nullptr, fused_part());
    result.prompt = prompt.text;
    prompt_size = static_cast<std::int64_t>(prompt.plan.ids.size());
    if (all.contender.system().oracle == "enrich") shots = prompt.tokens_of(sample.shots);
    result.prompt_tokens = static_cast<std::int64_t>(prompt.ids.size());
    if (voice.is_fused())
      for (const SharerPlan& sharer : prompt.plan.sharers)
        result.sharer_tokens += static_cast<std::int64_t>(sharer.ids.size());
    if (all.method == "generate")
      submit(voice, prompt.plan, {.new_tokens = reply_limit(all, sample, prompt.plan.ids.size())});
    else if (all.method == "logits")
      submit(voice, with_lead(prompt, all.task.response_text), {.keep_logits = true});
    else if (all.method == "loglikelihood")
      ask_options(voice, prompt, mine.plain_text);
    else
      ask_text(voice, prompt, mine);
  }

  FusedPart fused_part() const {
    const EvalSystem& system = all.contender.system();
    const bool own = system.kv_cache_proportion == system.kv_cache_proportion;
    const std::string& order =
        system.kv_cache_order_mode.empty() ? all.task.kv_cache_order_mode : system.kv_cache_order_mode;
    return {.proportion = own ? system.kv_cache_proportion : all.task.kv_cache_proportion,
            .from_back = order == "back",
            .whole = all.method == "logits"};
  }

  void ask_options(const Voice& voice, const PlannedPrompt& prompt, bool plain_text) {
    const std::string& lead = all.task.response_text;
    const std::string space = option_space(all.task, plain_text);
    result.extra = {{"lead", lead}, {"continuations", nlohmann::json::array()}};
    for (const std::string& text : option_texts(sample)) {
      result.extra["continuations"].push_back(space + text);
      PlannedReply reply = with_reply(prompt, lead, space + text, /*takes_space=*/true);
      submit(voice, std::move(reply.plan), {.scored = reply.scored});
    }
  }

  // With what closes the turn, as fusers are trained.
  void ask_text(const Voice& voice, const PlannedPrompt& prompt, const Prompt& mine) {
    std::string reply = sample.truth.text;
    if (!mine.plain_text) {
      Messages whole = mine.messages;
      whole.push_back({"assistant", sample.truth.text});
      Request request;
      request.mode = voice.mode;
      request.messages = std::move(whole);
      const std::string closed = voice.session->rendered(request, /*add_generation_prompt=*/false);
      if (closed.starts_with(prompt.text)) reply = closed.substr(prompt.text.size());
    }
    PlannedReply planned = with_reply(prompt, "", reply, /*takes_space=*/false);
    result.new_tokens = planned.scored;
    submit(voice, std::move(planned.plan), {.scored = planned.scored});
  }

  struct Wish {
    std::int64_t new_tokens = 0, scored = 0;
    bool keep_logits = false;
  };
  void submit(const Voice& voice, SectionPlan plan, const Wish& wish) {
    const Session::Speaker speaker = voice.speaker();
    if (all.contender.is_oracle()) return ask_directly(speaker, plan, wish);
    EngineRequest request{.model = speaker.rosetta, .plan = std::move(plan)};
    request.options = generate_options(speaker, wish);
    request.prompt_logprobs = wish.scored;
    request.keep_logits = wish.keep_logits;
    requests.push_back({all.engine.submit(std::move(request)), wish.scored, {}});
  }

  GenerateOptions generate_options(const Session::Speaker& speaker, const Wish& wish) const {
    GenerateOptions options;
    options.sampling = sampling_of(all.contender.system().generation);
    options.stop_ids = speaker.model.stop_ids;
    options.max_new_tokens = wish.new_tokens;
    options.row_seeds = {seed_of(all.task, sample)};
    return options;
  }

  // Caches that are changed by hand are no engine's business: one sample at a time, here.
  void ask_directly(const Session::Speaker& speaker, const SectionPlan& plan, const Wish& wish) {
    const Voice& source = all.contender.source();
    std::shared_ptr<const Rosetta> foreign;
    if (source.session != nullptr) foreign = source.speaker().rosetta;
    OracleTask task{.rosetta = *speaker.rosetta, .plan = plan, .source = foreign.get()};
    task.options = generate_options(speaker, wish);
    task.scored = wish.scored;
    task.behind = static_cast<std::int64_t>(plan.ids.size()) - prompt_size;
    if (all.contender.system().oracle == "enrich") std::tie(task.drop_begin, task.drop_end) = shots;
    OracleAnswer answer = ask_oracle(task);
    if (!answer.distances.is_null()) result.extra["oracle_distance"] = std::move(answer.distances);
    EngineResult told;
    told.row = std::move(answer.row);
    told.logits_V = answer.logits_V;
    told.prompt_scores = std::move(answer.scores);
    told.prefill.receiver_prefill = answer.prefill_seconds;
    told.decode_seconds = answer.decode_seconds;
    requests.push_back({EngineHandle(), wish.scored, std::move(told)});
  }

  void count(const EngineResult& one) {
    const double prefill = 1e3 * (one.prefill.sharer_prefill + one.prefill.receiver_prefill);
    result.prefill_ms += prefill;
    result.fuse_ms += 1e3 * one.prefill.fuse;
    result.decode_ms += 1e3 * one.decode_seconds;
    result.total_ms += prefill + 1e3 * (one.prefill.fuse + one.decode_seconds);
  }

  void read() {
    for (const Asked& asked : requests) count(asked.wait());
    const EngineResult& first = requests.front().wait();
    const LoadedModel& model = all.contender.answerer().speaker().model;
    if (all.method == "generate") {
      result.reply = without_newlines(text_of(model, first.row.ids));
      result.new_tokens = static_cast<std::int64_t>(first.row.ids.size());
      grade_reply(all.data, all.task, sample, result);
      if (first.row.finish == FinishReason::kLength) result.extra["cut_off"] = true;
      return;
    }
    if (all.method == "logits") return grade_letters(sample, letter_logits(all, sample, first.logits_V), result);
    std::vector<OptionLikelihood> likelihoods;
    for (const Asked& asked : requests) {
      OptionLikelihood one{0, asked.scored};
      for (const TokenScore& score : asked.wait().prompt_scores) one.logprob += score.logprob;
      likelihoods.push_back(one);
    }
    if (all.method == "loglikelihood") return grade_options(sample, likelihoods, result);
    result.score = -likelihoods.front().logprob;
    result.reply = sample.truth.text;
  }

  Assignment all;
  const EvalSample& sample;
  const EvalSample& other;
  SampleResult result;
  std::vector<Asked> requests;
  std::int64_t prompt_size = 0;                 // receiver tokens before lead and reply
  std::pair<std::int64_t, std::int64_t> shots;  // oracle enrich: tokens of the examples
  bool has_begun = false, is_context = false, is_done = false;
};

std::vector<float> letter_logits(const Assignment& all, const EvalSample& sample, const at::Tensor& logits_V) {
  const Tokenizer& tokenizer = *all.contender.answerer().text().tokenizer;
  const bool exact = all.task.mode == grading::Mode::kExact;
  const auto own = static_cast<int>(sample.options.size());
  const int letters = std::min(26, exact || own == 0 ? std::max(1, all.data.options) : own);
  const at::Tensor host_V = logits_V.to(at::kCPU, at::kFloat);
  std::vector<float> logits;
  for (int i = 0; i < letters; ++i) {
    const auto encoded = tokenizer.encode_ids(std::string(" ") + static_cast<char>('A' + i), false);
    C2C_CHECK(!encoded.empty(), "a letter without tokens");
    logits.push_back(host_V[encoded.front()].item<float>());
  }
  return logits;
}

std::string option_space(const EvalTask& task, bool plain_text) {
  return task.response_text.empty() && !plain_text ? "" : " ";
}

void check_assignment(const Assignment& all) {
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    fail_usage({.where = "task " + all.task.label(), .key = "answer_method", .found = found, .expected = expected});
  };
  if (all.data.samples.empty()) return;
  const TruthKind kind = all.data.samples.front().truth.kind;
  if (all.method == "cross_entropy" && kind != TruthKind::kText)
    refuse(all.method, "generate, logits or loglikelihood: these samples have answers, not texts to predict");
  if (all.method != "cross_entropy" && kind == TruthKind::kText)
    refuse(all.method, "cross_entropy: these samples are texts whose probability is measured");
  if (all.method == "logits" && kind != TruthKind::kLetter)
    refuse(all.method, "generate (or loglikelihood where there are options): there are no letters to choose from");
  if (all.method == "loglikelihood" && kind != TruthKind::kLetter && kind != TruthKind::kIdeals)
    refuse(all.method, "generate: there are no options");
}

Inquiry::Inquiry(const Assignment& assignment, const EvalSample& sample, const EvalSample& other)
    : state_(std::make_unique<State>(assignment, sample, other)) {}
Inquiry::Inquiry(Inquiry&&) noexcept = default;
Inquiry& Inquiry::operator=(Inquiry&&) noexcept = default;
Inquiry::~Inquiry() = default;

bool Inquiry::advance() {
  return state_->advance();
}

void Inquiry::wait_for(std::chrono::milliseconds most) const {
  for (const Asked& asked : state_->requests)
    if (!asked.is_done()) {
      asked.handle.wait_for(most);
      return;
    }
}

SampleResult Inquiry::take() {
  return std::move(state_->result);
}

}  // namespace c2c
