/// @file
/// Named tensors on disk in the safetensors format: eight bytes of header length, a JSON header, then the values of all
/// tensors without a gap. Any reader of the format opens the files; the checksum that zoetrope adds is a metadata entry
/// ("zoetrope.checksum") that others ignore.
#pragma once

#include "zoetrope/io/safetensors_file.hpp"
#include "zoetrope/io/safetensors_writer.hpp"
