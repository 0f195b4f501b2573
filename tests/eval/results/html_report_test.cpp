#include "c2c/eval/results/html_report.h"

#include "c2c/eval/results/report_data.h"
#include "tests/eval/results/results_testing.h"

namespace c2c {
namespace {

using testing::make_result;

ReportRun run(const std::string& name) {
  ReportRun report;
  report.info.name = name;
  report.info.systems = {{"receiver", "single"}, {"C2C", "c2c"}, {"control", "c2c", "", "C2C"}};
  for (int row = 0; row < 30; ++row) {
    report.samples.push_back(make_result("receiver", row, row < 8));
    report.samples.push_back(make_result("C2C", row, row < 25));
    report.samples.push_back(make_result("control", row, row < 9));
  }
  return report;
}

// What stands between two marks; the page's data for one.
std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string::npos) return {};
  const std::size_t from = begin + before.size();
  return text.substr(from, text.find(after, from) - from);
}

nlohmann::json data_of(const std::string& page) {
  return nlohmann::json::parse(between(page, "<script type=\"application/json\" id=\"data\">", "</script>"));
}

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(HtmlReport, ShowsTableBarsAndSamples) {
  const std::string page = html_report({run("pair")});
  EXPECT_NE(page.find("<title>pair</title>"), std::string::npos);
  EXPECT_NE(page.find("<b>83.3<sup>*</sup></b>"), std::string::npos);
  EXPECT_NE(page.find("<b>26.7</b>"), std::string::npos);
  EXPECT_EQ(count_of(page, "<figure>"), 2);  // bars and Venn
  const nlohmann::json data = data_of(page);
  EXPECT_EQ(data["baseline"], "receiver");
  ASSERT_EQ(data["samples"].size(), 30u);
  const auto& sample = data["samples"][0];
  EXPECT_EQ(sample["answers"].size(), 3u);
  EXPECT_EQ(data["texts"][sample["answers"][1]["reply"].get<std::size_t>()], "The correct answer is B");
  // One prompt, shared by three systems, stands there once.
  EXPECT_EQ(sample["answers"][0]["prompt"], sample["answers"][2]["prompt"]);
}

TEST(HtmlReport, LatencyHasAHeadingForEachColumn) {
  const std::string section = between(html_report({run("pair")}), "<section id=\"latency\">", "</section>");
  const std::string head = between(section, "<thead>", "</thead>"), row = between(section, "<tr><th scope", "</tr>");
  EXPECT_EQ(count_of(head, "<th>"), 1 + count_of(row, "<td>"));
  EXPECT_EQ(count_of(section, "<tr class=\"task\">"), 1);
  EXPECT_EQ(count_of(section, "<tr><th scope"), 3);
}

TEST(HtmlReport, NothingIsReadAsHtmlOrFetched) {
  const std::string evil = "</script><script>alert(1)</script><!--<img src=x onerror='alert(2)'>\"&";
  ReportRun report = run(evil);
  report.info.systems.push_back({evil, "single"});
  report.info.notes = {evil};
  report.info.config_text = report.info.command = evil;
  report.samples.push_back(make_result(evil, 0, 1));
  SampleResult& r = report.samples.back();
  r.question = r.reply = r.prompt = r.context = r.error = r.subject = r.category = r.truth = evil;
  r.options = {evil};
  r.predicted = evil + "\xff\xfe";
  r.task = evil;
  const std::string page = html_report({report}, {.title = evil});
  EXPECT_EQ(count_of(page, "<script"), 2);  // the data and the program
  EXPECT_EQ(count_of(page, "</script>"), 2);
  EXPECT_EQ(count_of(page, "<img"), 0);
  EXPECT_EQ(count_of(page, "<!--"), 0);
  EXPECT_EQ(count_of(page, "<link"), 0);
  EXPECT_EQ(count_of(page, " src="), count_of(page, "&lt;img src=") + count_of(page, "\\u003cimg src="));
  EXPECT_EQ(count_of(page, "http"), count_of(page, "http-equiv") + count_of(page, "http://www.w3.org/2000/svg"));
  EXPECT_NE(page.find("Content-Security-Policy\" content=\"default-src 'none'"), std::string::npos);
  const nlohmann::json data = data_of(page);
  bool found = false;
  for (const auto& text : data["texts"]) found = found || text == evil;
  EXPECT_TRUE(found) << "texts come back as they were";
}

TEST(HtmlReport, LongTextsAreCutAndSaySo) {
  ReportRun report = run("pair");
  report.samples[0].prompt = std::string(19999, 'x') + "\xe4\xbd\xa0" + std::string(100000, 'y');
  const nlohmann::json data = data_of(html_report({report}));
  bool found = false;
  for (const auto& text : data["texts"])
    found = found || text == std::string(19999, 'x') + "\n[... 100003 more bytes: see the run's samples.sqlite]";
  EXPECT_TRUE(found);
}

TEST(HtmlReport, RunsThatMeasuredTheSameStandSideBySide) {
  const ReportRun merged = results::merge_runs({run("first"), run("first"), run("third")});
  EXPECT_EQ(merged.samples.size(), 270u);
  ASSERT_EQ(merged.info.systems.size(), 9u);
  EXPECT_EQ(merged.info.systems[4].name, "C2C (first #2)");
  EXPECT_EQ(merged.info.control("C2C (third)")->name, "control (third)");
  EXPECT_EQ(merged.info.baseline_name(), "receiver (first)");
  ReportRun other = run("other");
  for (SampleResult& r : other.samples) r.task = "another task";
  EXPECT_EQ(results::merge_runs({run("first"), other}).info.systems.size(), 3u) << "one row for each system";
}

TEST(HtmlReport, NoRunsAndNoSamples) {
  EXPECT_NE(html_report({}).find("</html>"), std::string::npos);
  EXPECT_NE(html_report({ReportRun{}}).find("</html>"), std::string::npos);
}

}  // namespace
}  // namespace c2c
