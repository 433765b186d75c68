/// @file
/// What the figures and numbers of a report mean.
#pragma once

namespace program {

/// docs/evaluation.md, as Markdown.
const char* explanations();

} // namespace program
