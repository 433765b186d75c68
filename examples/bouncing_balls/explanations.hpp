/// @file
/// What the figures and numbers of a report mean.
#pragma once

namespace bouncing_balls {

/// docs/evaluation.md, as Markdown.
const char* explanations();

} // namespace bouncing_balls
