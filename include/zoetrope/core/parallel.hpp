/// @file
/// The one parallel loop. No two tasks write to the same memory, so results never depend on the number of threads.
///
/// A loop ends when its tasks are done, not when every thread has woken up: on a busy machine a thread that gets no
/// time is done without, where a barrier (OpenMP's) would wait for it. Each thread begins with a share of its own, the
/// same share of every loop, so that one layer's results are in the cache of the thread that reads them in the next.
#pragma once

#include "zoetrope/core/error.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace zoetrope {

namespace detail {

/// Threads that share out the tasks of one loop at a time. The thread that calls run() works too. The others start at
/// the first loop, so that a program that wants another number of them starts none too many; where the system gives
/// fewer, the loops go on with those.
class ThreadPool {
public:
  using Call = void (*)(const void* task, std::ptrdiff_t index);

  static ThreadPool& instance() {
    static ThreadPool pool(std::max(1, static_cast<int>(std::thread::hardware_concurrency()))); // 0 is: unknown
    return pool;
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() { join(); }

  [[nodiscard]] int size() const { return thread_count_.load(std::memory_order_relaxed); }

  void resize(int size) {
    const std::scoped_lock lock(running_);
    join();
    thread_count_ = size;
    start();
  }

  void run(Call call, const void* task, std::ptrdiff_t count) {
    std::unique_lock lock(running_, std::defer_lock);
    // Inside a task, or beside a loop of another thread, the caller does the work alone.
    if (inside_task() || count < 2 || count > max_tasks || !lock.try_lock() || !start()) {
      for (std::ptrdiff_t i = 0; i < count; ++i) call(task, i);
      return;
    }
    call_ = call;
    task_ = task;
    count_ = count;
    completed_.store(0, std::memory_order_relaxed);
    const std::uint64_t loop = loop_.load(std::memory_order_relaxed) + 1;
    for (int share = 0; share < size(); ++share)
      shares_[static_cast<std::size_t>(share)].tickets.store(
          (loop << ticket_bits) | static_cast<std::uint64_t>(share_end(share) - share_end(share - 1)),
          std::memory_order_release);
    loop_.store(loop, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) > 0) loop_.notify_all();
    inside_task() = true;
    while (work(0)) {
    }
    inside_task() = false;
    for (int spin = 0; completed_.load(std::memory_order_acquire) != count; ++spin)
      if (spin > spins) std::this_thread::yield();
  }

  static int& index() {
    thread_local int value = 0;
    return value;
  }

private:
  static constexpr int ticket_bits = 24;
  static constexpr std::ptrdiff_t max_tasks = (std::ptrdiff_t{1} << ticket_bits) - 1;
  static constexpr int spins = 50000;

  explicit ThreadPool(int size) : thread_count_(size) {}

  static bool& inside_task() {
    thread_local bool value = false;
    return value;
  }

  /// The first task behind a thread's share.
  [[nodiscard]] std::ptrdiff_t share_end(int share) const { return count_ * (share + 1) / size(); }

  /// Takes and does one task: of the thread's own share, or, where that is done, of another's.
  bool work(int thread) {
    for (int i = 0; i < size(); ++i)
      if (work_on((thread + i) % size())) return true;
    return false;
  }

  /// A share's tickets hold the loop's number and how many of its tasks nobody has taken yet; whoever takes one keeps
  /// the loop, and so call_, task_ and count_, alive until completed_ says that it is done.
  bool work_on(int share) {
    auto& shared = shares_[static_cast<std::size_t>(share)].tickets;
    std::uint64_t tickets = shared.load(std::memory_order_acquire);
    do {
      if ((tickets & max_tasks) == 0) return false;
    } while (!shared.compare_exchange_weak(tickets, tickets - 1, std::memory_order_acq_rel));
    call_(task_, share_end(share) - static_cast<std::ptrdiff_t>(tickets & max_tasks));
    completed_.fetch_add(1, std::memory_order_release);
    return true;
  }

  /// Waits for loops after number @p seen.
  void serve(int thread, std::uint64_t seen) {
    index() = thread;
    inside_task() = true;
    for (int idle = 0; !stopping_.load(std::memory_order_acquire);) {
      if (const std::uint64_t loop = loop_.load(std::memory_order_acquire); loop != seen) {
        seen = loop;
        idle = 0;
        while (work(thread)) {
        }
      } else if (++idle > spins) {
        sleepers_.fetch_add(1, std::memory_order_seq_cst);
        if (loop_.load(std::memory_order_seq_cst) == seen && !stopping_.load(std::memory_order_acquire))
          loop_.wait(seen);
        sleepers_.fetch_sub(1, std::memory_order_seq_cst);
        idle = 0;
      }
    }
  }

  /// Starts the threads unless they are there, as many as the system gives. Whether there is one beside the caller's.
  bool start() {
    if (!shares_.empty()) return !threads_.empty();
    stopping_ = false;
    const std::uint64_t seen = loop_.load(std::memory_order_relaxed);
    try {
      for (int thread = 1; thread < size(); ++thread)
        threads_.emplace_back([this, thread, seen] { serve(thread, seen); });
    } catch (const std::system_error&) { // no more threads
    } catch (const std::bad_alloc&) {
    }
    // They look at these only in the next loop.
    thread_count_ = static_cast<int>(threads_.size()) + 1;
    shares_ = std::vector<Share>(threads_.size() + 1);
    return !threads_.empty();
  }

  void join() {
    stopping_ = true;
    loop_.store(loop_.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
    loop_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    shares_.clear();
  }

  struct alignas(64) Share { // a cache line each, so that threads do not disturb one another
    std::atomic<std::uint64_t> tickets{0};
  };

  std::mutex running_;
  Call call_ = nullptr;
  const void* task_ = nullptr;
  std::ptrdiff_t count_ = 0;
  std::atomic<int> thread_count_;
  std::vector<Share> shares_; ///< empty until the threads have been started
  std::atomic<std::uint64_t> loop_{0};
  std::atomic<std::ptrdiff_t> completed_{0};
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

} // namespace detail

/// How many threads parallel_for() uses; at first, as many as the machine has. Fewer where the system gave no more.
[[nodiscard]] inline int thread_count() { return detail::ThreadPool::instance().size(); }

/// Starts threads so that thread_count() is @p count, or as near to it as the system lets it. Throws Error unless
/// @p count is positive. Not to be called inside parallel_for().
inline void set_thread_count(int count) {
  require(count > 0, "expected a positive number of threads, got ", count);
  detail::ThreadPool::instance().resize(count);
}

/// The number of the calling thread inside parallel_for(), from 0 to thread_count() - 1.
[[nodiscard]] inline int thread_index() { return detail::ThreadPool::index(); }

/// Calls @p task(i) for every i of [0, @p count), in any order and on any thread. A task must not throw.
template <class Task>
void parallel_for(std::ptrdiff_t count, const Task& task) {
  detail::ThreadPool::instance().run(
      [](const void* erased, std::ptrdiff_t i) { (*static_cast<const Task*>(erased))(i); }, &task, count);
}

} // namespace zoetrope
