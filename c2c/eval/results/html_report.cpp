#include "c2c/eval/results/html_report.h"

#include "c2c/eval/results/report_data.h"
#include "c2c/eval/results/report_sections.h"
#include "c2c/eval/results/svg.h"

namespace c2c {

namespace {

// The script fills what it is said to; it also takes the whole section away where there is nothing to show.
constexpr const char* kSubjects = R"html(<section id="subjects" hidden><h2>By subject</h2>
<div class="controls"><label>Task <select id="subject-column"></select></label>
<label>Groups <select id="subject-groups"></select></label></div>
<div class="wide"><table class="plain" id="subject-table"></table></div></section>
)html";
constexpr const char* kVennBefore = R"html(<section id="venn" hidden><h2>Who answers what</h2>
<div class="controls"><label>Task <select id="venn-column"></select></label>
<label>Left <select id="venn-0"></select></label><label>Right <select id="venn-1"></select></label>
<label>Below <select id="venn-2"></select></label></div><div class="venn"><figure>)html";
constexpr const char* kVennAfter =
    R"html(</figure><div><p class="hint">Samples that each system gets right. Choose a region
to see its samples below.</p><div id="venn-list"></div></div></div></section>
)html";
constexpr const char* kSamples = R"html(<section id="samples" hidden><h2>Samples</h2>
<div class="controls"><label>Task <select id="sample-column"></select></label>
<label>Show <select id="sample-show"></select></label>
<label>Search <input id="sample-search" type="search" placeholder="question, reply, id" autocomplete="off"></label></div>
<p class="tally"><span id="sample-count" role="status"></span> <button id="sample-region" type="button" hidden></button></p>
<div id="sample-list"></div>
<nav class="pages" aria-label="Pages"><button id="page-back" type="button">Back</button><span id="page-number"></span>
<button id="page-next" type="button">Next</button></nav></section>
)html";
// Nothing from elsewhere is fetched, even if a text slipped through that asks for it.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

}  // namespace

std::string html_report(const std::vector<ReportRun>& runs, const ReportOptions& options) {
  const ReportRun run = results::merge_runs(runs);
  const Summary summary = summarize(run.samples, run.info, options.summary);
  std::string title = options.title.empty() ? run.info.name : options.title;
  if (title.empty()) title = "Evaluation";
  std::string when = runs.empty() ? "" : runs.front().info.started;
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"";
  page.append(kPolicy).append("\"><title>").append(svg::escape(title)).append("</title><style>");
  page.append(results::kReportStyle).append("</style></head><body><header><h1>").append(svg::escape(title));
  page.append("</h1><p class=\"hint\">c2c eval").append(when.empty() ? "" : ", " + svg::escape(when));
  page.append("</p></header><main>\n");
  page += results::table_section(summary);
  page += results::bars_section(summary, run.info);
  page.append(kSubjects).append(kVennBefore).append(svg::venn_chart({"", "", ""}, {}, "")).append(kVennAfter);
  page.append(kSamples);
  page += results::latency_section(summary);
  page += results::provenance_section(runs);
  page.append("</main><script type=\"application/json\" id=\"data\">");
  page += results::script_json(results::report_data(run, summary));
  page.append("</script><script>\"use strict\";\n").append(results::kReportScript).append(results::kReportBrowser);
  return page.append("</script></body></html>\n");
}

}  // namespace c2c
