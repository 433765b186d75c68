// A GPU program does not compile the CPU backend: what this file includes names no header of it.
#include "zoetrope/backend/cudnn.hpp"
#include "zoetrope/eval/two_sample_test.hpp"
#include "zoetrope/train/observers.hpp"
#include "zoetrope/train/trainer.hpp"
