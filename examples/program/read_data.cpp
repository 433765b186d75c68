#include "read_data.hpp"

#include "activity.hpp"
#include "run_numbers.hpp"
#include "this_program.hpp"

#include <zoetrope/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <iostream>

namespace program {

std::unique_ptr<Data> read_data(const Run& run) {
  if (!run.files) return make_data(run);
  auto data = [&] {
    Activity activity("reading " + run.files->path, Activity::Trace::none);
    return make_data(run, [&](double share) { activity.done(share); });
  }();
  constexpr std::size_t most_named = 20;
  const auto& left_out = data->left_out();
  for (std::size_t i = 0; i < std::min(most_named, left_out.size()); ++i)
    std::cout << "Left out: " << left_out[i] << "\n";
  if (left_out.size() > most_named) std::cout << "Left out: " << left_out.size() - most_named << " more\n";
  std::cout << "Films: " << data->description() << std::endl;
  return data;
}

std::unique_ptr<Data> read_data_of(const Trained& trained, const std::filesystem::path& moved) {
  Run run = trained.run;
  zoetrope::require(moved.empty() || run.files.has_value(),
                    "the run did not learn from files, so there is nothing for --data '", moved.string(),
                    "' to replace");
  if (!run.files) return make_data(run);
  RunNumbers numbers;
  if (!moved.empty()) numbers.files.path = moved;
  run = with_data(run, numbers);
  zoetrope::require(std::filesystem::exists(run.files->path), "there is no file or folder '", run.files->path,
                    "', from which the run learnt: --data says where the films lie now");
  auto data = read_data(run);
  zoetrope::require(trained.data.empty() || data->description() == trained.data, "the run learnt from ", trained.data,
                    ", and these are other films: ", data->description());
  return data;
}

} // namespace program
