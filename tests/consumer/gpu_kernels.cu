#include "smoothed_loss.hpp"
#include <zoetrope/backend/cudnn/kernels.cuh>

ZOETROPE_LOSS(Smoothed);
