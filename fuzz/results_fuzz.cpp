// What is read back from a folder of results: a sample, or (first byte odd) a run's description, as JSON. What can be
// read comes back the same when it is written and read again, and its report is whole.
#include <string>

#include "c2c/eval/results/html_report.h"
#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/results/lm_eval_files.h"
#include "c2c/eval/results/reference_files.h"
#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  return c2c::fuzz::check([&] {
    const nlohmann::json json = c2c::results::parse_json(text, "fuzz");
    c2c::ReportRun run;
    if (data[0] % 2 == 1) {
      run.info = c2c::run_info_from_json(json, "fuzz");
      const std::string once = c2c::results::dump(to_json(run.info));
      const auto again = c2c::run_info_from_json(c2c::results::parse_json(once, "again"), "again");
      if (c2c::results::dump(to_json(again)) != once) std::abort();
    } else {
      run.samples.push_back(c2c::sample_result_from_json(json));
      const std::string once = c2c::results::dump(to_json(run.samples[0]));
      const auto again = c2c::sample_result_from_json(c2c::results::parse_json(once, "again"));
      if (c2c::results::dump(to_json(again)) != once) std::abort();
    }
    c2c::reference_csv(run.samples);
    if (!run.samples.empty()) c2c::lm_eval_results(run.samples, run.info, run.samples[0].system);
    const std::string page = c2c::html_report({run});
    if (!page.ends_with("</html>\n")) std::abort();
  });
}
