#include "zoetrope/io/npy_writer.hpp"

#include "support/error_of.hpp"
#include "zoetrope/io/mapped_file.hpp"
#include "zoetrope/io/npy.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace zoetrope;
using test::error_of;

namespace {

struct NpyFile {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "zoetrope_npy_writer_test.npy";
  NpyFile() { std::filesystem::remove(path); }
  ~NpyFile() { std::filesystem::remove(path); }
};

template <class T>
void check_written(const std::vector<T>& values, const std::vector<std::uint64_t>& shape, char kind) {
  const NpyFile file;
  write_npy<T>(file.path, values, shape);
  const MappedFile found(file.path);
  const NpyHeader header = read_npy_header("it", found.bytes());
  CHECK(header.kind == kind);
  CHECK(header.element_bytes == sizeof(T));
  CHECK(!header.fortran_order);
  CHECK(header.shape == shape);
  CHECK(header.data_begin % 64 == 0);
  REQUIRE(found.bytes().size() == header.data_begin + values.size() * sizeof(T));
  const auto wanted = std::as_bytes(std::span(values));
  CHECK(
      std::equal(wanted.begin(), wanted.end(), found.bytes().begin() + static_cast<std::ptrdiff_t>(header.data_begin)));
}

} // namespace

TEST_CASE("an array is read as it was written") {
  check_written<std::uint8_t>({1, 2, 3, 4, 5, 6}, {2, 3}, 'u');
  check_written<float>({1.5F, -2, 3e-30F}, {3}, 'f');
  check_written<double>({0.1}, {1, 1, 1, 1, 1}, 'f');
  check_written<double>({0.25}, {}, 'f');
  check_written<float>({}, {0, 7}, 'f');
  check_written<float>({}, {7, 0}, 'f');
}

TEST_CASE("a file is NumPy's to the byte") {
  const NpyFile file;
  const std::vector<std::uint8_t> values{7, 8};
  write_npy<std::uint8_t>(file.path, values, std::vector<std::uint64_t>{2, 1});
  const MappedFile found(file.path);
  const std::string text(reinterpret_cast<const char*>(found.bytes().data()), found.bytes().size());
  // numpy.save(path, numpy.array([[7], [8]], numpy.uint8)), NumPy 1.24
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }";
  const std::string begin("\x93NUMPY\x01\x00\x76\x00", 10);
  CHECK((text == begin + header + std::string(0x76 - header.size() - 1, ' ') + "\n\x07\x08"));
}

TEST_CASE("values of pictures become bytes") {
  const NpyFile file;
  write_npy_bytes(file.path, std::vector<float>{-1, 0, 1, 7}, std::vector<std::uint64_t>{4});
  const MappedFile found(file.path);
  const auto data = found.bytes().last(4);
  const int wanted[] = {0, 128, 255, 255};
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::to_integer<int>(data[i]) == wanted[i]);
}

TEST_CASE("values that do not fill the array are refused, and no file is written") {
  const NpyFile file;
  const std::vector<float> values(6);
  const std::string name = "'" + file.path.string() + "'";
  const auto error = [&](std::vector<std::uint64_t> shape) {
    return error_of([&] { write_npy<float>(file.path, values, shape); });
  };
  CHECK(error({5}) == name + " expected values for an array of (5,), got 6");
  CHECK(error({2, 4}) == name + " expected values for an array of (2, 4), got 6");
  CHECK(error({std::uint64_t{1} << 63, 2}) ==
        name + " expected values for an array of (9223372036854775808, 2), got 6");
  CHECK(!std::filesystem::exists(file.path));
}
