#include "c2c/train/datagen/generated_files.h"

#include "c2c/base/error.h"
#include "c2c/io/formats/source.h"
#include "c2c/train/datagen/saved_dataset.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
using Type = ArrowStreamWriter::Type;

const std::vector<ArrowStreamWriter::Column> kColumns = {{"id", Type::kText},
                                                         {"input_text", Type::kText},
                                                         {"model_reasoning", Type::kText},
                                                         {"model_response", Type::kText},
                                                         {"is_finished", Type::kBool}};

// Quoted as pandas does: only where it must be.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string cell = "\"";
  for (const char c : text) cell.append(c == '"' ? 2 : 1, c);
  return cell + "\"";
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

struct Record {
  std::string id;
  Question question;
  Reply reply;
  bool is_finished() const { return reply.finish == "stop"; }
};

std::string json_line(const Record& record) {
  Json messages = Json::array();
  for (const Message& message : record.question.messages)
    messages.push_back({{"role", message.role}, {"content", message.content}});
  messages.push_back({{"role", "assistant"}, {"content", record.reply.text}});
  return dump({{"id", record.id},
               {"input_text", record.question.input_text},
               {"model_reasoning", record.reply.reasoning.empty() ? Json() : Json(record.reply.reasoning)},
               {"model_response", record.reply.text},
               {"is_finished", record.is_finished()},
               {"finish_reason", record.reply.finish},
               {"messages", messages}});
}

std::string csv_line(const Record& record) {
  return csv_cell(record.id) + "," + csv_cell(record.question.input_text) + "," + csv_cell(record.reply.reasoning) +
         "," + csv_cell(record.reply.text) + "," + (record.is_finished() ? "True" : "False") + "\n";
}

// All files at once, row by row; they get their names together.
class Writer {
 public:
  Writer(const std::filesystem::path& output, const QuestionKind& kind)
      : all_(output / "generated.jsonl"),
        finished_(output / "generated_finished.jsonl"),
        table_(output / kind.table),
        errors_path_(output / "errors.jsonl"),
        errors_(errors_path_),
        dataset_(output / "dataset", kColumns),
        dataset_finished_(output / "dataset_finished", kColumns) {
    table_.write(std::string_view("id,input_text,model_reasoning,model_response,is_finished\n"));
  }

  void add(const Record& record) {
    const std::string line = json_line(record);
    all_.write(line);
    table_.write(csv_line(record));
    const std::vector<std::string_view> texts = {record.id, record.question.input_text, record.reply.reasoning,
                                                 record.reply.text};
    dataset_.add(texts, {record.is_finished()});
    if (!record.is_finished()) return;
    finished_.write(line);
    dataset_finished_.add(texts, {true});
  }

  void add_error(std::int64_t row, const std::string& id, const std::string& error) {
    errors_.write(dump({{"row", row}, {"id", id}, {"error", error}}));
  }

  void commit() {
    for (AtomicFile* file : {&all_, &finished_, &table_}) file->commit();
    dataset_.commit();
    dataset_finished_.commit();
    std::error_code ignored;
    if (errors_.size() > 0)
      errors_.commit();
    else
      std::filesystem::remove(errors_path_, ignored);
  }

 private:
  AtomicFile all_, finished_, table_;
  std::filesystem::path errors_path_;
  AtomicFile errors_;
  SavedDataset dataset_, dataset_finished_;
};

void write_arguments(const std::filesystem::path& path, const GenerationCounts& counts, Json arguments) {
  arguments["rows"] = {{"considered", counts.rows},
                       {"skipped", counts.skipped},
                       {"answered", counts.answered},
                       {"unfinished", counts.unfinished},
                       {"failed", counts.failed}};
  write_file_atomically(path, arguments.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

GenerationCounts write_generated_files(const std::filesystem::path& output, const QuestionRows& rows,
                                       const Journal& journal, const nlohmann::ordered_json& fingerprint) {
  GenerationCounts counts{.rows = rows.size()};
  const auto note = [&](const std::string& id, const std::string& problem) {
    if (counts.first_problem.empty() && !problem.empty()) counts.first_problem = id + ": " + problem;
  };
  Writer writer(output, rows.kind());
  for (std::int64_t i = 0; i < rows.size(); ++i) {
    const std::int64_t row = rows.row(i);
    const std::string id = question_id(rows.kind(), row);
    std::string why;
    auto question = rows.question(i, &why);
    if (!question) {
      ++counts.skipped;
      note(id, why);
      continue;
    }
    auto entry = journal.find(row);
    if (!entry || entry->key != question_key(*question))
      fail_input({.where = rows.name(), .key = "row " + std::to_string(row), .found = "a change while it was asked"});
    if (!entry->error.empty()) {
      ++counts.failed;
      note(id, entry->error);
      writer.add_error(row, id, entry->error);
      continue;
    }
    Record record;  // filled in steps: moved out of optionals at once, g++ 12 thinks it uninitialized
    record.id = id;
    record.question = *std::move(question);
    record.reply = std::move(entry->reply);
    ++counts.answered;
    counts.unfinished += record.is_finished() ? 0 : 1;
    writer.add(record);
  }
  if (counts.answered == 0)
    fail_input({.where = rows.name(),
                .found = "not one reply in " + std::to_string(counts.rows) + " rows",
                .expected = "replies",
                .hint = counts.first_problem});
  writer.commit();
  write_arguments(output / "run_args.json", counts, fingerprint);
  return counts;
}

}  // namespace c2c
