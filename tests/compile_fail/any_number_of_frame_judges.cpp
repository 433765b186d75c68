// expect: the number of frame discriminators is one of their type: the one that a run chooses is of films
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/films_and_frames.hpp"

using namespace zoetrope;

using FilmD = ProjectedDiscriminatorEnsemble<run_time_count, projection::PaperFilm>;
#ifdef POSITIVE
using FrameD = ProjectedDiscriminatorEnsemble<3, projection::PaperFrame>;
#else
using FrameD = ProjectedDiscriminatorEnsemble<run_time_count, projection::PaperFrame>;
#endif

static_assert(FilmsAndFrames<FilmD, FrameD>::static_count == run_time_count);
