/// @file
/// The sessions of a program's GPU part. Opt-in: it needs the CUDA toolkit and cuDNN.
#pragma once

#include "session_of.hpp"

#include <zoetrope/backend/cudnn.hpp>

#include <memory>
#include <string>

namespace program {

/// Throws zoetrope::Error for a width or a variant that there is not, and where there is no GPU.
template <zoetrope::FilmShape Film>
std::unique_ptr<Session> make_gpu_session_of(const Run& run, const std::string& precision) {
  using namespace zoetrope;
  require(backend::Cudnn<>::available(), "the device gpu expected an NVIDIA GPU and its driver, but CUDA finds none");
  return precision == "bf16" ? make_session_on<backend::Cudnn<Bf16>, Film>(run)
                             : make_session_on<backend::Cudnn<Tf32>, Film>(run);
}

} // namespace program
