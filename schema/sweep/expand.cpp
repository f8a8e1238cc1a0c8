#include "schema/sweep/expand.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>

#include "schema/design/config_json.h"
#include "schema/design/names.h"
#include "schema/sweep/cell_faults.h"
#include "schema/sweep/plan_builder.h"

namespace spin::sweep {
namespace {

CheckedConfig costed(Train canonical_config) {
  CheckedConfig costed;
  costed.cost = cost_of(canonical_config);
  costed.config = std::move(canonical_config);
  return costed;
}

Result<CheckedConfig> check(Train config) {
  SPIN_TRY(validate(config));
  return costed(canonical(std::move(config)));
}

/// What was checked shall be trained otherwise.
Status train_as(CheckedConfig& checked, const Training& training) {
  checked.config.training = training;
  SPIN_TRY(validate_training(checked.config));
  checked.config = canonical(std::move(checked.config));
  return {};
}

bool differ_in_training_alone(const PointSettings& a, const PointSettings& b) {
  return a.network == b.network && a.sharing == b.sharing && a.dataset == b.dataset &&
         a.transform == b.transform && a.fusion == b.fusion;
}

/// Most comparisons of a cell with a map of `exclude`: a second or two of work.
constexpr double kMaxComparisons = 1e7;

bool starts_from_unshared(const Train& config) {
  return config.fusion.strategy != FusionStrategy::none && config.fusion.init == FusionInit::pretrained;
}

/// The same training of a network without sharing.
Train unshared_of(Train config, const Network& network) {
  config.network = network;
  config.topology = Topology::unshared(network.depth);
  return canonical(std::move(config));
}

double ratio(std::int64_t a, std::int64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

class Expansion {
 public:
  Expansion(const Source& source, const Document& document, PlanBuilder& builder)
      : source_(source), document_(document), builder_(builder) {
    for (const auto& assignment : document.base) assignment.change.apply(base_);
  }

  Status run() {
    SPIN_TRY(check_size());
    builder_.reserve(static_cast<std::size_t>(count_points()));
    static const Point kNothing;
    if (document_.cells.empty()) SPIN_TRY(walk_axes(kNothing));
    for (const auto& cell : document_.cells) SPIN_TRY(walk_axes(cell));
    return {};
  }

 private:
  /// Points of axes, zip and cells together; a double, because a product of lists knows no bounds.
  [[nodiscard]] double count_points() const {
    auto points = static_cast<double>(std::max<std::size_t>(document_.cells.size(), 1));
    for (const auto& axis : document_.axes) points *= static_cast<double>(axis.size());
    return points;
  }

  [[nodiscard]] Status check_size() const {
    const double points = count_points();
    const double jobs = points * static_cast<double>(document_.seeds.size());
    if (jobs > static_cast<double>(kMaxSweepJobs))
      return too_many(jobs < 1e15 ? std::to_string(static_cast<std::int64_t>(jobs)) : "more than 10^15");
    if (points * static_cast<double>(document_.exclude.size()) > kMaxComparisons)
      return source_.error("exclude has " + std::to_string(document_.exclude.size()) + " maps for " +
                               std::to_string(static_cast<std::int64_t>(points)) +
                               " cells; at most 10^7 comparisons of a map with a cell are made",
                           ErrorCode::resource_exhausted);
    return {};
  }

  [[nodiscard]] Error too_many(const std::string& jobs) const {
    return source_.error("asks for " + jobs +
                             " jobs, counted before exclude and limits; a sweep may have at most " +
                             std::to_string(kMaxSweepJobs),
                         ErrorCode::resource_exhausted);
  }

  /// Every combination of the axes for one of `cells`, whose own settings overrule those of the axes.
  Status walk_axes(const Point& cell) {
    const auto& axes = document_.axes;
    std::vector<std::size_t> at(axes.size(), 0);
    Taken taken(axes.size() + 1, &cell);
    for (std::size_t changed = 0; true;) {
      for (; changed < axes.size(); ++changed) taken[changed] = &axes[changed][at[changed]];
      SPIN_TRY(visit(taken));
      while (changed > 0 && ++at[changed - 1] == axes[changed - 1].size()) at[--changed] = 0;
      if (changed == 0) return {};
      --changed;
    }
  }

  Status visit(const Taken& taken) {
    PointSettings settings = base_;
    for (const auto* point : taken)
      for (const auto& assignment : *point) assignment.change.apply(settings);
    fill_defaults(settings);
    if (is_excluded(settings)) {
      ++builder_.totals().left_out_by_exclude;
      return {};
    }
    if (const Status sound = check_point(settings); !sound.ok())
      return locate(source_, document_, taken, sound.error(), false);
    const CheckedConfig* checked = &last_->checked;
    if (is_above_limits(checked->cost)) {
      ++builder_.totals().left_out_by_limits;
      return {};
    }
    const Status placed = builder_.see_data(checked->config.dataset);
    if (!placed.ok()) return locate(source_, document_, taken, placed.error(), false);
    SPIN_ASSIGN(const int cell, checked->config.topology.is_unshared()
                                    ? builder_.add_cell(settings, *checked)
                                    : add_shared(taken, settings, *checked));
    builder_.note_point(cell, [&taken] { return words_of(taken); });
    return check_growth();
  }

  /// Becomes last_, where it is sound. Points one behind the other mostly train one network in several ways.
  Status check_point(const PointSettings& settings) {
    if (last_ && differ_in_training_alone(last_->settings, settings))
      return train_as(last_->checked, settings.training);
    last_.reset();
    SPIN_ASSIGN(auto config, config_of(settings));
    SPIN_ASSIGN(auto checked, check(std::move(config)));
    last_.emplace(LastPoint{settings, std::move(checked), std::nullopt});
    return {};
  }

  /// The unshared network of the last point, trained alike.
  const CheckedConfig& unshared_of_last() {
    const auto& shared = last_->checked.config;
    auto& plain = last_->unshared;
    if (!plain) plain = costed(unshared_of(shared, shared.network));
    plain->config.training = shared.training;
    return *plain;
  }

  /// Baselines and pretraining come on top of what check_size() counted.
  [[nodiscard]] Status check_growth() {
    const auto jobs = builder_.totals().jobs;
    return jobs > kMaxSweepJobs ? too_many(std::to_string(jobs)) : Status();
  }

  [[nodiscard]] bool is_excluded(const PointSettings& settings) const {
    return std::any_of(document_.exclude.begin(), document_.exclude.end(), [&](const Point& pattern) {
      return std::all_of(pattern.begin(), pattern.end(),
                         [&](const Assignment& entry) { return entry.change.matches(settings); });
    });
  }

  [[nodiscard]] bool is_above_limits(const Cost& cost) const {
    constexpr auto kNone = std::numeric_limits<std::int64_t>::max();
    return cost.params > document_.limits.params.value_or(kNone) ||
           cost.flops > document_.limits.flops.value_or(kNone);
  }

  /// A cell with sharing, and before it the unshared networks that it compares with and starts from.
  Result<int> add_shared(const Taken& taken, const PointSettings& settings, const CheckedConfig& cell) {
    CellRole role;
    if (document_.unshared_baseline) {
      SPIN_ASSIGN(role.unshared, builder_.add_cell(settings, unshared_of_last()));
    }
    int pretrained = -1;
    std::optional<Train> pretraining;
    if (starts_from_unshared(cell.config)) {
      SPIN_ASSIGN(const auto checked, check_pretraining(taken, settings, unshared_of_last().config));
      SPIN_ASSIGN(pretrained, builder_.add_cell(settings_of_pretraining(settings), checked));
      pretraining = checked.config;
      role.init = &*pretraining;
    }
    std::uint64_t unshared = 0;
    if (role.unshared < 0 && builder_.compares()) {
      unshared = builder_.hash_of(unshared_of_last().config);
      role.unshared = builder_.find_unshared(unshared);
    }
    SPIN_ASSIGN(const int added, builder_.add_cell(settings, cell, role));
    if (role.unshared < 0 && builder_.compares()) builder_.compare_later(added, unshared, pretrained);
    if (!document_.scaling.empty()) SPIN_TRY(add_scaling_baselines(settings, cell));
    return added;
  }

  /// Plain networks of about the size of a shared one.
  Status add_scaling_baselines(PointSettings settings, const CheckedConfig& shared) {
    const auto of = network_label(shared.config.network, shared.config.dataset.facts.resolution) + ' ' +
                    sharing_label(sharing_request(settings.sharing));
    for (const auto by : document_.scaling) {
      settings.network = scaled_for(shared, by);
      const auto checked = check(unshared_of(shared.config, settings.network));
      if (!checked.ok())
        return source_.error(document_.scaling_at, "baselines.scaling",
                             "the " + std::string(enum_name(by)) + " baseline of " + of +
                                 " cannot be: " + checked.error().message);
      const Baseline baseline{by, of, ratio(checked->cost.params, shared.cost.params),
                              ratio(checked->cost.flops, shared.cost.flops)};
      SPIN_TRY(
          builder_.add_cell(settings, *checked, {.baseline = std::make_shared<const Baseline>(baseline)}));
    }
    return {};
  }

  /// A search is some hundred costs, and cells that differ in their training have the same baselines.
  const Network& scaled_for(const CheckedConfig& shared, Scaling by) {
    const auto& facts = shared.config.dataset.facts;
    auto key = network_to_json(shared.config.network).dump();
    for (const auto number :
         {shared.cost.params, shared.cost.flops, std::int64_t{facts.channels}, std::int64_t{facts.classes},
          std::int64_t{shared.config.topology.group_count()}, static_cast<std::int64_t>(by)})
      (key += ' ') += std::to_string(number);
    const auto [place, is_new] = scaled_.try_emplace(std::move(key));
    if (is_new) place->second = scaling_baseline(shared.config, by, document_.match).network;
    return place->second;
  }

  static PointSettings settings_of_pretraining(PointSettings settings) {
    settings.training = pretrain_training(settings);
    return settings;
  }

  /// The unshared network that fusion starts from.
  Result<CheckedConfig> check_pretraining(const Taken& taken, const PointSettings& settings, Train plain) {
    plain.training = pretrain_training(settings);
    auto checked = check(std::move(plain));
    if (!checked.ok()) return locate(source_, document_, taken, checked.error(), true);
    return checked;
  }

  const Source& source_;
  const Document& document_;
  PlanBuilder& builder_;
  std::unordered_map<std::string, Network> scaled_;
  PointSettings base_;
  struct LastPoint {
    PointSettings settings;
    CheckedConfig checked;
    std::optional<CheckedConfig> unshared;
  };
  std::optional<LastPoint> last_;
};

}  // namespace

Status expand(const Source& source, const Document& document, PlanBuilder& builder) {
  return Expansion(source, document, builder).run();
}

}  // namespace spin::sweep
