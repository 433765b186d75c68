/// @file
/// What somebody may have meant by a word that the command line does not know.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace program {

/// Those of @p names that are nearest to @p word: a slip or two away, where there are such, or else all that contain
/// it.
std::vector<std::string> similar_names(const std::string& word, const std::vector<std::string>& names);

/// The sentence for the words that @p app, which has parsed the command line, did not expect.
std::string unexpected_words(const CLI::App& app);

} // namespace program
