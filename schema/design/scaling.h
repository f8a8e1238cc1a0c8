#pragma once

#include "schema/design/config.h"

namespace spin {

/// What a plain network gives up to have about the parameters of a shared one; either way its resolution
/// grows until it has about the FLOPs too (SPIN, Table 4).
enum class Scaling { depth, channels };

/// How a plain network is found: by the rule behind the paper's rows, or by search.
enum class Match { paper, closest };

/// The plain network of about the size of `shared`, whose topology shares weights. With share rate
/// r = layers / groups:
/// - paper: depth / r layers, or the multiple of channels / 8 nearest to channels / sqrt(r), and
///   patch * ceil(sqrt(r) * resolution / patch) pixels, which gives the six plain rows of Table 4;
/// - closest: the depth or the channels (multiples of 8 where those of `shared` are one) and the multiple of
///   the patch whose logarithms of params and FLOPs are nearest to those of `shared`.
/// DeiT keeps the width of its heads: channels change by whole heads.
Train scaling_baseline(const Train& shared, Scaling by, Match match);

}  // namespace spin
