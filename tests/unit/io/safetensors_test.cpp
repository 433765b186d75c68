#include "zoetrope/io/safetensors.hpp"

#include "file_size_limit.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <vector>

using namespace zoetrope;
using namespace zoetrope::test;

namespace {

const std::vector<float> floats{1.5f, -0.0f, std::numeric_limits<float>::infinity(), 1e-42f, 3.0f, -4.25f};
const std::vector<double> doubles{0.1, std::nan("7")};
const std::vector<std::int64_t> integers{std::numeric_limits<std::int64_t>::min(), 7};
const std::vector<std::uint8_t> bytes{0, 255, 3};
const std::vector<Half> halves{Half{0x3c00}, Half{0xfbff}, Half{1}};

SafetensorsWriter small_file() {
  SafetensorsWriter writer;
  writer.set_metadata("stage", "frames");
  writer.set_metadata("note", "quotes \" and \xc3\xa9");
  writer.add<std::uint8_t>("a.bytes", {3}, bytes);
  writer.add<float>("b.floats", {2, 3}, floats);
  writer.add<double>("c.doubles", {2, 1}, doubles);
  writer.add<std::int64_t>("d.integers", {2}, integers);
  writer.add<float>("e.nothing", {0, 5}, {});
  writer.add<float>("f.scalar", {}, std::span(floats).first(1));
  writer.add<Half>("g.halves", {3}, halves);
  return writer;
}

template <class T>
bool same_bits(std::span<const T> read, const std::vector<T>& written) {
  return read.size() == written.size() &&
         (read.empty() || std::memcmp(read.data(), written.data(), read.size_bytes()) == 0);
}

template <class T>
std::string text_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// More than two pieces.
constexpr std::int64_t many_values = 2 * static_cast<std::int64_t>(SafetensorsWriter::piece_bytes / sizeof(float)) + 3;

std::vector<float> many_floats() {
  std::vector<float> result(many_values);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<float>(i % 1000003);
  return result;
}

/// Adds @p values as a tensor that is made; @p calls gets where each piece begins.
template <class T>
void add_made(SafetensorsWriter& writer, const std::string& name, const std::vector<T>& values,
              std::vector<std::size_t>* calls = nullptr) {
  writer.add_pieces<T>(name, {std::ssize(values)}, [&values, calls](std::size_t first, std::span<T> to) {
    if (calls != nullptr) calls->push_back(first);
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(first), to.size(), to.begin());
  });
}

/// A file with this header (padded to nothing) and @p data zeros.
std::string file_of(const std::string& header, std::size_t data) {
  std::string file(8, '\0');
  const std::uint64_t size = header.size();
  std::memcpy(file.data(), &size, sizeof size);
  return file + header + std::string(data, '\0');
}

/// What reading such a file says: the message of the Error, or "read".
std::string outcome(const std::filesystem::path& path, const std::string& file) {
  write_bytes(path, file);
  try {
    const SafetensorsFile read(path);
    return "read";
  } catch (const Error& error) {
    return error.what();
  }
}

} // namespace

TEST_CASE("a file gives back every bit of what was written") {
  const TemporaryFolder folder;
  small_file().write(folder / "a.safetensors");
  CHECK(folder.entries() == 1);

  const SafetensorsFile file(folder / "a.safetensors");
  CHECK(file.path() == folder / "a.safetensors");
  CHECK(file.names() == std::vector<std::string>{"a.bytes", "b.floats", "c.doubles", "d.integers", "e.nothing",
                                                 "f.scalar", "g.halves"});
  CHECK(file.metadata().at("stage") == "frames");
  CHECK(file.metadata().at("note") == "quotes \" and \xc3\xa9");
  CHECK(file.metadata().at("zoetrope.checksum").size() == 16);
  CHECK(file.metadata().size() == 3);

  CHECK(file.contains("b.floats"));
  CHECK_FALSE(file.contains("b"));
  CHECK(file.shape("b.floats") == std::vector<std::int64_t>{2, 3});
  CHECK(file.shape("f.scalar").empty());
  CHECK(file.type("a.bytes") == ElementType::u8);
  CHECK(file.type("b.floats") == ElementType::f32);
  CHECK(file.type("c.doubles") == ElementType::f64);
  CHECK(file.type("d.integers") == ElementType::i64);
  CHECK(file.type("g.halves") == ElementType::f16);
  CHECK(same_bits(file.tensor<std::uint8_t>("a.bytes"), bytes));
  CHECK(same_bits(file.tensor<float>("b.floats"), floats));
  CHECK(same_bits(file.tensor<double>("c.doubles"), doubles));
  CHECK(same_bits(file.tensor<std::int64_t>("d.integers"), integers));
  CHECK(same_bits(file.tensor<Half>("g.halves"), halves));
  CHECK(file.tensor<float>("e.nothing").empty());
  CHECK(file.tensor<float>("f.scalar").size() == 1);
}

TEST_CASE("spans stay good when the file object moves") {
  const TemporaryFolder folder;
  small_file().write(folder / "a");
  SafetensorsFile first(folder / "a");
  const auto before = first.tensor<float>("b.floats");
  const SafetensorsFile second(std::move(first));
  CHECK(second.tensor<float>("b.floats").data() == before.data());
  CHECK(same_bits(before, floats));
}

TEST_CASE("header and data are aligned to eight bytes") {
  const TemporaryFolder folder;
  small_file().write(folder / "a");
  const std::string file = read_bytes(folder / "a");
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, file.data(), sizeof header_size);
  CHECK(header_size % 8 == 0);
  CHECK(file.size() == 8 + header_size + 3 + 4 * 6 + 8 * 2 + 8 * 2 + 4 + 2 * 3);
  CHECK(file[8] == '{');
}

TEST_CASE("the same content gives the same bytes, whatever the order of adding") {
  const TemporaryFolder folder;
  SafetensorsWriter one, two;
  one.add<float>("x", {6}, floats);
  one.add<double>("y", {2}, doubles);
  two.add<double>("y", {2}, doubles);
  two.add<float>("x", {6}, floats);
  one.write(folder / "one");
  two.write(folder / "two");
  CHECK(read_bytes(folder / "one") == read_bytes(folder / "two"));
}

TEST_CASE("a file without tensors is a file") {
  const TemporaryFolder folder;
  SafetensorsWriter().write(folder / "a");
  const SafetensorsFile file(folder / "a");
  CHECK(file.names().empty());
}

TEST_CASE("the writer refuses what cannot be stored") {
  SafetensorsWriter writer = small_file();
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    writer.add<float>(name, std::move(shape), floats);
  };
  CHECK_THROWS_WITH_AS(add("b.floats", {6}), "tensor 'b.floats' was added twice", Error);
  CHECK_THROWS_WITH_AS(add("x", {7}), "the shape of tensor 'x' holds 7 values, got 6", Error);
  CHECK_THROWS_AS(add("x", {}), Error);
  CHECK_THROWS_AS(add("x", {-2, -3}), Error);
  CHECK_THROWS_AS(add("x", {std::int64_t{1} << 62, 8}), Error);
  CHECK_THROWS_AS(add("", {6}), Error);
  CHECK_THROWS_AS(add("__metadata__", {6}), Error);
  CHECK_THROWS_AS(writer.set_metadata("zoetrope.checksum", "0"), Error);

  const TemporaryFolder folder;
  writer.set_metadata("bad", "\xff");
  CHECK_THROWS_AS(writer.write(folder / "a"), Error);
  CHECK(folder.entries() == 0);
}

TEST_CASE("asking for what is not there names file and tensor") {
  const TemporaryFolder folder;
  small_file().write(folder / "a");
  const SafetensorsFile file(folder / "a");
  const std::string where = "in '" + (folder / "a").string() + "': ";
  // Named, since some versions of doctest keep no more than the pointer.
  const std::string missing = where + "there is no tensor 'none'";
  CHECK_THROWS_WITH_AS(static_cast<void>(file.tensor<float>("none")), missing.c_str(), Error);
  CHECK_THROWS_AS(static_cast<void>(file.shape("none")), Error);
  CHECK_THROWS_AS(static_cast<void>(file.type("none")), Error);
  const std::string other_type = where + "expected tensor 'b.floats' to be F64, it is F32";
  CHECK_THROWS_WITH_AS(static_cast<void>(file.tensor<double>("b.floats")), other_type.c_str(), Error);
}

TEST_CASE("what is no file at all") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(SafetensorsFile(folder / "missing"), Error);
  CHECK_THROWS_AS(SafetensorsFile(folder / ""), Error);
  CHECK_THROWS_AS(SafetensorsFile("/dev/zero"), Error);
}

TEST_CASE("every truncation of a file is an Error") {
  const TemporaryFolder folder;
  small_file().write(folder / "a");
  const std::string file = read_bytes(folder / "a");
  for (std::size_t length = 0; length < file.size(); ++length) {
    CAPTURE(length);
    CHECK(outcome(folder / "b", file.substr(0, length)) != "read");
  }
  CHECK(outcome(folder / "b", file) == "read");
  CHECK(outcome(folder / "b", file + '\0') != "read");
}

TEST_CASE("every flip of a bit, and every byte inverted, is an Error") {
  // The checksum covers names, types, shapes and metadata too, so flips in the text are found like those in the data.
  // Only its own key cannot be covered: a file with that key misspelt is one without a checksum.
  const TemporaryFolder folder;
  small_file().write(folder / "a");
  std::string file = read_bytes(folder / "a");
  const std::size_t key = file.find(checksum_key), key_end = key + std::string(checksum_key).size();
  REQUIRE(key != std::string::npos);
  for (std::size_t at = 0; at < file.size(); ++at)
    for (const int mask : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      const char before = file[at];
      file[at] = static_cast<char>(before ^ mask);
      const std::string found = outcome(folder / "b", file);
      CAPTURE(at);
      CAPTURE(mask);
      CHECK((found != "read" || (at >= key && at < key_end)));
      if (found == "read") {
        const SafetensorsFile read(folder / "b");
        CHECK(read.names().size() == 7);
        CHECK(same_bits(read.tensor<float>("b.floats"), floats));
      }
      file[at] = before;
    }
}

TEST_CASE("without a checksum, flips in the data pass and the rest is still checked without a crash") {
  const TemporaryFolder folder;
  const std::string file =
      file_of(R"({"__metadata__":{"k":"v"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  REQUIRE(outcome(folder / "b", file) == "read");
  int read = 0, refused = 0;
  for (std::size_t at = 0; at < file.size(); ++at)
    for (int mask = 1; mask < 256; ++mask) {
      std::string changed = file;
      changed[at] = static_cast<char>(changed[at] ^ mask);
      ++(outcome(folder / "b", changed) == "read" ? read : refused);
    }
  CHECK(read > 8 * 255); // the data, and other letters in names and metadata
  CHECK(refused > 10'000);
}

TEST_CASE("headers that are not of the format's form") {
  const TemporaryFolder folder;
  const auto check = [&](const std::string& header, std::size_t data, const std::string& expected) {
    CAPTURE(header);
    const std::string message = outcome(folder / "b", file_of(header, data));
    CAPTURE(message);
    CHECK(message.find(expected) != std::string::npos);
  };
  const auto tensor = [](const std::string& type, const std::string& shape, const std::string& offsets) {
    return R"({"x":{"dtype":)" + type + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  check(tensor(R"("F32")", "[2]", "[0,8]"), 8, "read");
  check(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}})",
        1, "read");
  check("{}  ", 0, "read");

  check("", 0, "does not begin with '{'");
  check("[]", 0, "does not begin with '{'");
  check(" {}", 0, "does not begin with '{'");
  check("{", 0, "the header is no JSON at byte 9: Missing a name for object member.");
  check("{} x", 0, "the header is no JSON at byte 11: The document root must not be followed by other values.");
  check(std::string("{}\0 x", 5), 0, "has a zero at byte 10");
  check("{\"\xff\":1}", 0, "Invalid encoding in string");
  check(R"({"\ud800":1})", 0, "surrogate pair in string is invalid");
  check(R"({"\udc00":1})", 0, "has a key that is no text");
  check(R"({"__metadata__":{"k":"\udc00"}})", 0, "the metadata's \"k\" is no text");
  check(R"({"__metadata__":{"k":1}})", 0, "the metadata's \"k\" is 1, expected a string");
  check(R"({"__metadata__":{"k":{}}})", 0, "the metadata's \"k\" is an object, expected a string");
  check(R"({"__metadata__":["k"]})", 0, "the metadata is a list, expected an object");
  check(R"({"__metadata__":null})", 0, "the metadata is null, expected an object");
  check(R"({"__metadata__":{"k":"1","k":"2"}})", 0, "twice");
  check(R"({"x":1})", 0, "not made of dtype, shape and data_offsets");
  check(R"({"x":{"dtype":"F32","shape":[2]}})", 8, "not made of dtype, shape and data_offsets");
  check(R"({"x":{"dtype":"F32","shape":[2],"offsets":[0,8]}})", 8, "not made of dtype, shape and data_offsets");
  check(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":0}})", 8, "not made of");
  check(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
        1, "twice");
  check(R"({"x":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})", 8, "holds a list");
  check("{\"x\":" + std::string(100'000, '['), 0, "not made of dtype, shape and data_offsets");

  check(tensor(R"("F4")", "[4]", "[0,8]"), 8, "unknown type 'F4', known are BF16, BOOL, F16");
  check(tensor("7", "[2]", "[0,8]"), 8, "the type of tensor 'x' is 7, expected a string");
  check(tensor(R"("F32")", "2", "[0,8]"), 8, "is no list");
  check(tensor(R"("F32")", "[-2]", "[0,8]"), 8, "holds -2");
  check(tensor(R"("F32")", "[2.0]", "[0,8]"), 8, "holds 2.0");
  check(tensor(R"("F32")", R"(["2"])", "[0,8]"), 8, "holds a string");
  check(tensor(R"("F32")", "[2]", R"({"a":0})"), 8, "is no list");
  check(tensor(R"("F32")", "[18446744073709551615]", "[0,8]"), 8, "below 2^63");
  check(tensor(R"("F32")", "[99999999999999999999999]", "[0,8]"), 8, "below 2^63");
  check(tensor(R"("F32")", "[4611686018427387904,4]", "[0,0]"), 0, "exceeds 2^63 bytes");
  check(tensor(R"("F32")", "[4294967296,4294967296]", "[0,0]"), 0, "exceeds 2^63 bytes");
  check(tensor(R"("F32")", "[2]", "[0]"), 8, "not a begin and an end");
  check(tensor(R"("F32")", "[2]", "[0,8,8]"), 8, "not a begin and an end");
  check(tensor(R"("F32")", "[2]", "[8,0]"), 8, "not a begin and an end");
  check(tensor(R"("F32")", "[3]", "[0,8]"), 8, "takes 12 bytes, its offsets span 8");
  check(tensor(R"("F32")", "[2]", "[0,8]"), 7, "ends at byte 8 of the data, and the file holds 7");
  check(tensor(R"("F32")", "[1000000000000000]", "[0,4000000000000000]"), 8, "ends at byte 4000000000000000");
  check(tensor(R"("F32")", "[2]", "[0,8]"), 9, "end at byte 8 of the data, and the file holds 9");
  check(tensor(R"("F32")", "[2]", "[4,12]"), 12, "starts at byte 4 of the data, and the one before it ends at 0");
  check("{}", 1, "end at byte 0");
  check(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
        3, "tensor 'b' starts at byte 1 of the data, and the one before it ends at 2");
  check(R"({"__metadata__":{"zoetrope.checksum":"0000000000000000"}})", 0, "does not match its checksum");
}

TEST_CASE("numbers of every type of the format, at offsets that suit them or not") {
  struct Example {
    std::string type;
    std::string bytes;
    std::vector<double> expected;
  };
  const auto of = [](const auto&... elements) { return (text_of(std::vector{elements}) + ...); };
  const std::vector<Example> examples{
      {"F32", of(1.5f, -0.1f), {1.5, double{-0.1f}}},
      {"F64", of(0.1, -1e300), {0.1, -1e300}},
      {"F16", of(std::uint16_t{0x3c00}, std::uint16_t{0xc500}), {1, -5}},
      {"BF16", of(std::uint16_t{0x3fc0}, std::uint16_t{0xc0a0}), {1.5, -5}},
      {"I64", of(std::int64_t{-7}, std::int64_t{1} << 40), {-7, 0x1p40}},
      {"I32", of(std::int32_t{-7}, std::int32_t{70'000}), {-7, 70'000}},
      {"I16", of(std::int16_t{-7}, std::int16_t{700}), {-7, 700}},
      {"I8", of(std::int8_t{-7}, std::int8_t{70}), {-7, 70}},
      {"U64", of(std::uint64_t{7}, std::uint64_t{1} << 63), {7, 0x1p63}},
      {"U32", of(std::uint32_t{7}, ~std::uint32_t{0}), {7, 4294967295.0}},
      {"U16", of(std::uint16_t{7}, std::uint16_t{65535}), {7, 65535}},
      {"U8", of(std::uint8_t{7}, std::uint8_t{255}), {7, 255}},
      {"BOOL", of(std::uint8_t{0}, std::uint8_t{1}), {0, 1}},
  };
  const TemporaryFolder folder;
  for (const auto& example : examples)
    for (const std::size_t before : {0u, 1u, 3u, 8u}) {
      const std::string &type = example.type, &bytes = example.bytes;
      const auto& expected = example.expected;
      CAPTURE(type);
      CAPTURE(before);
      const auto end = std::to_string(before + bytes.size()), begin = std::to_string(before);
      const std::string header = R"({"a":{"dtype":"U8","shape":[)" + begin + R"(],"data_offsets":[0,)" + begin +
                                 R"(]},"x":{"dtype":")" + type + R"(","shape":[2],"data_offsets":[)" + begin + "," +
                                 end + "]}}";
      write_bytes(folder / "a", file_of(header, before) + bytes);
      const SafetensorsFile file(folder / "a");
      CHECK(element_name(file.type("x")) == type);
      CHECK(file.numbers<double>("x") == expected);
      CHECK(file.numbers<float>("x") ==
            std::vector<float>{static_cast<float>(expected[0]), static_cast<float>(expected[1])});
      CHECK(is_floating_point(file.type("x")) == (type.find('F') != std::string::npos));
      if (file.type("x") == ElementType::f64) {
        const auto values = file.tensor<double>("x");
        CHECK(reinterpret_cast<std::uintptr_t>(values.data()) % alignof(double) == 0);
        CHECK(std::vector<double>(values.begin(), values.end()) == expected);
      }
    }
}

TEST_CASE("a file of torch.save() is called by its name, with the line that converts it") {
  const TemporaryFolder folder;
  for (const std::string& begin : {std::string("PK\3\4"), std::string("\x80\2\x8a\nl\xfc\x9c\x46", 8)}) {
    const std::string message = outcome(folder / "frames.pth", begin + std::string(100, 'x'));
    CHECK(message.starts_with("'" + (folder / "frames.pth").string() +
                              "' is a file of torch.save(), expected a safetensors file; convert it with: python3 -c"));
    CHECK(message.find("torch.load(") != std::string::npos);
    CHECK(message.ends_with("'" + (folder / "frames.pth").string() + "' '" + (folder / "frames.safetensors").string() +
                            "'"));
  }
}

TEST_CASE("a header of very many tensors takes time in proportion to its length") {
  constexpr int count = 100'000; // in proportion to its square this would be minutes
  std::string header = "{";
  for (int i = 0; i < count; ++i)
    header += (i > 0 ? ",\"t" : "\"t") + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  const TemporaryFolder folder;
  write_bytes(folder / "a", file_of(header + "}", 0));
  const auto begun = std::chrono::steady_clock::now();
  CHECK(SafetensorsFile(folder / "a").names().size() == count);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(60));
}

TEST_CASE("a header length that the file does not hold") {
  const TemporaryFolder folder;
  for (const std::uint64_t size :
       {std::uint64_t{3}, std::uint64_t{1} << 32, ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    std::string file = file_of("{}", 0);
    std::memcpy(file.data(), &size, sizeof size);
    CHECK(outcome(folder / "b", file).find("announces a header of " + std::to_string(size)) != std::string::npos);
  }
}

TEST_CASE("an Error while writing leaves the old checkpoint readable") {
  const TemporaryFolder folder;
  small_file().write(folder / "a");
  const std::string before = read_bytes(folder / "a");
  const std::vector<float> many(many_values, 1.0f);
  // In the first, only piece; in the midst of several, each on a thread of its own; and in the last.
  for (const std::size_t count : {std::size_t{100'000}, many.size()})
    for (const std::size_t limit : {std::size_t{200'000}, count * sizeof(float)}) {
      CAPTURE(count);
      CAPTURE(limit);
      SafetensorsWriter writer;
      writer.add<float>("many", {static_cast<std::int64_t>(count)}, std::span(many).first(count));
      std::string message;
      {
        const FileSizeLimit limited(limit);
        try {
          writer.write(folder / "a");
        } catch (const Error& error) {
          message = error.what();
        }
      }
      CAPTURE(message);
      CHECK(message.find("writing stopped at byte " + std::to_string(limit) + ": File too large") != message.npos);
      CHECK(read_bytes(folder / "a") == before);
      CHECK(folder.entries() == 1);
    }
  SafetensorsWriter writer;
  writer.add<float>("many", {100'000}, std::span(many).first(100'000));
  writer.write(folder / "a");
  CHECK(SafetensorsFile(folder / "a").tensor<float>("many").size() == 100'000);
}

TEST_CASE("a file has the bytes that it had before there were pieces") {
  const TemporaryFolder folder;
  const std::string header =
      "{\"__metadata__\":{\"note\":\"quotes \\\" and \xc3\xa9\",\"stage\":\"frames\",\"zoetrope.checksum\":"
      "\"619fef9f1a402982\"},"
      R"("a.bytes":{"data_offsets":[66,69],"dtype":"U8","shape":[3]},)"
      R"("b.floats":{"data_offsets":[32,56],"dtype":"F32","shape":[2,3]},)"
      R"("c.doubles":{"data_offsets":[0,16],"dtype":"F64","shape":[2,1]},)"
      R"("d.integers":{"data_offsets":[16,32],"dtype":"I64","shape":[2]},)"
      R"("e.nothing":{"data_offsets":[56,56],"dtype":"F32","shape":[0,5]},)"
      R"("f.scalar":{"data_offsets":[56,60],"dtype":"F32","shape":[]},)"
      R"("g.halves":{"data_offsets":[60,66],"dtype":"F16","shape":[3]}}    )";
  const std::string expected = file_of(header, 0) + text_of(doubles) + text_of(integers) + text_of(floats) +
                               text_of(floats).substr(0, 4) + text_of(halves) + text_of(bytes);
  small_file().write(folder / "mixed");
  CHECK(read_bytes(folder / "mixed") == expected);

  // Tensors in the order of names, several pieces: from memory, and made.
  const auto many = many_floats();
  const std::string many_header = R"({"__metadata__":{"stage":"frames","zoetrope.checksum":"0dfb67d561b26c03"},)"
                                  R"("many":{"data_offsets":[0,33554444],"dtype":"F32","shape":[8388611]},)"
                                  R"("small":{"data_offsets":[33554444,33554464],"dtype":"F32","shape":[5]}}  )";
  const std::string many_expected =
      file_of(many_header, 0) + text_of(many) + text_of(many).substr(text_of(many).size() - 20);
  for (const bool made : {false, true}) {
    CAPTURE(made);
    SafetensorsWriter writer;
    writer.set_metadata("stage", "frames");
    if (made)
      add_made<float>(writer, "many", many);
    else
      writer.add<float>("many", {many_values}, many);
    writer.add<float>("small", {5}, std::span(many).last(5));
    writer.write(folder / "many");
    CHECK((read_bytes(folder / "many") == many_expected));
  }
}

TEST_CASE("tensors that are made are the same as those in memory, in either order of the file") {
  const TemporaryFolder folder;
  const auto many = many_floats();
  constexpr std::size_t piece = SafetensorsWriter::piece_bytes / sizeof(float);
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, piece - 1, piece, piece + 1, 2 * piece}) {
    CAPTURE(count);
    const std::vector<float> some(many.begin(), many.begin() + static_cast<std::ptrdiff_t>(count));
    for (const bool mixed : {false, true}) {
      CAPTURE(mixed);
      SafetensorsWriter here, made;
      std::vector<std::size_t> calls, expected_calls;
      here.add<float>("b", {static_cast<std::int64_t>(count)}, some);
      add_made<float>(made, "b", some, &calls);
      here.add<float>("c", {6}, floats);
      add_made<float>(made, "c", floats);
      if (mixed) {
        here.add<std::uint8_t>("a", {3}, bytes);
        add_made<std::uint8_t>(made, "a", bytes);
      }
      here.write(folder / "here");
      made.write(folder / "made");
      CHECK((read_bytes(folder / "here") == read_bytes(folder / "made")));
      CHECK(same_bits(SafetensorsFile(folder / "made").tensor<float>("b"), some));
      for (int time = 0; time < (mixed ? 2 : 1); ++time)
        for (std::size_t first = 0; first < count; first += piece) expected_calls.push_back(first);
      CHECK(calls == expected_calls);
    }
  }
}

TEST_CASE("what making a tensor throws comes out as it is, the old file stays and threads end") {
  const TemporaryFolder folder;
  small_file().write(folder / "a");
  const std::string before = read_bytes(folder / "a");
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
  };
  const auto threads_before = threads();
  for (const int last : {0, 1, 2}) {
    CAPTURE(last);
    SafetensorsWriter writer;
    int calls = 0;
    writer.add_pieces<float>("many", {many_values}, [&](std::size_t, std::span<float> to) {
      if (calls++ == last) throw calls;
      std::fill(to.begin(), to.end(), 1.0f);
    });
    int caught = 0;
    try {
      writer.write(folder / "a");
    } catch (int thrown) {
      caught = thrown;
    }
    CHECK(caught == last + 1);
    CHECK(read_bytes(folder / "a") == before);
    CHECK(folder.entries() == 1);
  }
  // A thread that is done may be seen for a moment.
  for (int wait = 0; wait < 500 && threads() > threads_before; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(threads() == threads_before);
}

TEST_CASE("the writer refuses made tensors as it refuses others") {
  SafetensorsWriter writer;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    writer.add_pieces<float>(name, std::move(shape), [](std::size_t, std::span<float>) {});
  };
  add("x", {2});
  CHECK_THROWS_WITH_AS(add("x", {2}), "tensor 'x' was added twice", Error);
  CHECK_THROWS_AS(add("y", {-2}), Error);
  CHECK_THROWS_AS(add("y", {std::int64_t{1} << 62, 8}), Error);
  CHECK_THROWS_AS(add("", {2}), Error);
}
