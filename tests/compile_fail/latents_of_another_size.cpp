// expect: the sequence generator's output is a sequence of the frame generator's latents
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/train/source.hpp"

using namespace zoetrope;

#ifdef POSITIVE
constexpr int latent = 10;
#else
constexpr int latent = 100;
#endif

using Source =
    FilmSource<Generator<arch::BiLstmSequence<8, 32, LatentOutput::tanh, latent>>, Generator<arch::DcganFrame<8, 10>>>;
static_assert(Source::Sample::channels == 1);
