#include "c2c/io/formats/torch_archive.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "c2c/base/error.h"
#include "c2c/io/formats/atomic_file.h"
#include "c2c/io/formats/pickle.h"
#include "c2c/io/formats/zip.h"
#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::TemporaryFolder;
using testing::to_bytes;

// Records of an archive named "a", with what a test changes.
using Records = std::vector<std::pair<std::string, std::string>>;

std::string zip_of(const Records& records) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "x.pt");
  StoredZipWriter zip(file);
  for (const auto& [name, text] : records) zip.add(name, std::as_bytes(std::span(text)));
  zip.finish();
  file.commit();
  return read_text_file(folder / "x.pt");
}

TorchArchive open_text(const std::string& text) {
  return TorchArchive::open(memory_source("x.pt", to_bytes(text)));
}

std::string text(const std::string& value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  return "X" + std::string(reinterpret_cast<const char*>(&size), 4) + value;
}
std::string integer(std::int64_t value) {
  return "\x8a\x08" + std::string(reinterpret_cast<const char*>(&value), 8);
}
std::string tuple(const std::vector<std::int64_t>& values) {
  std::string out = "(";
  for (const std::int64_t value : values) out += integer(value);
  return out + "t";
}

// A float32 tensor over storage "0" (which has eight elements unless said otherwise).
struct Tensor {
  std::vector<std::int64_t> shape = {2, 4};
  std::vector<std::int64_t> strides = {4, 1};
  std::int64_t offset = 0;
  std::int64_t numel = 8;
  std::string key = "0";

  std::string pickle() const {
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text(key) +
           text("cuda:0") + integer(numel) + "tQ" + integer(offset) + tuple(shape) + tuple(strides) +
           "\x89"
           "ccollections\nOrderedDict\n)RtR";
  }
};

const std::string kValues = [] {
  std::string bytes;
  for (const float value : {0.F, 1.F, 2.F, 3.F, 4.F, 5.F, 6.F, 7.F})
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  return bytes;
}();

std::string archive_of(const std::string& body) {
  return zip_of({{"a/data.pkl", "\x80\x02" + body + "."}, {"a/byteorder", "little"}, {"a/data/0", kValues}});
}
std::string dict_of(const std::string& items) {
  return "}(" + items + "u";
}
std::string with_tensor(const Tensor& tensor) {
  return archive_of(dict_of(text("w") + tensor.pickle()));
}

std::vector<float> floats(const TensorInfo& info) {
  std::vector<float> values(static_cast<std::size_t>(info.numel()));
  EXPECT_EQ(info.data.size(), values.size() * 4);
  std::memcpy(values.data(), info.data.data(), info.data.size());
  return values;
}

void expect_error(const std::string& file, const std::string& part) {
  const std::string message = error_of([&] { open_text(file); });
  EXPECT_NE(message.find(part), std::string::npos) << "'" << message << "' lacks '" << part << "'";
}

TEST(TorchArchive, ReadsViewsOfAStorage) {
  const std::string shared = Tensor{}.pickle();
  const auto archive = open_text(archive_of(
      dict_of(text("whole") + shared + text("transposed") + Tensor{.shape = {4, 2}, .strides = {1, 4}}.pickle() +
              text("slice") + Tensor{.shape = {3}, .strides = {2}, .offset = 1}.pickle() + text("empty") +
              Tensor{.shape = {0, 3}, .strides = {3, 1}, .offset = 8}.pickle() + text("one") +
              Tensor{.shape = {}, .strides = {}, .offset = 7}.pickle() + text("epoch") + integer(3) + text("nested") +
              "](" + dict_of(integer(-2) + shared) + "Ne")));
  ASSERT_EQ(archive.tensors().size(), 6U);
  EXPECT_EQ(archive.tensors()[1].name, "transposed");
  EXPECT_EQ(floats(*archive.find("whole")), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(floats(*archive.find("transposed")), (std::vector<float>{0, 4, 1, 5, 2, 6, 3, 7}));
  EXPECT_EQ(floats(*archive.find("slice")), (std::vector<float>{1, 3, 5}));
  EXPECT_EQ(archive.find("empty")->numel(), 0);
  EXPECT_EQ(floats(*archive.find("one")), (std::vector<float>{7}));
  EXPECT_EQ(archive.find("nested.0.-2")->shape, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(archive.find("epoch"), nullptr);
}

TEST(TorchArchive, RefusesTensorsThatDoNotAddUp) {
  EXPECT_EQ(error_of([] { open_text(with_tensor({})); }), "");
  expect_error(with_tensor({.numel = 9}), "w; found a storage of 32 bytes; expected 36");
  expect_error(with_tensor({.numel = 1LL << 62}), "63 bits");
  expect_error(with_tensor({.numel = -8}), "broken storage");
  expect_error(with_tensor({.key = "1"}), "no record data/1");
  expect_error(with_tensor({.key = "../data.pkl"}), "no record");
  expect_error(with_tensor({.offset = 1}), "leaves its storage");
  expect_error(with_tensor({.offset = -1}), "leaves its storage");
  expect_error(with_tensor({.strides = {5, 1}}), "leaves its storage");
  expect_error(with_tensor({.strides = {4, 1LL << 62}}), "leaves its storage");
  expect_error(with_tensor({.strides = {-4, 1}}), "no whole number");
  expect_error(with_tensor({.shape = {1LL << 40, 1LL << 40}}), "63 bits");
  expect_error(with_tensor({.shape = {1LL << 40}, .strides = {0}}), "leaves its storage");
  expect_error(with_tensor({.shape = {8}, .strides = {0}}), "overlap");
  expect_error(with_tensor({.shape = {3, 2}, .strides = {1, 1}}), "overlap");
  expect_error(with_tensor({.shape = {2}}), "equally long");
}

TEST(TorchArchive, RefusesHostilePickles) {
  expect_error(archive_of("cos\nsystem\n(" + text("true") + "tR"), "os.system");
  expect_error(archive_of("cbuiltins\neval\n" + text("1") + "\x85R"), "builtins.eval");
  expect_error(archive_of("\x8c\x05posix\x8c\x06system\x93"), "posix.system");
  expect_error(archive_of("}h\x07"), "memo 7");
  expect_error(archive_of("t"), "without a mark");
  expect_error(archive_of("R"), "lacks a value");
  expect_error(archive_of("}Nu"), "without a mark");
  expect_error(archive_of("}(NNNu"), "key without a value");
  expect_error(archive_of("N(NNu"), "no dict");
  expect_error(archive_of("](NNu"), "no dict");
  expect_error(archive_of("}(NNe"), "no list");
  expect_error(archive_of("i"), "opcode 105");
  expect_error(archive_of("X\xff\xff\xff\xffx"), "end of the file");
  expect_error(archive_of("N"), "single value");
  expect_error(archive_of(""), "lacks a value");
  expect_error(zip_of({{"a/data.pkl", "\x80\x02}"}}), "end of the file");
  const std::string item = Tensor{}.pickle();
  expect_error(archive_of(dict_of(text("w") + item + text("w") + item)), "twice");
  expect_error(archive_of(dict_of(text("a.b") + item + text("a") + dict_of(text("b") + item))), "twice");
  expect_error(archive_of(dict_of(text("\xff") + item)), "not UTF-8");
  expect_error(archive_of(dict_of(text(std::string(600, 'n')) + item)), "too long");
  // Nested beyond reason; containing itself; and 2^40 paths to one tensor.
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "]";
  for (int i = 0; i < 99999; ++i) deep += "a";
  expect_error(archive_of(deep), "nested deeper");
  expect_error(archive_of("]q\x01h\x01"
                          "a"),
               "contain each other");
  std::string bomb = "]q" + std::string(1, '\0') + item + "a0";
  for (char level = 0; level < 30; ++level) {
    const std::string below = std::string("h") + level;
    bomb += "](" + below + below + "eq" + static_cast<char>(level + 1) + "0";
  }
  expect_error(archive_of(bomb + "h\x1e"), "one and the same");
  std::string many = "](" + item + "q" + std::string(1, '\0');
  for (int i = 0; i < 10000; ++i) many += std::string("h") + '\0';
  expect_error(archive_of(many + "e"), "one and the same");
  std::string views = "}(";
  for (int i = 0; i < 300; ++i) views += text(std::to_string(i)) + Tensor{.shape = {4, 2}, .strides = {1, 4}}.pickle();
  EXPECT_EQ(open_text(archive_of(views + "u")).tensors().size(), 300U);
}

TEST(TorchArchive, RefusesOtherFiles) {
  expect_error("", "no zip file");
  expect_error(
      "\x80\x02\x8a\x0a"
      "legacy magic.",
      "before 1.6");
  expect_error("PK\3\4", "truncated");
  expect_error(zip_of({{"a/version", "3"}}), "no record data.pkl");
  expect_error(zip_of({{"a/data.pkl", "}."}, {"a/constants.pkl", ""}}), "TorchScript");
  expect_error(zip_of({{"a/data.pkl", "}."}, {"a/byteorder", "big"}}), "byteorder");
  expect_error(zip_of({{"a/data.pkl", "}."}, {"a/data.pkl", "}."}}), "twice");
  const std::string good = with_tensor({});
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_THROW(open_text(good.substr(0, size)), Error) << size;
  // A method other than "stored" in the directory.
  std::string compressed = good;
  compressed[compressed.find("PK\1\2") + 10] = 8;
  expect_error(compressed, "compressed");
  // The first entry's two sizes grown, so that it reaches over the second one.
  std::string overlapping = good;
  const std::size_t sizes = overlapping.find("PK\1\2") + 20;
  overlapping[sizes + 1] = overlapping[sizes + 5] = 1;
  expect_error(overlapping, "entries that overlap");
}

TEST(TorchArchive, WritesWhatItReads) {
  const TemporaryFolder folder;
  const auto bytes = to_bytes(kValues);
  const std::vector<TensorInfo> tensors = {{"b.weight", DType::kF32, {2, 4}, bytes},
                                           {"a", DType::kBF16, {3}, Bytes(bytes).first(6)},
                                           {"scalar", DType::kI64, {}, Bytes(bytes).first(8)},
                                           {"none", DType::kF16, {0, 5}, {}}};
  write_torch_archive(folder / "x.pt", tensors);
  const auto archive = TorchArchive::open(map_file(folder / "x.pt"));
  ASSERT_EQ(archive.tensors().size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& info = archive.tensors()[i];
    EXPECT_EQ(info.name, tensors[i].name);
    EXPECT_EQ(info.dtype, tensors[i].dtype);
    EXPECT_EQ(info.shape, tensors[i].shape);
    ASSERT_EQ(info.data.size(), tensors[i].data.size());
    EXPECT_TRUE(std::equal(info.data.begin(), info.data.end(), tensors[i].data.begin()));
  }
  EXPECT_THROW(write_torch_archive(folder / "y.pt", {{"q", DType::kQ8_0, {32}, Bytes(bytes).first(0)}}), Error);
  EXPECT_FALSE(fs::exists(folder / "y.pt"));
}

// Live against PyTorch: what torch.save writes we read, and what we write torch.load(weights_only=True) takes.
class TorchParity : public ::testing::Test {
 protected:
  void SetUp() override {
    python_ = testing::python_with("torch");
    if (python_.empty()) GTEST_SKIP() << "needs Python with torch: set C2C_PYTHON";
  }
  std::string run(const std::string& script) const {
    return testing::run_python(python_, "import torch, sys, zlib\n" + script, "'" + folder_.path().string() + "'");
  }
  TemporaryFolder folder_;
  std::string python_;
};

// "name|dtype|[2, 3]|checksum" of the contiguous bytes, a line for every tensor.
constexpr const char* kDescribe = R"(
def describe(d):
    for n, t in d.items():
        raw = t.detach().contiguous().flatten().view(torch.uint8) if t.numel() else torch.empty(0, dtype=torch.uint8)
        print(n, str(t.dtype)[6:], list(t.shape), int((raw.long() * (torch.arange(raw.numel()) % 251 + 1)).sum()), sep='|')
)";

std::string describe(const std::vector<TensorInfo>& tensors) {
  std::ostringstream out;
  for (const TensorInfo& info : tensors) {
    static const std::map<DType, std::string> kNames = {
        {DType::kF64, "float64"}, {DType::kF32, "float32"}, {DType::kF16, "float16"}, {DType::kBF16, "bfloat16"},
        {DType::kI64, "int64"},   {DType::kI32, "int32"},   {DType::kI16, "int16"},   {DType::kI8, "int8"},
        {DType::kU8, "uint8"},    {DType::kBool, "bool"}};
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < info.data.size(); ++i) sum += static_cast<std::uint64_t>(info.data[i]) * (i % 251 + 1);
    out << info.name << '|' << kNames.at(info.dtype) << '|' << shape_text(info.shape) << '|' << sum << '\n';
  }
  return out.str();
}

TEST_F(TorchParity, ReadsWhatTorchSaves) {
  const std::string expected = run(std::string(kDescribe) + R"(
import collections, torch.nn as nn
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(5, 7), nn.LayerNorm(7), nn.Linear(7, 3)).to(torch.bfloat16)
sd = m.state_dict()
d = collections.OrderedDict(sd)
d._metadata = sd._metadata
base = torch.randn(6, 8)
for t in (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
          torch.uint8, torch.bool): d[str(t)] = (base * 9).abs().to(t)
d['base'] = base
d['transposed'] = base.t()
d['slice'] = base[1:4, ::2]
d['column'] = base[:, 3]
d['permuted'] = torch.randn(2, 3, 4).permute(2, 0, 1)
d['scalar'] = torch.tensor(3.5)
d['empty'] = torch.empty(0, 4)
d['parameter'] = nn.Parameter(torch.randn(3))
d['tied'] = d['parameter']
for protocol in (2, 4): torch.save(d, f'{sys.argv[1]}/{protocol}.pt', pickle_protocol=protocol)
torch.save({'model': dict(d), 'epoch': 3, 'args': {'lr': 0.1, 'big': 2**80, 'size': torch.Size([3])}, 'none': [None]},
           f'{sys.argv[1]}/nested.pt')
torch.save(d, f'{sys.argv[1]}/legacy.pt', _use_new_zipfile_serialization=False)
describe(d)
)");
  for (const std::string protocol : {"2", "4"})
    EXPECT_EQ(describe(TorchArchive::open(map_file(folder_ / (protocol + ".pt"))).tensors()), expected) << protocol;
  const auto archive = TorchArchive::open(map_file(folder_ / "nested.pt"));
  auto nested = archive.tensors();
  for (TensorInfo& info : nested) {
    ASSERT_TRUE(info.name.starts_with("model."));
    info.name.erase(0, 6);
  }
  EXPECT_EQ(describe(nested), expected);
  EXPECT_NE(error_of([&] { TorchArchive::open(map_file(folder_ / "legacy.pt")); }).find("torch.save(torch.load"),
            std::string::npos);
}

TEST_F(TorchParity, TorchLoadsWhatWeWrite) {
  std::vector<std::byte> bytes(4096);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 % 61);
  std::vector<TensorInfo> tensors;
  for (const DType type : {DType::kF64, DType::kF32, DType::kF16, DType::kBF16, DType::kI64, DType::kI32, DType::kI16,
                           DType::kI8, DType::kU8})
    for (const std::vector<std::int64_t>& shape : std::vector<std::vector<std::int64_t>>{{}, {7}, {3, 0, 2}, {2, 3, 5}})
      tensors.push_back({std::string(dtype_name(type)) + "ü" + shape_text(shape), type, shape,
                         Bytes(bytes).first(tensor_bytes(type, shape_numel(shape)))});
  for (std::byte& byte : bytes) byte &= std::byte{1};
  tensors.push_back({"bool", DType::kBool, {11}, Bytes(bytes).first(11)});
  write_torch_archive(folder_ / "x.pt", tensors);
  EXPECT_EQ(run(std::string(kDescribe) + R"(
import zipfile
assert zipfile.ZipFile(sys.argv[1] + '/x.pt').testzip() is None
for mmap in (False, True): d = torch.load(sys.argv[1] + '/x.pt', weights_only=True, mmap=mmap)
assert all(t.is_contiguous() for t in d.values())
describe(d)
)"),
            describe(tensors));
}

}  // namespace
}  // namespace c2c
