#include "c2c/train/data/dataset_classes.h"

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/train/data/dataset_builder.h"
#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

// What a class reads where no data_path is given.
struct Home {
  const char* repository;
  const char* config;
  const char* split;
};

struct Arguments : CommonArguments, CountArguments {
  std::int64_t min_conversation_turns = 0;
  std::string language = "SW_KE";
};

enum : unsigned { kCounts = 1, kTurns = 2, kLanguage = 4 };

// The kwargs that a class has besides the common ones are said by `more`.
Arguments read_arguments(const Json& kwargs, const DatasetContext& context, unsigned more = 0) {
  Arguments arguments;
  const auto fields = [&](const FieldVisitor& visit) {
    arguments.CommonArguments::visit_fields(visit);
    if ((more & kCounts) != 0) arguments.CountArguments::visit_fields(visit);
    if ((more & kTurns) != 0)
      visit({.key = "min_conversation_turns",
             .flags = "",
             .help = "drops conversations of fewer messages, system messages not counted",
             .target = &arguments.min_conversation_turns,
             .minimum = 0});
    if ((more & kLanguage) != 0)
      visit({.key = "language", .flags = "", .help = "MMMLU's language code", .target = &arguments.language});
  };
  assign_fields(fields, kwargs.is_null() ? Json::object() : kwargs, {.name = context.where, .folder = context.folder});
  return arguments;
}

DatasetPlace place_of(const CommonArguments& arguments, const Home& home) {
  const bool at_home = arguments.data_path.empty();
  return {.name = at_home ? home.repository : arguments.data_path,
          .config = home.config,
          .split = arguments.split.empty() ? home.split : arguments.split,
          .config_required = at_home};  // a folder of the user's need not be laid out as the repository is
}

// First num_samples, then the filters.
DatasetPointer make_plain(DatasetBuilder& builder, const Arguments& arguments, const std::vector<std::string>& columns,
                          Messages (*extract)(const Row&)) {
  builder.require_columns(columns);
  builder.take_first(arguments.num_samples);
  if (arguments.min_conversation_turns > 0)
    builder.filter(conversation_length_filter(arguments.min_conversation_turns - 1),
                   "at least " + std::to_string(arguments.min_conversation_turns) + " messages");
  builder.filter_tokens(arguments, extract);
  return builder.finish(extract);
}

Messages read_openhermes(const Row& row) {
  return openhermes_messages(row);
}

}  // namespace

DatasetPointer make_openhermes(const Json& kwargs, const DatasetContext& context) {
  const Arguments arguments = read_arguments(kwargs, context, kCounts | kTurns);
  DatasetBuilder builder("OpenHermesChatDataset", context);
  builder.open(place_of(arguments, {"teknium/OpenHermes-2.5", "", "train"}));
  return make_plain(builder, arguments, {"conversations"}, read_openhermes);
}

DatasetPointer make_mmlu(const Json& kwargs, const DatasetContext& context) {
  const Arguments arguments = read_arguments(kwargs, context, kCounts);
  DatasetBuilder builder("MMLUChatDataset", context);
  builder.open(place_of(arguments, {"cais/mmlu", "all", "train"}));
  return make_plain(builder, arguments, {"question", "choices", "answer"}, mmlu_messages);
}

DatasetPointer make_mmlu_cot(const Json& kwargs, const DatasetContext& context) {
  const Arguments arguments = read_arguments(kwargs, context);
  DatasetBuilder builder("MMLUCotChatDataset", context);
  builder.open(place_of(arguments, {"Brench/MMLU-Pro-CoT-Train-43K", "", "train"}));
  return make_plain(builder, arguments, {"question", "chain_of_thoughts"}, mmlu_cot_messages);
}

DatasetPointer make_openbook(const Json& kwargs, const DatasetContext& context) {
  const Arguments arguments = read_arguments(kwargs, context);
  DatasetBuilder builder("OpenBookChatDataset", context);
  builder.open(place_of(arguments, {"allenai/openbookqa", "main", "train"}));
  return make_plain(builder, arguments, {"question_stem", "choices", "answerKey"}, openbook_messages);
}

DatasetPointer make_dolly(const Json& kwargs, const DatasetContext& context) {
  const Arguments arguments = read_arguments(kwargs, context, kCounts);
  DatasetBuilder builder("DollyChatDataset", context);
  builder.open(place_of(arguments, {"databricks/databricks-dolly-15k", "", "train"}));
  return make_plain(builder, arguments, {"instruction", "response"}, dolly_messages);
}

DatasetPointer make_mmmlu(const Json& kwargs, const DatasetContext& context) {
  const Arguments arguments = read_arguments(kwargs, context, kCounts | kLanguage);
  DatasetBuilder builder("MMMLUChatDataset", context);
  builder.open(place_of(arguments, {"openai/MMMLU", arguments.language.c_str(), "test"}));
  return make_plain(builder, arguments, {"Question", "A", "B", "C", "D", "Answer"}, mmmlu_messages);
}

DatasetPointer make_chat_jsonl(const Json& kwargs, const DatasetContext& context) {
  const Arguments arguments = read_arguments(kwargs, context, kCounts);
  if (arguments.data_path.empty())
    fail_usage({.where = context.where, .key = "data_path", .found = "nothing", .expected = "a file of chats"});
  DatasetBuilder builder("ChatJsonlDataset", context);
  builder.open(place_of(arguments, {"", "", "train"}));
  return make_plain(builder, arguments, {}, chat_messages);
}

// First the filter, then num_samples; question and answer have limits of their own, and no template is counted.
DatasetPointer make_llm_generated(const Json& kwargs, const DatasetContext& context) {
  const Arguments arguments = read_arguments(kwargs, context, kCounts);
  DatasetBuilder builder("LLMGeneratedChatDataset", context);
  builder.open(place_of(arguments, {"./teacher_datasets/output/dataset_finished", "", "train"}));
  builder.require_columns({"input_text", "model_response"});
  if (arguments.max_word_count) {
    const TokenCounter counter = builder.counter(arguments.count_tokenizer);
    const std::int64_t most = *arguments.max_word_count;
    const auto keep = [=](const Row& row) {
      const std::int64_t question = counter.count(optional_text_field(row, "input_text"));
      return question <= most / 2 && question + counter.count(text_field(row, "model_response")) <= most;
    };
    builder.filter(keep, "at most " + std::to_string(most) + " tokens, half of them the question's\n" +
                             identity_of({counter.tokenizer, nullptr}));
  }
  builder.take_first(arguments.num_samples);
  return builder.finish(generated_messages);
}

}  // namespace c2c
