// expect: beside films single frames are judged, not packs of them
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/films_and_frames.hpp"

using namespace zoetrope;

using FilmD = ProjectedDiscriminatorEnsemble<2, projection::PaperFilm>;
#ifdef POSITIVE
using FrameD = ProjectedDiscriminatorEnsemble<3, projection::PaperFrame>;
#else
using FrameProjection = projection::Packed<projection::PaperFrame, 2>;
using FrameD =
    ProjectedDiscriminatorEnsemble<3, FrameProjection,
                                   arch::FrameDiscriminator<1, DiscriminatorNorm::none, paper::Frame, FrameProjection>>;
#endif

static_assert(FilmsAndFrames<FilmD, FrameD>::static_count == 2);
