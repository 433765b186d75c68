#include <zoetrope/backend/cudnn/kernels.cuh>
