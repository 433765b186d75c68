// What SafetensorsFile accepts can be read in whole, and written again with the same content.
#include "fuzz.hpp"
#include "mend_checksum.hpp"
#include "zoetrope/io/safetensors.hpp"

#include <algorithm>
#include <cstring>

using namespace zoetrope;

namespace {

template <class T>
void add(SafetensorsWriter& writer, const SafetensorsFile& file, const std::string& name) {
  writer.add<T>(name, file.shape(name), file.tensor<T>(name));
}

/// Calls @p use with a value of the tensor's type; not where zoetrope reads such a type only as numbers.
template <class Use>
void with_type_of(const SafetensorsFile& file, const std::string& name, const Use& use) {
  switch (file.type(name)) {
  case ElementType::f32:
    return use(float{});
  case ElementType::f64:
    return use(double{});
  case ElementType::i64:
    return use(std::int64_t{});
  case ElementType::u8:
    return use(std::uint8_t{});
  case ElementType::f16:
    return use(Half{});
  default:
    return;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static fuzz::InputFile input, again;
  fuzz::accepts([&] {
    const SafetensorsFile file(input.with(bytes, size));
    const auto names = file.names();
    for (const auto& name : names) (void)file.numbers<double>(name);
    if (names.size() % 4 == 3) return; // writing takes much longer than reading
    if (std::any_of(names.begin(), names.end(), [&](const auto& name) { return file.type(name) > ElementType::f16; }))
      return; // ElementType says that these are not written
    SafetensorsWriter writer;
    for (const auto& [key, value] : file.metadata())
      if (key != checksum_key) writer.set_metadata(key, value);
    for (const auto& name : file.names())
      with_type_of(file, name, [&](auto value) { add<decltype(value)>(writer, file, name); });
    const auto& path = again.with("", 0);
    writer.write(path);
    const SafetensorsFile copy(path);
    fuzz::expect(copy.names() == file.names(), "a copy has the same tensors");
    for (const auto& name : file.names()) {
      fuzz::expect(copy.shape(name) == file.shape(name) && copy.type(name) == file.type(name),
                   "a copy's tensors have the same shapes and types");
      with_type_of(file, name, [&](auto value) {
        const auto one = file.tensor<decltype(value)>(name), other = copy.tensor<decltype(value)>(name);
        fuzz::expect(one.size() == other.size() &&
                         (one.empty() || std::memcmp(one.data(), other.data(), one.size_bytes()) == 0),
                     "a copy's tensors have the same bytes");
      });
    }
  });
  return 0;
}
