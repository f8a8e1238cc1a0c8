#pragma once

#include "schema/design/config.h"

namespace spin {

/// A valid configuration of ConvMixer on an image data set, unshared.
inline Train convmixer(int channels, int depth, int patch, int kernel, const char* dataset = "imagenet") {
  Train config;
  config.dataset.name = dataset;
  config.dataset.facts = *dataset_facts(dataset);
  config.network.channels = channels;
  config.network.depth = depth;
  config.network.patch = patch;
  config.network.kernel = kernel;
  config.network.resolution = config.dataset.facts.resolution;
  config.topology = Topology::unshared(depth);
  return config;
}

/// The same with the sequential topology of a rate.
inline Train shared(Train config, int rate, Components components = {Component::pointwise}) {
  config.topology =
      build_topology({.mapping = Mapping::sequential, .rate = rate}, config.network.depth).value();
  config.components = components;
  return config;
}

/// A configuration that uses every section: what the quickstart's fusion jobs look like.
inline Train fused_on_fashion_mnist() {
  auto config = shared(convmixer(64, 8, 4, 3, "fashion-mnist"), 2, {Component::pointwise, Component::bias});
  config.fusion.strategy = FusionStrategy::channel_weighted_mean;
  config.init_from = JobId{};
  config.init_from->digest.bytes.fill(0xAB);
  config.seed = 7;
  return config;
}

}  // namespace spin
