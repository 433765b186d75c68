#include "zoetrope/io/hdf5_data_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace zoetrope;

namespace {

std::vector<std::byte> read_in_pieces(const char* file, std::uint64_t most_bytes) {
  const Hdf5File opened(std::filesystem::path(ZOETROPE_FIXTURES) / "hdf5" / file);
  const Hdf5DataSet data(opened, "films");
  ScratchBytes scratch;
  data.read(scratch, most_bytes);
  const auto bytes = scratch.bytes();
  return {bytes.begin(), bytes.end()};
}

} // namespace

TEST_CASE("an HDF5 data set is the same in pieces of any size") {
  for (const char* file : {"u1.h5", "u1_gzip.h5", "chunked.h5", "little_f8_gzip.h5"}) {
    CAPTURE(file);
    const auto whole = read_in_pieces(file, 1 << 20);
    CHECK(whole.size() >= 120);
    for (std::uint64_t most = 1; most <= whole.size(); most = most < 80 ? most + 1 : most + most / 9) {
      CAPTURE(most);
      CHECK(read_in_pieces(file, most) == whole);
    }
  }
}

TEST_CASE("what HDF5's library was told about its errors is so again when a file is closed") {
  const auto before = [] {
    H5E_auto2_t print = nullptr;
    void* argument = nullptr;
    H5Eget_auto2(H5E_DEFAULT, &print, &argument);
    return std::pair(print, argument);
  };
  const auto first = before();
  CHECK((first.first != nullptr));
  {
    const Hdf5File opened(std::filesystem::path(ZOETROPE_FIXTURES) / "hdf5" / "nested.h5");
    CHECK((before().first == nullptr));
    CHECK(opened.data_sets() == std::vector<std::string>{"labels", "title", "train/deep/films"});
  }
  CHECK_THROWS_AS(Hdf5File(std::filesystem::path(ZOETROPE_FIXTURES) / "hdf5" / "empty.h5"), Error);
  CHECK((before() == first));
}
