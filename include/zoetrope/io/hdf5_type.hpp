/// @file
/// What the numbers of an HDF5 data set are. Opt-in, as hdf5_file.hpp.
#pragma once

#include "zoetrope/io/hdf5_file.hpp"
#include "zoetrope/io/tensor_format.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace zoetrope {

/// The type of a data set's elements, as far as it can be read as it lies.
struct Hdf5Type {
  std::optional<ElementType> element = {}; ///< u8, f16, f32 or f64; none where it is something else
  bool swapped = false;                    ///< most significant byte first
  bool truth = false;                      ///< u8 that are 0 and 1, as h5py writes truth values
  bool number = false;                     ///< a number of whatever kind
  std::string text = {};                   ///< for people
};

namespace detail {

/// Whether an enumeration's members are FALSE = 0 and TRUE = 1, of one byte.
inline bool hdf5_truth_values(hid_t type) {
  if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) return false;
  for (unsigned member = 0; member < 2; ++member) {
    char* const name = H5Tget_member_name(type, member);
    const std::string text = name != nullptr ? name : "";
    H5free_memory(name);
    unsigned char value = 2;
    if (H5Tget_member_value(type, member, &value) < 0) return false;
    if (!(text == "FALSE" && value == 0) && !(text == "TRUE" && value == 1)) return false;
  }
  return true;
}

/// How wide the parts of IEEE 754's floats are.
inline std::optional<ElementType> hdf5_ieee_float(hid_t type) {
  std::size_t sign = 0, exponent = 0, exponent_bits = 0, mantissa = 0, mantissa_bits = 0;
  if (H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) < 0) return std::nullopt;
  const std::size_t bits = 8 * H5Tget_size(type);
  const H5T_order_t order = H5Tget_order(type);
  if (H5Tget_precision(type) != bits || (order != H5T_ORDER_LE && order != H5T_ORDER_BE)) return std::nullopt;
  if (sign != bits - 1 || exponent != mantissa_bits || mantissa != 0 || exponent_bits + mantissa_bits != bits - 1)
    return std::nullopt;
  if (H5Tget_norm(type) != H5T_NORM_IMPLIED) return std::nullopt;
  const std::size_t bias = H5Tget_ebias(type);
  if (bits == 16 && exponent_bits == 5 && bias == 15) return ElementType::f16;
  if (bits == 32 && exponent_bits == 8 && bias == 127) return ElementType::f32;
  if (bits == 64 && exponent_bits == 11 && bias == 1023) return ElementType::f64;
  return std::nullopt;
}

} // namespace detail

/// What the library's @p type is.
[[nodiscard]] inline Hdf5Type hdf5_type(hid_t type) {
  Hdf5Type result;
  const std::string bits = std::to_string(H5Tget_precision(type)) + " bits";
  switch (H5Tget_class(type)) {
  case H5T_INTEGER: {
    const bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
    result.number = true;
    result.text = (is_signed ? "signed integers of " : "unsigned integers of ") + bits;
    if (!is_signed && H5Tget_size(type) == 1 && H5Tget_precision(type) == 8) result.element = ElementType::u8;
    break;
  }
  case H5T_FLOAT:
    result.number = true;
    result.element = detail::hdf5_ieee_float(type);
    result.swapped = result.element && H5Tget_order(type) == H5T_ORDER_BE;
    result.text = "floats of " + bits + (result.element ? "" : " in another format");
    break;
  case H5T_ENUM:
    result.truth = result.number = detail::hdf5_truth_values(type);
    if (result.truth) result.element = ElementType::u8;
    result.text = result.truth ? "truth values" : "an enumeration";
    break;
  case H5T_COMPOUND:
    result.text = "compounds of several members";
    break;
  case H5T_ARRAY:
    result.text = "arrays";
    break;
  case H5T_STRING:
    result.text = "text";
    break;
  case H5T_VLEN:
    result.text = "sequences of different lengths";
    break;
  default:
    result.text = "what are no numbers";
  }
  return result;
}

} // namespace zoetrope
