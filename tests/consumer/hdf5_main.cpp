// A program with films in an HDF5 file, which is not there.
#include <zoetrope/data/hdf5_films.hpp>

#include <iostream>
#include <string>

int main() {
  try {
    const zoetrope::Hdf5Films<zoetrope::Shape<1, 5, 4, 3>> films("nowhere.h5", {.dataset = "films"});
  } catch (const zoetrope::Error& error) {
    std::cout << error.what() << '\n';
    return std::string(error.what()).starts_with("'nowhere.h5' cannot be opened") ? 0 : 1;
  }
  return 1;
}
