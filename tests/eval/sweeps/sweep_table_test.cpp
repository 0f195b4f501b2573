#include "c2c/eval/sweeps/sweep_table.h"

#include "c2c/eval/results/result_store.h"
#include "tests/eval/sweeps/sweeps_testing.h"

namespace c2c {
namespace {

using testing::sweep_of;

// A finished run of receiver, c2c and its control, of which c2c gets `right` of 10.
void write_run(const std::filesystem::path& folder, int right) {
  RunInfo info;
  info.systems = {{.name = "receiver", .kind = "single", .model_name = "r", .control_of = "", .details = {}},
                  {.name = "c2c", .kind = "c2c", .model_name = "c", .control_of = "", .details = {}},
                  {.name = "c2c (control)", .kind = "c2c", .model_name = "c", .control_of = "c2c", .details = {}}};
  info.tasks = {{.name = "quiz", .dataset = "quiz", .details = {}}};
  ResultStore store = ResultStore::open(folder, {{"a", 1}});
  for (const SystemInfo& system : info.systems)
    for (int row = 0; row < 10; ++row) {
      SampleResult result;
      result.system = system.name;
      result.task = "quiz";
      result.method = "logits";
      result.id = std::to_string(row);
      result.score = row < (system.name == "c2c" ? right : 2) ? 1 : 0;
      store.put(result);
    }
  write_run_info(folder, info);
}

TEST(SweepTable, ARowForEachPointAndSystemAndACurve) {
  const testing::SweepScratch scratch;
  const SweepFile sweep = sweep_of("name: parts|x\neval: ./e.yaml\noutput_dir: " + (scratch / "out").string() + R"(
grid:
  part: {key: eval.eval.kv_cache_proportion, values: [1, 0]}
  order: {key: eval.eval.kv_cache_order_mode, values: [front, back]}
)");
  const SweepGrid grid = expand(sweep);
  std::vector<SweepRun> runs;
  for (std::size_t i = 0; i < grid.points.size(); ++i) {
    runs.push_back(runs_of(sweep, grid, i, {})[0]);
    write_run(grid.folder / "points" / runs.back().name / "eval", 3 + static_cast<int>(i));
  }
  const SweepTable table = read_sweep_table(sweep, grid, runs);
  ASSERT_EQ(table.rows.size(), 12U);
  EXPECT_EQ(table.rows[4].system, "c2c");
  EXPECT_EQ(table.rows[4].values, (std::vector<std::string>{"1", "back"}));
  EXPECT_EQ(table.rows[5].control_of, "c2c");
  const std::string text = sweep_text(table);
  EXPECT_NE(text.find("part  order  system         quiz logits (n=10, %)"), std::string::npos) << text;
  EXPECT_NE(text.find("1     back   c2c            40.0 ["), std::string::npos) << text;
  EXPECT_NE(text.find("Brackets: 95 %"), std::string::npos);
  const std::string csv = sweep_csv(table);
  EXPECT_EQ(
      csv.find("part,order,system,control_of,task,method,samples,errors,unit,score,low,high\n1,front,receiver,,quiz,"
               "logits,10,0,%,20.0,"),
      0U)
      << csv;
  const nlohmann::ordered_json json = to_json(table);
  EXPECT_EQ(json["rows"][4]["axes"]["order"], "back");
  EXPECT_EQ(json["rows"][4]["scores"][0]["accuracy"], 0.4);
  // Along the proportion; the receiver and the control are the same everywhere and drawn once.
  const std::vector<SweepCurve> curves = sweep_curves(table);
  ASSERT_EQ(curves.size(), 1U);
  EXPECT_EQ(curves[0].name, "curve-part-quiz-logits");
  for (const char* label : {">receiver<", ">c2c, front<", ">c2c, back<", ">c2c (control)<"})
    EXPECT_NE(curves[0].svg.find(label), std::string::npos) << label;
  EXPECT_EQ(curves[0].svg.find("receiver, front"), std::string::npos);
  EXPECT_EQ(curves[0].svg.find(">receiver<"), curves[0].svg.rfind(">receiver<"));
  const auto files = write_sweep_table(grid.folder, table);
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(scratch.read("out/table.md").find("# parts\\|x\n\n| part | order | system"), 0U)
      << scratch.read("out/table.md");
}

TEST(SweepTable, WithoutEvaluationsWhatTheTrainingsHeldOut) {
  const testing::SweepScratch scratch;
  const SweepFile sweep = sweep_of("train: ./r.yaml\noutput_dir: " + (scratch / "out").string() +
                                   "\ngrid: {lr: {key: train.training.learning_rate, values: [0.1, 0.2]}}\n");
  const SweepGrid grid = expand(sweep);
  scratch.write("out/trainings/lr-0.2/train/heldout.json",
                R"({"steps": 3, "held_out": {"receiver": {"loss": 3, "token_loss": 4.5, "tokens": 7},
                    "fused": {"token_loss": 2.25, "tokens": 7}, "shuffled": {"token_loss": 2.5, "tokens": 7}}})");
  const SweepTable table = read_sweep_table(sweep, grid, {});
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[0].values, std::vector<std::string>{"0.2"});
  EXPECT_EQ(table.rows[2].control_of, "fused");
  EXPECT_NE(sweep_text(table).find("0.2  fused            2.2500"), std::string::npos) << sweep_text(table);
  EXPECT_TRUE(sweep_curves(table).empty());
}

}  // namespace
}  // namespace c2c
