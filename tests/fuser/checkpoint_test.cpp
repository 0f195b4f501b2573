#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "c2c/base/error.h"
#include "c2c/fuser/fuser.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/io/formats/source.h"
#include "c2c/io/formats/torch_archive.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const Json kArgs = {{"source_dim", 4},       {"target_dim", 3}, {"source_num_heads", 2},
                    {"target_num_heads", 2}, {"hidden_dim", 6}, {"intermediate_dim", 5}};
const FuserLoadOptions kFloat32{.dtype = at::kFloat};

class Checkpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::temp_directory_path() / ("c2c_fuser_" + name + "_" + std::to_string(getpid()));
    for (int i = 0; i < 3; ++i) fuser_.projectors.push_back(make_projector("C2CProjector", kArgs));
    fuser_.layers = {{0, {{0, 0}}}, {1, {{1, 1}, {0, 0}}}, {2, {{2, 2}}}};
    fuser_.recipe = {.receiver = "org/receiver", .sharer = "org/sharer", .align = true};
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) { write_file_atomically(folder_ / name, text); }
  // Replaces the tensors of one .pt file.
  void rewrite(const std::string& name, const std::function<void(std::vector<TensorInfo>&)>& change) {
    const auto weights = open_weights(folder_ / name);
    std::vector<at::Tensor> tensors;
    std::vector<TensorInfo> infos;
    for (const auto& info : weights->tensors()) {
      tensors.push_back(weights->load(info, at::kFloat));
      infos.push_back(describe(info.name, tensors.back()));
    }
    change(infos);
    write_torch_archive(folder_ / name, infos);
  }
  ErrorInfo failure(const FuserLoadOptions& options = kFloat32) {
    try {
      load_fuser(folder_, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      return error.info();
    }
    ADD_FAILURE() << "loaded";
    return {};
  }
  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  Fuser fuser_;
  fs::path folder_;
};

TEST_F(Checkpoint, MissingAndLeftOverTensorsAreReportedTogether) {
  save_fuser_reference(fuser_, folder_);
  rewrite("final/projector_1.pt", [](auto& infos) { infos[3].name = "stranger"; });
  const ErrorInfo info = failure();
  EXPECT_TRUE(has(info.where, "projector_1.pt"));
  EXPECT_TRUE(has(info.found, "1 tensors missing: key_in.weight")) << info.found;
  EXPECT_TRUE(has(info.found, "1 left over: stranger")) << info.found;
  // The reference's way: what is missing keeps its initial draw.
  const auto fuser = load_fuser(folder_, {.dtype = at::kFloat, .allow_missing = true});
  fuser->projectors[1]->visit("", [](const ParameterRef& ref) {
    EXPECT_FALSE(ref.tensor->is_meta());
    EXPECT_TRUE(at::isfinite(*ref.tensor).all().item<bool>());
  });
}

TEST_F(Checkpoint, WrongShapeNamesTensorAndBothShapes) {
  save_fuser_reference(fuser_, folder_);
  Json args = kArgs;
  args["hidden_dim"] = 7;
  write("final/projector_2.json", Json{{"class", "C2CProjector"}, {"init_args", args}}.dump());
  const ErrorInfo info = failure();
  EXPECT_TRUE(has(info.where, "projector_2.pt"));
  EXPECT_EQ(info.key, "key_in.weight");
  EXPECT_TRUE(has(info.found, "[6, 14]")) << info.found;
  EXPECT_EQ(info.expected, "[7, 14]");
}

TEST_F(Checkpoint, HugeArgumentsTakeNoMemory) {
  save_fuser_reference(fuser_, folder_);
  Json args = kArgs;
  args["hidden_dim"] = args["intermediate_dim"] = 1 << 20;  // 4 TiB a matrix
  write("final/projector_0.json", Json{{"class", "C2CProjector"}, {"init_args", args}}.dump());
  EXPECT_EQ(failure().key, "key_in.weight");
}

TEST_F(Checkpoint, ErrorsNameTheFileAndTheKey) {
  save_fuser_reference(fuser_, folder_);
  write("final/projector_1.json", R"({"class": "MagicProjector", "init_args": {}})");
  ErrorInfo info = failure();
  EXPECT_TRUE(has(info.where, "projector_1.json"));
  EXPECT_EQ(info.found, "MagicProjector");
  write("final/projector_1.json",
        R"({"class": "C2CProjector", "init_args": {"colour": 3, "source_dim": 4, "target_dim": 3}})");
  info = failure();
  EXPECT_TRUE(has(info.where, "projector_1.json"));
  EXPECT_EQ(info.key, "init_args.colour");
  write("final/projector_1.json", R"({"init_args": {}})");
  EXPECT_EQ(failure().key, "class");
  write("final/projector_1.json", "{");
  EXPECT_TRUE(has(failure().where, "projector_1.json"));
}

TEST_F(Checkpoint, GapsInTheNumbersAreNamed) {
  save_fuser_reference(fuser_, folder_);
  fs::remove(folder_ / "final/projector_1.pt");
  EXPECT_TRUE(has(failure().where, "projector_1.pt"));
  fs::remove(folder_ / "final/projector_1.json");
  EXPECT_TRUE(has(failure().where, "projector_1.pt"));
  fs::remove(folder_ / "final/projector_2.pt");  // its .json stays
  EXPECT_TRUE(has(failure().where, "projector_"));
}

TEST_F(Checkpoint, LayerMapIsChecked) {
  save_fuser_reference(fuser_, folder_);
  const std::string name = "final/projector_config.json";
  for (const std::string& text :
       {std::string(R"({"0": {"1": {"0": [[0, 3]]}}})"), std::string(R"({"0": {"1": {"0": [[-1, 0]]}}})"),
        std::string(R"({"0": {"1": {"x": [[0, 0]]}}})"), std::string(R"({"0": {"1": {"0": []}}})"),
        std::string(R"({"0": {"1": {"0": [[0]]}}})"), std::string(R"({"0": {"1": {"0": [["0", 0]]}}})"),
        std::string(R"({"0": {"1": {}}})"), std::string(R"({"0": {"1": {"0": [[0, 0]]}}, "2": {}})"), std::string("[]"),
        std::string("{}")}) {
    write(name, text);
    EXPECT_TRUE(has(failure().where, "projector_config.json")) << text;
  }
  write(name, R"({"0": {"1": {"0": [[0, 3]]}}})");
  EXPECT_EQ(failure().key, "0.1.0[0]");
  write(name, R"({"0": {"1": {"4": [2, 1]}}})");  // a single pair without its list
  EXPECT_EQ(load_fuser(folder_, kFloat32)->layers.at(4).at(0).sharer_layer, 2);
}

TEST_F(Checkpoint, SeveralSharersInOneFolder) {
  save_fuser_reference(fuser_, folder_);
  write("final/projector_config.json", R"({"0": {"1": {"0": [[0, 0]]}, "2": {"0": [[1, 2]], "1": [[1, 1]]}}})");
  EXPECT_TRUE(has(failure().found, "2 sharers"));
  const auto fusers = load_fusers(folder_, kFloat32);
  ASSERT_EQ(fusers.size(), 2u);
  EXPECT_EQ(fusers[1]->sharer_index, 2);
  EXPECT_EQ(fusers[1]->layers.at(0).at(0).projector, 2);
  EXPECT_EQ(fusers[0]->projectors[1], fusers[1]->projectors[1]);
}

TEST_F(Checkpoint, RecipeMayBeYamlNamedJson) {
  save_fuser_reference(fuser_, folder_);
  write("config.json",
        "model:\n  base_model: org/a\n  teacher_model: org/b\n  is_do_alignment: false\n  alignment_strategy: longest\n"
        "  include_response: true\n  multi_source_fusion_mode: parallel\n");
  const auto fuser = load_fuser(folder_, kFloat32);
  EXPECT_EQ(fuser->recipe.receiver, "org/a");
  EXPECT_EQ(fuser->recipe.sharer, "org/b");
  EXPECT_EQ(fuser->recipe.align, false);
  EXPECT_EQ(fuser->recipe.alignment_strategy, "longest");
  EXPECT_EQ(fuser->recipe.fusion_mode, "parallel");
  EXPECT_EQ(fuser->recipe.include_response, true);
  save_fuser_safetensors(*fuser, folder_ / "own");
  EXPECT_EQ(load_fuser(folder_ / "own", kFloat32)->recipe.alignment_strategy, "longest");
  write("config.json", R"({"model": {"base_model": 3}})");
  EXPECT_EQ(failure().key, "model.base_model");
  // As recipes of ours name models.
  write("config.json",
        "model:\n  base_model: {model: a.gguf}\n  teacher_model: [{model: b.gguf, chat_template: t.jinja}]\n");
  EXPECT_EQ(load_fuser(folder_, kFloat32)->recipe.receiver, "a.gguf");
  EXPECT_EQ(load_fuser(folder_, kFloat32)->recipe.sharer, "b.gguf");
  write("config.json", R"({"model": {"base_model": "a", "teacher_model": ["b", "c"]}})");
  EXPECT_EQ(load_fuser(folder_, kFloat32)->recipe.sharer, "");
}

TEST_F(Checkpoint, ReferenceFormRoundsThroughTheTypeOfItsArguments) {
  Json args = kArgs;
  args["dtype"] = "bfloat16";
  save_fuser_reference(fuser_, folder_);
  write("final/projector_0.json", Json{{"class", "C2CProjector"}, {"init_args", args}}.dump());
  const auto fuser = load_fuser(folder_, kFloat32);
  at::Tensor expected, found;
  const auto pick = [](at::Tensor& to) {
    return [&to](const ParameterRef& ref) {
      if (ref.name == "key_in.weight") to = *ref.tensor;
    };
  };
  fuser_.projectors[0]->visit("", pick(expected));
  fuser->projectors[0]->visit("", pick(found));
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(found, expected.to(at::kBFloat16).to(at::kFloat)));
}

TEST_F(Checkpoint, ChecksumsAreVerified) {
  save_fuser_safetensors(fuser_, folder_);
  EXPECT_EQ(load_fuser(folder_, kFloat32)->recipe.receiver, "org/receiver");
  EXPECT_EQ(load_fuser(folder_, kFloat32)->recipe.align, true);
  const auto change_last_byte = [&](const std::string& name) {
    std::string text = read_text_file(folder_ / name);
    text.back() = static_cast<char>(text.back() ^ 1);
    write(name, text);
  };
  change_last_byte("fuser.safetensors");
  ErrorInfo info = failure();
  EXPECT_TRUE(has(info.where, "fuser.safetensors"));
  EXPECT_EQ(info.key, "SHA-256");
  EXPECT_NO_THROW(load_fuser(folder_, {.dtype = at::kFloat, .verify = false}));
  change_last_byte("fuser.safetensors");
  std::string manifest = read_text_file(folder_ / "manifest.json");
  write("manifest.json", manifest + " ");
  info = failure();
  EXPECT_TRUE(has(info.where, "manifest.json"));
  EXPECT_EQ(info.key, "SHA-256");
  fs::remove(folder_ / "SHA256SUMS");  // the manifest's own sum of the tensors remains
  EXPECT_NO_THROW(load_fuser(folder_, kFloat32));
  manifest.replace(manifest.find("\"version\": 1"), 12, "\"version\": 2");
  write("manifest.json", manifest);
  EXPECT_EQ(failure().key, "version");
}

// Damaged text files load or give an error of ours, and nothing else.
TEST_F(Checkpoint, DamagedTextNeverBreaksTheLoader) {
  save_fuser_reference(fuser_, folder_);
  save_fuser_safetensors(fuser_, folder_ / "own");
  fs::remove(folder_ / "own/SHA256SUMS");
  std::mt19937 random(11);
  int refused = 0;
  for (const std::string name : {"final/projector_1.json", "final/projector_config.json", "own/manifest.json"}) {
    const std::string text = read_text_file(folder_ / name);
    for (int round = 0; round < 250; ++round) {
      std::string damaged = text;
      for (int flips = 1 + round % 3; flips > 0; --flips)
        damaged[random() % damaged.size()] = static_cast<char>(random() % (round % 2 == 0 ? 256 : 128));
      if (round % 10 == 0) damaged.resize(random() % damaged.size());
      std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc) << damaged;  // no flush to disk, 750 times
      try {
        load_fuser(name.starts_with("own") ? folder_ / "own" : folder_, {.dtype = at::kFloat, .verify = false});
      } catch (const Error&) {
        ++refused;
      }
    }
    write(name, text);
  }
  EXPECT_GT(refused, 300);
}

TEST_F(Checkpoint, KeepDtypeKeepsTheFilesTypes) {
  for (const auto& projector : fuser_.projectors) projector->to(at::kBFloat16, at::kCPU);
  save_fuser_safetensors(fuser_, folder_);
  const auto dtype_of_first = [](const Fuser& fuser) {
    std::optional<at::ScalarType> type;
    fuser.projectors[0]->visit("", [&](const ParameterRef& ref) {
      if (!type) type = ref.tensor->scalar_type();
    });
    return *type;
  };
  EXPECT_EQ(dtype_of_first(*load_fuser(folder_, {.keep_dtype = true})), at::kBFloat16);
  EXPECT_EQ(dtype_of_first(*load_fuser(folder_, kFloat32)), at::kFloat);
}

TEST_F(Checkpoint, MissingFolderOrFileIsNamed) {
  EXPECT_EQ(failure().where, folder_.string());
  fs::create_directories(folder_);
  EXPECT_TRUE(has(failure().found, "fuser.safetensors"));
  save_fuser_reference(fuser_, folder_);
  fs::remove(folder_ / "final/projector_config.json");
  EXPECT_TRUE(has(failure().where, "projector_config.json"));
}

TEST_F(Checkpoint, GeometryMustFitThePair) {
  const KvGeometry receiver{3, 2, 3}, sharer{3, 2, 4};
  EXPECT_NO_THROW(fuser_.check_geometry(receiver, sharer));
  const auto message = [&](KvGeometry r, KvGeometry s) -> std::string {
    try {
      fuser_.check_geometry(r, s);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_TRUE(has(message({2, 2, 3}, sharer), "receiver of 2 layers"));
  EXPECT_TRUE(has(message(receiver, {2, 2, 4}), "sharer of 2"));
  EXPECT_TRUE(has(message({3, 4, 3}, sharer), "found a projector for a receiver with 2 KV heads of size 3"));
  EXPECT_TRUE(has(message(receiver, {3, 2, 64}), "expected 2 KV heads of size 64"));
}

TEST_F(Checkpoint, SharerRunsOnlyAsDeepAsOpenGatesNeed) {
  EXPECT_EQ(fuser_.sharer_layers_needed(), 0);  // fresh gates are shut
  fuser_.projectors[1]->visit("", [](const ParameterRef& ref) {
    if (ref.name == "value_gate_logit") ref.tensor->fill_(0.5);
  });
  EXPECT_EQ(fuser_.sharer_layers_needed(), 2);
}

// What the repository ships for the demo.
TEST(ShippedFuser, LoadsVerifiedAndFitsItsPair) {
  const fs::path folder = fs::path(C2C_SOURCE_DIR) / "fusers/smollm2-135m+gemma3-270m";
  const auto fuser = load_fuser(folder, {.keep_dtype = true});
  EXPECT_EQ(fuser->recipe.receiver, "HuggingFaceTB/SmolLM2-135M-Instruct");
  EXPECT_EQ(fuser->recipe.sharer, "google/gemma-3-270m");
  EXPECT_EQ(fuser->recipe.alignment_strategy, "span");
  EXPECT_NO_THROW(fuser->check_geometry({30, 3, 64}, {18, 1, 256}));
  EXPECT_EQ(fuser->sharer_layers_needed(), 18);
}

TEST(Sha256, KnownSums) {
  const std::string empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const std::string million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  for (const bool plain : {false, true}) {
    const auto sum = [&](const std::string& text, std::size_t step) {
      Sha256 sha(plain);
      for (std::size_t i = 0; i < text.size(); i += step)
        sha.update(std::as_bytes(std::span(text)).subspan(i, std::min(step, text.size() - i)));
      return sha.hex();
    };
    EXPECT_EQ(sum("", 1), empty);
    EXPECT_EQ(sum("abc", 3), abc);
    EXPECT_EQ(sum(std::string(1'000'000, 'a'), 777), million);
    EXPECT_EQ(sum(std::string(1'000'000, 'a'), 1'000'000), million);
  }
}

}  // namespace
}  // namespace c2c
