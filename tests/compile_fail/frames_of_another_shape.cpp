// expect: the frame discriminators judge frames of the shape that the film discriminators' films have
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/films_and_frames.hpp"

using namespace zoetrope;

using FilmD = ProjectedDiscriminatorEnsemble<2, projection::PaperFilm>;
#ifdef POSITIVE
using FrameD = ProjectedDiscriminatorEnsemble<3, projection::PaperFrame>;
#else
using FrameD = ProjectedDiscriminatorEnsemble<3, projection::PaperFilm>;
#endif

static_assert(FilmsAndFrames<FilmD, FrameD>::static_count == 2);
