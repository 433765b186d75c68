/// @file
/// All of zoetrope on the CPU. Apart are zoetrope/io/pictures.hpp, since writing pictures needs two more libraries, and
/// zoetrope/eval/embedding/isomap.hpp, which compiles slowly.
#pragma once

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/data/bouncing_balls.hpp"
#include "zoetrope/data/film_dataset.hpp"
#include "zoetrope/eval/metrics.hpp"
#include "zoetrope/fwd.hpp"
#include "zoetrope/gan/ensemble.hpp"
#include "zoetrope/gan/films_and_frames.hpp"
#include "zoetrope/gan/generator.hpp"
#include "zoetrope/gan/generator_file.hpp"
#include "zoetrope/gan/loss.hpp"
#include "zoetrope/gan/objective.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/gan/random_waves.hpp"
#include "zoetrope/gan/recurrent_sequence.hpp"
#include "zoetrope/io/safetensors.hpp"
#include "zoetrope/train/observers.hpp"
#include "zoetrope/train/trainer.hpp"
#include "zoetrope/version.hpp"
