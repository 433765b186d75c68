// Loaded before the C library: lets a program's calls on the files of one folder fail, or ends the program there.
// FAULT_FOLDER: the folder, an absolute path without links. FAULT_CALL: open, write, fsync, close, rename, flock
// or kill, which means any of these. FAULT_AT: which of these calls goes wrong, from 1; 0 for none. FAULT_COUNT: a file
// that gets the number of such calls at the end.

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Plan {
  std::string folder = variable("FAULT_FOLDER"), call = variable("FAULT_CALL"), count_file = variable("FAULT_COUNT");
  long at = std::atol(variable("FAULT_AT").c_str());
  std::atomic<long> calls{0};

  Plan() = default;
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan() {
    if (count_file.empty()) return;
    if (std::FILE* file = std::fopen(count_file.c_str(), "w")) {
      std::fprintf(file, "%ld\n", calls.load());
      std::fclose(file);
    }
  }
};

Plan& plan() {
  static Plan instance;
  return instance;
}

template <class Function>
Function* real(Function*, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool in_folder(const std::string& path) {
  const std::string& folder = plan().folder;
  if (folder.empty()) return false;
  char absolute[PATH_MAX];
  std::string whole = path;
  if (path.empty() || path.front() != '/') {
    if (::getcwd(absolute, sizeof absolute) == nullptr) return false;
    whole = std::string(absolute) + "/" + path;
  }
  return whole == folder || whole.starts_with(folder + "/");
}

/// Of the folder itself, and of files that are open for writing.
bool in_folder(int descriptor) {
  const int before = errno;
  char target[PATH_MAX];
  const ::ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), target, sizeof target);
  const bool inside = size > 0 && in_folder(std::string(target, static_cast<std::size_t>(size)));
  const bool read_only = inside && (::fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY;
  errno = before;
  return inside && (!read_only || std::string_view(target, static_cast<std::size_t>(size)) == plan().folder);
}

/// Whether this call is the one that goes wrong.
bool now(const char* call) {
  Plan& of = plan();
  if (of.call != call && of.call != "kill") return false;
  const long number = ++of.calls;
  return of.at > 0 && number == of.at;
}

void kill_if_planned() {
  if (plan().call == "kill") ::raise(SIGKILL);
}

/// The first half of the bytes is written; the rest, which comes next, finds no room.
template <class Write>
::ssize_t write_or_fail(int descriptor, std::size_t size, const Write& write) {
  static std::atomic<bool> full{false};
  if (!in_folder(descriptor)) return write(size);
  if (full.exchange(false)) {
    errno = ENOSPC;
    return -1;
  }
  if (!now("write")) return write(size);
  const ::ssize_t half = size > 1 ? write(size / 2) : 0;
  kill_if_planned();
  full = size > 1;
  if (half > 0) return half;
  errno = ENOSPC;
  return -1;
}

template <class Path, class Act>
int act_or_fail(const char* call, const Path& file, int error, const Act& act) {
  if (!in_folder(file) || !now(call)) return act();
  kill_if_planned();
  errno = error;
  return -1;
}

template <class Open>
int open_or_fail(const char* path, int flags, const Open& open) {
  if ((flags & O_ACCMODE) == O_RDONLY) return open();
  return act_or_fail("open", std::string(path), EMFILE, open);
}

} // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const ::mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, ::mode_t) : 0;
  va_end(arguments);
  return open_or_fail(path, flags, [&] { return real(&open, "open")(path, flags, mode); });
}

::ssize_t write(int descriptor, const void* bytes, std::size_t size) {
  return write_or_fail(descriptor, size,
                       [&](std::size_t some) { return real(&write, "write")(descriptor, bytes, some); });
}

::ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, ::off_t offset) {
  return write_or_fail(descriptor, size,
                       [&](std::size_t some) { return real(&pwrite, "pwrite")(descriptor, bytes, some, offset); });
}

int fsync(int descriptor) {
  return act_or_fail("fsync", descriptor, EIO, [&] { return real(&fsync, "fsync")(descriptor); });
}

int close(int descriptor) {
  const bool counted = in_folder(descriptor) && now("close");
  if (counted) kill_if_planned();
  const int result = real(&close, "close")(descriptor);
  if (!counted) return result;
  errno = EIO;
  return -1;
}

int rename(const char* from, const char* to) noexcept {
  return act_or_fail("rename", std::string(to), EIO, [&] { return real(&rename, "rename")(from, to); });
}

int flock(int descriptor, int operation) noexcept {
  return act_or_fail("flock", descriptor, ENOLCK, [&] { return real(&flock, "flock")(descriptor, operation); });
}

} // extern "C"
