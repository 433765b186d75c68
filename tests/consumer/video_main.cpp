// A program with films in a folder, which is not there.
#include <zoetrope/data/video_films.hpp>

#include <iostream>
#include <string>

int main() {
  try {
    const zoetrope::VideoFilms<zoetrope::Shape<1, 5, 4, 3>> films("nowhere",
                                                                  {.stride = 2, .crop = zoetrope::Crop::center});
  } catch (const zoetrope::Error& error) {
    std::cout << error.what() << '\n';
    return std::string(error.what()) == "there is no file or folder 'nowhere'" ? 0 : 1;
  }
  return 1;
}
