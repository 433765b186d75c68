/// @file
/// Where the balls of a frame are: discs of a known profile, fitted to the pixels. Opt-in, as all measures of moving
/// balls (film_measures.hpp): zoetrope.hpp does not include it.
#pragma once

#include "zoetrope/core/ball.hpp"
#include "zoetrope/core/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace zoetrope {

/// What a film of balls shows; the defaults are those of BouncingBalls. A ball at c lightens the pixel whose cell has
/// the centre p by exp(-(|p - c|^2 / radius^2)^4); light adds up to at most 1, and a value is 2 * light - 1.
struct BallWorld {
  double box_size = 10.0; ///< Of a square box, which the frame shows whole.
  double radius = 1.2;    ///< In box units.
  int resolution = 30;    ///< A frame is [resolution, resolution]: rows, columns.

  [[nodiscard]] std::size_t frame_size() const {
    return static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution);
  }
};

struct BallFitSettings {
  int max_balls = 8;
  /// A ball must explain this much light that the others leave, in balls. A disc of brightness a explains 2a - 1, so
  /// 0.25 asks for a brightness of 0.63.
  double min_gain = 0.25;
};

/// The balls found in one frame.
struct BallFit {
  std::vector<PlaneVector> positions; ///< In box units, in no particular order.
  /// The sum of squared differences between frame and fit, divided by that of a lone ball and an empty frame. A ball
  /// that was not found, or that is not there, costs 1.
  double residual = 0.0;
};

/// Fits discs to frames: matching pursuit (Mallat and Zhang 1993) adds the ball that explains most, and Levenberg and
/// Marquardt's method refines all positions together after each; last, balls that explain too little go.
class BallFitter {
public:
  /// Throws Error unless sizes are positive, the disc fits into the box, and there may be at least one ball.
  explicit BallFitter(const BallWorld& world = {}, const BallFitSettings& settings = {})
      : world_(world), settings_(settings) {
    require(world.box_size > 0.0 && std::isfinite(world.box_size), "expected a box of positive size, got ",
            world.box_size);
    require(world.radius > 0.0 && 2.0 * world.radius <= world.box_size,
            "expected a positive radius of at most half the box, ", world.box_size, ", got ", world.radius);
    require(world.resolution >= 1 && world.resolution <= 10'000, "expected a resolution from 1 to 10000, got ",
            world.resolution);
    require(settings.max_balls >= 1, "expected to fit at least 1 ball, got ", settings.max_balls);
    require(settings.min_gain > 0.0, "expected a positive minimum gain, got ", settings.min_gain);
    cell_ = world.box_size / world.resolution;

    const int cells = static_cast<int>(ball_reach * world.radius / cell_);
    for (int down = -cells; down <= cells; ++down)
      for (int across = -cells; across <= cells; ++across) {
        const double light = disc(down * cell_, across * cell_).light;
        stencil_.push_back({down, across, light});
        disc_energy_ += light * light;
      }
  }

  [[nodiscard]] const BallWorld& world() const { return world_; }

  /// The balls of @p frame [resolution, resolution], values about [-1, 1]. Throws Error unless the size fits and all
  /// values are that.
  [[nodiscard]] BallFit operator()(std::span<const float> frame) const {
    require(frame.size() == world_.frame_size(), "expected a frame of ", world_.frame_size(), " values, got ",
            frame.size());
    std::vector<double> target;
    target.reserve(frame.size());
    for (const float value : frame) {
      require(std::isfinite(value) && std::abs(value) <= largest_pixel,
              "expected a frame of finite values about -1 to 1, ", "got ", value, " at pixel ", target.size());
      target.push_back((static_cast<double>(value) + 1.0) / 2.0);
    }

    BallFit fit{{}, residual(target, {})};
    // Nothing can gain more than what is left.
    while (std::ssize(fit.positions) < settings_.max_balls && fit.residual >= settings_.min_gain) {
      BallFit larger = fit;
      larger.positions.push_back(most_explaining(target, fit.positions));
      refine(target, larger);
      if (fit.residual - larger.residual < settings_.min_gain) break;
      fit = std::move(larger);
    }
    for (std::size_t ball = fit.positions.size(); ball-- > 0;) {
      BallFit smaller = fit;
      smaller.positions.erase(smaller.positions.begin() + static_cast<std::ptrdiff_t>(ball));
      refine(target, smaller);
      if (smaller.residual - fit.residual < settings_.min_gain) fit = std::move(smaller);
    }
    return fit;
  }

private:
  struct Cell {
    int down, across;
    double light;
  };
  struct Disc {
    double light;
    double slope; ///< Times the offset from the centre: the light's derivative by the centre's coordinates.
  };

  [[nodiscard]] Disc disc(double down, double across) const {
    const double per_square_radius = 1.0 / (world_.radius * world_.radius);
    const double square = (down * down + across * across) * per_square_radius;
    if (square > ball_reach * ball_reach) return {0.0, 0.0};
    const double cube = square * square * square;
    const double light = std::exp(-cube * square);
    return {light, 8.0 * cube * light * per_square_radius};
  }

  /// Calls @p visit(pixel, down, across) for the cells near @p position, with the offsets of their centres from it.
  template <class Visit>
  void for_cells_near(const PlaneVector& position, const Visit& visit) const {
    const auto first = [this](double low) { return std::max(0, static_cast<int>(std::ceil(low / cell_ - 0.5))); };
    const auto last = [this](double high) {
      return std::min(world_.resolution - 1, static_cast<int>(std::floor(high / cell_ - 0.5)));
    };
    const double far = ball_reach * world_.radius;
    const int first_column = first(position[0] - far), last_column = last(position[0] + far);
    const int first_row = first(position[1] - far), last_row = last(position[1] + far);
    for (int row = first_row; row <= last_row; ++row)
      for (int column = first_column; column <= last_column; ++column)
        visit(static_cast<std::size_t>(row) * static_cast<std::size_t>(world_.resolution) +
                  static_cast<std::size_t>(column),
              (row + 0.5) * cell_ - position[1], (column + 0.5) * cell_ - position[0]);
  }

  /// The sum of the balls' light, not clipped.
  [[nodiscard]] std::vector<double> light(std::span<const PlaneVector> positions) const {
    std::vector<double> sum(world_.frame_size());
    for (const auto& position : positions)
      for_cells_near(position,
                     [&](std::size_t pixel, double down, double across) { sum[pixel] += disc(down, across).light; });
    return sum;
  }

  [[nodiscard]] double residual(std::span<const double> target, std::span<const PlaneVector> positions) const {
    const auto sum = light(positions);
    double squares = 0.0;
    for (std::size_t pixel = 0; pixel < target.size(); ++pixel) {
      const double error = target[pixel] - std::min(sum[pixel], 1.0);
      squares += error * error;
    }
    return squares / disc_energy_;
  }

  /// The cell's centre where one more ball lowers the residual most.
  [[nodiscard]] PlaneVector most_explaining(std::span<const double> target,
                                            std::span<const PlaneVector> positions) const {
    const auto sum = light(positions);
    const int resolution = world_.resolution;
    double most = -1e300;
    PlaneVector best{};
    for (int row = 0; row < resolution; ++row)
      for (int column = 0; column < resolution; ++column) {
        double gain = 0.0;
        for (const auto& cell : stencil_) {
          const int y = row + cell.down, x = column + cell.across;
          if (y < 0 || y >= resolution || x < 0 || x >= resolution) continue;
          const auto pixel =
              static_cast<std::size_t>(y) * static_cast<std::size_t>(resolution) + static_cast<std::size_t>(x);
          const double before = target[pixel] - std::min(sum[pixel], 1.0);
          const double after = target[pixel] - std::min(sum[pixel] + cell.light, 1.0);
          gain += before * before - after * after;
        }
        if (gain > most) {
          most = gain;
          best = {(column + 0.5) * cell_, (row + 0.5) * cell_};
        }
      }
    return best;
  }

  /// Moves all balls of @p fit to the nearest minimum of the residual.
  void refine(std::span<const double> target, BallFit& fit) const {
    const std::size_t unknowns = 2 * fit.positions.size();
    fit.residual = residual(target, fit.positions);
    double damping = 1e-3;
    for (int iteration = 0; iteration < 50 && damping < 1e9; ++iteration) {
      std::vector<double> matrix(unknowns * unknowns), step(unknowns);
      normal_equations(target, fit.positions, matrix, step);
      for (std::size_t i = 0; i < unknowns; ++i) matrix[i * unknowns + i] *= 1.0 + damping;
      if (!solve(matrix, step)) {
        damping = std::max(10.0 * damping, 1e-3);
        continue;
      }
      BallFit moved = fit;
      double farthest = 0.0;
      for (std::size_t i = 0; i < unknowns; ++i) {
        double& coordinate = moved.positions[i / 2][i % 2];
        coordinate = std::clamp(coordinate + step[i], 0.0, world_.box_size);
        farthest = std::max(farthest, std::abs(step[i]));
      }
      moved.residual = residual(target, moved.positions);
      if (moved.residual < fit.residual) {
        fit = std::move(moved);
        damping *= 0.1;
      } else {
        damping = std::max(10.0 * damping, 1e-3);
      }
      if (farthest < 1e-6 * world_.radius) break;
    }
  }

  /// The matrix J'J and the vector J'e of Gauss and Newton, J being the derivatives of the clipped light.
  void normal_equations(std::span<const double> target, std::span<const PlaneVector> positions,
                        std::span<double> matrix, std::span<double> vector) const {
    const std::size_t unknowns = 2 * positions.size(), pixels = target.size();
    const auto sum = light(positions);
    std::vector<double> slopes(pixels * unknowns);
    for (std::size_t ball = 0; ball < positions.size(); ++ball)
      for_cells_near(positions[ball], [&](std::size_t pixel, double down, double across) {
        if (sum[pixel] >= 1.0) return;
        const double slope = disc(down, across).slope;
        slopes[pixel * unknowns + 2 * ball] = slope * across;
        slopes[pixel * unknowns + 2 * ball + 1] = slope * down;
      });
    for (std::size_t i = 0; i < unknowns; ++i)
      for_cells_near(positions[i / 2], [&](std::size_t pixel, double, double) {
        const double* row = slopes.data() + pixel * unknowns;
        for (std::size_t j = 0; j <= i; ++j) matrix[i * unknowns + j] += row[i] * row[j];
        vector[i] += row[i] * (target[pixel] - std::min(sum[pixel], 1.0));
      });
  }

  /// Solves a symmetric positive definite system, given by its lower triangle, in place (Cholesky); whether it could.
  static bool solve(std::span<double> matrix, std::span<double> vector) {
    const std::size_t size = vector.size();
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        double value = matrix[i * size + j];
        for (std::size_t k = 0; k < j; ++k) value -= matrix[i * size + k] * matrix[j * size + k];
        if (i == j && !(value > 1e-12)) return false;
        matrix[i * size + j] = i == j ? std::sqrt(value) : value / matrix[j * size + j];
      }
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t k = 0; k < i; ++k) vector[i] -= matrix[i * size + k] * vector[k];
      vector[i] /= matrix[i * size + i];
    }
    for (std::size_t i = size; i-- > 0;) {
      for (std::size_t k = i + 1; k < size; ++k) vector[i] -= matrix[k * size + i] * vector[k];
      vector[i] /= matrix[i * size + i];
    }
    return std::ranges::all_of(vector, [](double value) { return std::isfinite(value); });
  }

  BallWorld world_;
  BallFitSettings settings_;
  double cell_ = 1.0;
  double disc_energy_ = 0.0;
  std::vector<Cell> stencil_;
};

} // namespace zoetrope
