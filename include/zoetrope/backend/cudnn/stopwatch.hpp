/// @file
/// Times what a stream does, by CUDA's events.
#pragma once

#include "zoetrope/backend/cudnn/status.hpp"

namespace zoetrope::cudnn {

/// Events on one stream.
class Stopwatch {
public:
  explicit Stopwatch(cudaStream_t stream) : stream_(stream) {
    check(cudaEventCreate(&begin_), "cudaEventCreate", "a stopwatch");
    check(cudaEventCreate(&end_), "cudaEventCreate", "a stopwatch");
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    (void)cudaEventDestroy(begin_);
    (void)cudaEventDestroy(end_);
  }
  /// Seconds that @p work kept the stream busy.
  template <class Action>
  double time(const Action& work) const {
    check(cudaEventRecord(begin_, stream_), "cudaEventRecord", "a stopwatch");
    work();
    check(cudaEventRecord(end_, stream_), "cudaEventRecord", "a stopwatch");
    check(cudaEventSynchronize(end_), "cudaEventSynchronize", "a stopwatch");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin_, end_), "cudaEventElapsedTime", "a stopwatch");
    return 1e-3 * static_cast<double>(milliseconds);
  }

private:
  cudaStream_t stream_;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

} // namespace zoetrope::cudnn
