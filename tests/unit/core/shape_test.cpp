#include "zoetrope/core/shape.hpp"

#include <doctest/doctest.h>

using namespace zoetrope;

static_assert(Shape<100>::rank == 0 && Shape<100>::positions == 1 && Shape<100>::size == 100);
static_assert(Shape<3, 4, 5>::channels == 3 && Shape<3, 4, 5>::positions == 20 && Shape<3, 4, 5>::size == 60);
static_assert(Shape<2, 60'000, 60'000>::size == 7'200'000'000);
static_assert(Extents<>::rank == 0 && Extents<>::product == 1);
static_assert(Extents<30, 9, 7>::sizes[1] == 9 && Extents<30, 9, 7>::product == 1890);
static_assert(SampleShape<Shape<1, 30, 30>> && !SampleShape<Extents<30, 30>> && !SampleShape<int>);
static_assert(ExtentList<Extents<4, 4>> && !ExtentList<Shape<4, 4>> && !ExtentList<int>);

TEST_CASE("shapes are checked when this file compiles") { CHECK(Shape<1, 30, 30, 30>::size == 27'000); }
