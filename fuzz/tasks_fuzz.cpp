// Evaluation and sweep files, prompt templates and rows of benchmarks: the first byte says which, the rest is the text.
#include <string>

#include "c2c/eval/sweeps/points.h"
#include "c2c/eval/tasks/benchmark.h"
#include "c2c/eval/tasks/longbench.h"
#include "c2c/eval/tasks/option_lines.h"
#include "c2c/eval/tasks/prompts.h"
#include "c2c/io/config/parse_text.h"
#include "fuzz/format_fuzz.h"

namespace {

using namespace c2c;

// A row (JSON) through one benchmark's reader: a sample that holds together, or a named problem.
void read_row(std::uint8_t which, const std::string& text) {
  const auto all = benchmarks();
  const Benchmark& benchmark = all[which / 2U % all.size()];
  EvalTask task;
  task.dataset = std::string(benchmark.name);
  task.mode = (which & 1) != 0 ? grading::Mode::kFixed : grading::Mode::kExact;
  task.longbench_all = true;
  const TaskSource source = benchmark.name == "longbench" ? open_longbench(task) : TaskSource();
  const std::string subject = "trec";
  const Row row = parse_json_text("row", text);
  if (!row.is_object()) return;
  try {
    const RowDraft draft = benchmark.read(RowFields(row), {task, subject, source});
    if (draft.left_out) return;
    for (const int option : draft.sample.truth.options)
      if (option < 0 || static_cast<std::size_t>(option) >= draft.sample.options.size()) std::abort();
    if (!draft.sample.replies.empty() && draft.sample.replies.size() != draft.sample.options.size()) std::abort();
    choices_text("{{letter}} {{text}}", draft.sample.options);
  } catch (const FieldProblem&) {
  }
}

void format(const std::string& text) {
  const Row row = {{"a", "{b}"}, {"b", 1}};
  try {
    format_row(text, row);
  } catch (const FieldProblem&) {
  }
  const std::string filled = fill_template(text, {{"a", "{{a}}"}, {"b", ""}});
  if (filled.size() > text.size() * 5) std::abort();  // one filling for each field, none inside another
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  return c2c::fuzz::check([&] {
    switch (data[0]) {
      case 'c':
        parse_eval_config(text, "x.yaml");
        break;
      case 'o':
        parse_eval_config("model: {model_name: x}\noutput: {output_dir: o}\neval: {answer_method: logits}\n", "x.yaml",
                          {text});
        break;
      case 's':
        expand(parse_sweep(text, "x.yaml"));
        break;
      case 'f':
        format(text);
        break;
      case 'l':
        name_option(find_option_lines(text), text.substr(0, 40));
        break;
      default:
        read_row(data[0], text);
        break;
    }
  });
}
