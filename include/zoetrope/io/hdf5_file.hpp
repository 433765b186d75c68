/// @file
/// HDF5 files, opened by HDF5's own library: its identifiers, its messages, and what a file holds. Opt-in: include it
/// where zoetrope::hdf5 is linked. POSIX.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/shown.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <hdf5.h>

namespace zoetrope {

namespace detail {

/// Held while the library is called: Debian's takes one thread at a time.
inline std::mutex hdf5_mutex;

/// While it lives, the library prints no errors; they are in our own.
class Hdf5Silence {
public:
  Hdf5Silence() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &argument_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  Hdf5Silence(const Hdf5Silence&) = delete;
  Hdf5Silence& operator=(const Hdf5Silence&) = delete;
  ~Hdf5Silence() { H5Eset_auto2(H5E_DEFAULT, print_, argument_); }

private:
  H5E_auto2_t print_ = nullptr;
  void* argument_ = nullptr;
};

/// The library's innermost reason why the last call failed.
inline std::string hdf5_reason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* found) -> herr_t {
        if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(found) = error->desc;
        return 0;
      },
      &reason);
  return reason.empty() ? "HDF5's library gives no reason" : shown(reason);
}

/// An identifier of the library, which is closed where this ends.
class Hdf5Handle {
public:
  using Close = herr_t (*)(hid_t);
  Hdf5Handle(hid_t id, Close close) : id_(id), close_(close) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }

  [[nodiscard]] bool valid() const { return id_ >= 0; }
  [[nodiscard]] hid_t id() const { return id_; }

private:
  hid_t id_;
  Close close_;
};

/// The text that the library writes with @p get(buffer, bytes), which returns its length.
template <class Get>
std::string hdf5_text(const Get& get) {
  const auto length = get(static_cast<char*>(nullptr), 0);
  if (length <= 0) return "";
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  if (get(text.data(), text.size()) < 0) return "";
  text.resize(static_cast<std::size_t>(length));
  return text;
}

} // namespace detail

/// A file that is open for reading, and nothing else of HDF5 at the same time: other threads wait until it is closed.
/// A program that calls the library itself does not do so meanwhile.
class Hdf5File {
public:
  /// Throws Error where the file cannot be opened or is no whole HDF5 file.
  explicit Hdf5File(const std::filesystem::path& path)
      : folder_(path.parent_path()), where_("'" + path.string() + "'"), file_(open(path)) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// As messages name it.
  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] hid_t id() const { return file_.id(); }

  /// The paths of all data sets, in order. Throws Error where a group cannot be read, or groups are nested too deep.
  [[nodiscard]] std::vector<std::string> data_sets() const {
    Visit found;
#if H5_VERSION_GE(1, 12, 0)
    const herr_t result = H5Ovisit3(id(), H5_INDEX_NAME, H5_ITER_INC, &note, &found, H5O_INFO_BASIC);
#else
    const herr_t result = H5Ovisit2(id(), H5_INDEX_NAME, H5_ITER_INC, &note, &found, H5O_INFO_BASIC);
#endif
    if (found.problem) std::rethrow_exception(found.problem);
    if (result < 0) fail(where_, " cannot be searched for data sets: ", detail::hdf5_reason());
    require(!found.too_deep, where_, ": expected groups of at most ", most_levels, " levels, found more");
    std::sort(found.names.begin(), found.names.end());
    return std::move(found.names);
  }

private:
#if H5_VERSION_GE(1, 12, 0)
  using ObjectInfo = H5O_info2_t;
#else
  using ObjectInfo = H5O_info_t;
#endif
  static constexpr int most_levels = 32; // the library calls itself for each

  struct Visit {
    std::vector<std::string> names;
    bool too_deep = false;
    std::exception_ptr problem; ///< which must not pass through the library
  };
  static herr_t note(hid_t, const char* name, const ObjectInfo* info, void* to) {
    auto& found = *static_cast<Visit*>(to);
    try {
      const std::string path = name;
      found.too_deep = std::count(path.begin(), path.end(), '/') >= most_levels;
      if (info->type == H5O_TYPE_DATASET) found.names.push_back(path);
    } catch (...) {
      found.problem = std::current_exception();
    }
    return found.too_deep || found.problem ? 1 : 0;
  }

  [[nodiscard]] detail::Hdf5Handle open(const std::filesystem::path& path) const {
    // A driver that the environment names would read other bytes than are mapped.
    const detail::Hdf5Handle how(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fapl_sec2(how.id());
    detail::Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, how.id()), H5Fclose);
    // Before anything is closed, which would clear the reason.
    if (!file.valid()) fail(where_, " cannot be read as HDF5: ", detail::hdf5_reason());
    return file;
  }

  std::lock_guard<std::mutex> alone_{detail::hdf5_mutex};
  detail::Hdf5Silence silence_;
  std::filesystem::path folder_;
  std::string where_;
  detail::Hdf5Handle file_;
};

} // namespace zoetrope
