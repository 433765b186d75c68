// The loops that tests spend their time in, for a build that optimises nothing else: see tests/CMakeLists.txt.
#include "reference/batch_norm.hpp"
#include "reference/convolution.hpp"
#include "reference/lstm.hpp"
#include "zoetrope/backend/eigen.hpp"

#include <tuple>

template class zoetrope::backend::Eigen<float>;
template class zoetrope::backend::Eigen<double>;

namespace {

// A function that is named here is compiled here.
[[gnu::used]] const auto references =
    std::tuple(&reference::batch_norm, &reference::convolve, &reference::convolve_gradient_to_data,
               &reference::convolve_gradient_to_filter, &reference::transposed_convolve,
               &reference::transposed_convolve_gradient_to_data, &reference::transposed_convolve_gradient_to_filter,
               &reference::gradient_to_bias, &reference::lstm, &reference::bidirectional_lstm);

} // namespace
