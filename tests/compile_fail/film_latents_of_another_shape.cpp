// expect: frames of the prior are drawn of films' latents, so both generators take latents of the same shape
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/train/source.hpp"

using namespace zoetrope;

#ifdef POSITIVE
constexpr int film_latent = 10;
#else
constexpr int film_latent = 20;
#endif

using SequenceG = Generator<arch::BiLstmSequence<8, 32, LatentOutput::tanh, 10, 30, film_latent>>;
using Source = FilmSource<SequenceG, Generator<arch::DcganFrame<8, 10>>, PriorFrames::beside_films>;
static_assert(Source::Sample::channels == 1);
