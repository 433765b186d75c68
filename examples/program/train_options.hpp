/// @file
/// The options of the subcommand train.
#pragma once

#include "commands.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace program {

/// Adds the subcommand to @p app; once that has parsed, @p command holds what was asked for.
CLI::App* add_train(CLI::App& app, TrainCommand& command);

/// Throws CLI::ValidationError where the options of @p train_app, parsed into @p command, do not go together.
void check_train(const CLI::App& train_app, const TrainCommand& command);

} // namespace program
