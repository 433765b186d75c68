#include "suggestions.hpp"

#include "option_parts.hpp"
#include "settings.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>

namespace program {

namespace {

/// How many slips lie between two words: a character too many, too few, another one, or two that changed places
/// (optimal string alignment).
std::size_t slips(const std::string& first, const std::string& second) {
  std::vector<std::vector<std::size_t>> table(first.size() + 1, std::vector<std::size_t>(second.size() + 1));
  for (std::size_t i = 0; i <= first.size(); ++i)
    for (std::size_t j = 0; j <= second.size(); ++j) {
      auto& least = table[i][j];
      if (i == 0 || j == 0) {
        least = i + j;
        continue;
      }
      least = std::min(
          {table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (first[i - 1] == second[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
        least = std::min(least, table[i - 2][j - 2] + 1);
    }
  return table[first.size()][second.size()];
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    if (option->get_group() != hidden_group) // What help does not show is not suggested.
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// What @p word may have meant, as the rest of a sentence.
std::string suggestion(const CLI::App& app, const std::string& word) {
  const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
  const auto parsed = app.get_subcommands();
  std::vector<std::string> names;
  if (word.front() == '-' && !parsed.empty()) names = option_names(*parsed.front());
  if (word.front() != '-' && parsed.empty())
    for (const auto* subcommand : subcommands) names.push_back(subcommand->get_name());
  const auto similar = similar_names(word, names);
  if (!similar.empty()) return "; did you mean " + listed(similar, "or") + "?";

  std::vector<std::string> owners;
  for (const auto* subcommand : subcommands) {
    const auto owned = option_names(*subcommand);
    if (std::find(owned.begin(), owned.end(), word) != owned.end()) owners.push_back(subcommand->get_name());
  }
  if (owners.empty()) return "";
  return "; " + word + " is an option of " + listed(owners, "and") +
         (parsed.empty() ? ", to be written after that word" : "");
}

} // namespace

std::vector<std::string> similar_names(const std::string& word, const std::vector<std::string>& names) {
  std::size_t least = std::max<std::size_t>(1, word.size() / 4);
  for (const auto& name : names) least = std::min(least, slips(word, name));
  std::vector<std::string> similar;
  for (const auto& name : names)
    if (slips(word, name) <= least) similar.push_back(name);
  if (!similar.empty()) return similar;
  const std::string inner = word.substr(std::min(word.size(), word.find_first_not_of('-')));
  for (const auto& name : names)
    if (inner.size() >= 3 && name.find(inner) != name.npos) similar.push_back(name);
  return similar;
}

std::string unexpected_words(const CLI::App& app) {
  const auto words = app.remaining(true);
  std::string text = words.size() == 1 ? "This was not expected:" : "These were not expected:";
  for (const auto& word : words) text += " " + word;
  if (words.empty() || words.front().empty()) return text;
  return text + suggestion(app, words.front().substr(0, words.front().find('=')));
}

} // namespace program
