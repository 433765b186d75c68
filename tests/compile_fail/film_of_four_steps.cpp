// expect: films have 8 to 64 time steps
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
constexpr int steps = 8;
#else
constexpr int steps = 4;
#endif

using Arch = arch::FilmDiscriminator<8, DiscriminatorNorm::none, Shape<3, steps, 32, 32>>;
static_assert(ProjectedDiscriminatorEnsemble<3, projection::PaperFilm, Arch>::static_count == 3);
static_assert(arch::BiLstmSequence<8, 32, LatentOutput::tanh, 100, steps>::Layers::Output::positions == steps);
