#include "suggestions.hpp"

#include <doctest/doctest.h>

using program::similar_names;
using Names = std::vector<std::string>;

TEST_CASE("similar names: a slip away, or with the word inside") {
  const Names commands{"train", "sample", "evaluate", "report", "export"};
  CHECK(similar_names("trian", commands) == Names{"train"});
  CHECK(similar_names("trai", commands) == Names{"train"});
  CHECK(similar_names("exprot", commands) == Names{"export"});
  CHECK(similar_names("rexport", commands) == Names{"report", "export"});
  CHECK(similar_names("evalaute", commands) == Names{"evaluate"});
  CHECK(similar_names("paint", commands).empty());
  CHECK(similar_names("", commands).empty());

  const Names options{"--frame-steps", "--sequence-steps", "--stage", "--films", "--seed", "--width-divisor"};
  CHECK(similar_names("--step", options) == Names{"--frame-steps", "--sequence-steps"});
  CHECK(similar_names("--frame-step", options) == Names{"--frame-steps"});
  CHECK(similar_names("--width", options) == Names{"--width-divisor"});
  CHECK(similar_names("-films", options) == Names{"--films"});
  CHECK(similar_names("--film", options) == Names{"--films"});
  CHECK(similar_names("--", options).empty());
  CHECK(similar_names("--x", options).empty());
}
