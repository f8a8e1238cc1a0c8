#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "schema/design/config_text.h"
#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

TEST(Canonical, KeepsACanonicalConfiguration) {
  EXPECT_EQ(canonical(fused_on_fashion_mnist()), fused_on_fashion_mnist());
}

TEST(Canonical, WithoutASharedGroupNothingOfSharingIsLeft) {
  auto config = fused_on_fashion_mnist();
  config.transform = {TransformKind::affine, 16};
  config.topology = Topology::unshared(8);
  auto plain = convmixer(64, 8, 4, 3, "fashion-mnist");
  plain.seed = 7;
  EXPECT_EQ(canonical(config), plain);
}

TEST(Canonical, SharingNoComponentIsNotSharing) {
  const auto config = shared(convmixer(64, 8, 4, 3), 2, {});
  EXPECT_EQ(canonical(config), convmixer(64, 8, 4, 3));
}

TEST(Canonical, DropsParametersOfWhatIsOff) {
  auto config = fused_on_fashion_mnist();
  config.transform.group = 16;
  EXPECT_EQ(canonical(config), fused_on_fashion_mnist());

  config = fused_on_fashion_mnist();
  config.fusion.init = FusionInit::random;
  EXPECT_FALSE(canonical(config).init_from.has_value());

  config = fused_on_fashion_mnist();
  config.fusion = {FusionStrategy::none, FusionInit::random};
  EXPECT_EQ(canonical(config).fusion, Fusion());
  EXPECT_FALSE(canonical(config).init_from.has_value());
}

TEST(Canonical, DropsWhatTheRecipeIgnores) {
  const auto plain = convmixer(64, 8, 4, 3);
  const auto same = [&](auto edit, const Train& expected) {
    auto config = expected;
    edit(config.training);
    return canonical(config) == expected;
  };
  EXPECT_TRUE(same([](auto& t) { t.base_momentum = 0.5, t.max_momentum = 0.6; }, plain));
  EXPECT_TRUE(same([](auto& t) { t.random_erasing_mode = Erase::pixel; }, plain));
  EXPECT_FALSE(same([](auto& t) { t.pct_start = 0.3; }, plain));
  auto warm = plain;
  warm.training.warmup_epochs = 1;
  EXPECT_TRUE(same([](auto& t) { t.pct_start = 0.3; }, warm));
  auto linear = plain;
  linear.training.schedule = Schedule::one_cycle_linear;
  EXPECT_TRUE(same([](auto& t) { t.warmup_epochs = 2, t.pct_start = 0.3, t.cycle_momentum = true; }, linear));
  auto sgd = plain;
  sgd.training.optimizer = Optimizer::sgd;
  EXPECT_TRUE(same([](auto& t) { t.eps = 0.1; }, sgd));
  sgd.training.cycle_momentum = true;
  EXPECT_TRUE(same([](auto& t) { t.momentum = 0.5; }, sgd));
}

TEST(Canonical, DropsWhatTheFamilyDoesNotHave) {
  auto config = convmixer(64, 8, 4, 3);
  config.network.heads = 6;
  config.network.layer_scale = 0.1;
  config.network.mlp_ratio = 2;
  EXPECT_EQ(canonical(config), convmixer(64, 8, 4, 3));

  auto deit = convmixer(192, 12, 16, 5);
  deit.network.family = Family::deit;
  deit.network.heads = 3;
  deit.network.pointwise_residual = true;
  EXPECT_EQ(canonical(deit).network.kernel, 0);
  EXPECT_EQ(canonical(deit).network.heads, 3);
  EXPECT_FALSE(canonical(deit).network.pointwise_residual);
}

TEST(Canonical, TheUsualFolderAndAllImagesAreTheDefault) {
  const auto plain = convmixer(64, 8, 4, 3, "fashion-mnist");
  auto config = plain;
  config.dataset.root = "/usr/share/datasets/fashion-mnist/";
  config.dataset.train_limit = 60'000;
  config.dataset.eval_limit = 1'000'000;
  EXPECT_EQ(canonical(config), plain);
  config.dataset.train_limit = 59'999;
  EXPECT_EQ(canonical(config).dataset.train_limit, 59'999);
  config.dataset.root = "/elsewhere/";
  EXPECT_EQ(canonical(config).dataset.root, "/elsewhere");
}

TEST(Canonical, AFolderHasOneSpelling) {
  const auto spelled = [](const char* root) {
    auto config = convmixer(64, 8, 4, 3);
    config.dataset.root = root;
    return canonical(config).dataset.root;
  };
  for (const char* root : {"/data/pictures", "/data/pictures/", "/data//pictures", "/data/./pictures",
                           "//data/pictures/.", "/./data/pictures//"})
    EXPECT_EQ(spelled(root), "/data/pictures") << root;
  EXPECT_EQ(spelled("/data/a/../pictures"), "/data/a/../pictures");  // a may be a link
  EXPECT_EQ(spelled("/"), "/");
  EXPECT_EQ(spelled("/data/.hidden/..x"), "/data/.hidden/..x");
}

TEST(Canonical, AnImagefolderIsItsIdWhichIsItsRootUnlessOneIsGiven) {
  auto config = convmixer(64, 8, 4, 3);
  config.dataset.name = "imagefolder";
  config.dataset.root = "/data//pets/";
  EXPECT_EQ(canonical(config).dataset.id, "/data/pets");
  config.dataset.id = "pets";
  const auto pets = canonical(config);
  EXPECT_EQ(pets.dataset.id, "pets");
  EXPECT_EQ(title_of(pets.dataset), "imagefolder pets");
  config.dataset.root = "/elsewhere";
  EXPECT_EQ(canonical(config), pets);
  EXPECT_EQ(canonical(config).dataset.root, "/elsewhere");
  EXPECT_EQ(canonical(convmixer(64, 8, 4, 3, "cifar10")).dataset.id, "");
}

TEST(Canonical, ZeroHasOneSign) {
  auto config = fused_on_fashion_mnist();
  config.training.weight_decay = 0;
  auto other = config;
  other.training.weight_decay = -0.0;
  EXPECT_EQ(config_to_json(canonical(other)).dump(), config_to_json(canonical(config)).dump());
}

TEST(ConfigText, AHashTellsAllApartButSeedAndInit) {
  ConfigText texts;
  const auto fused = fused_on_fashion_mnist();
  auto other = fused;
  other.seed = 8;
  other.init_from.reset();
  EXPECT_EQ(texts.hash_of(other), texts.hash_of(fused));
  EXPECT_EQ(ConfigText().hash_of(fused), texts.hash_of(fused));
  std::vector<Train> all(7, fused);
  all[1].dataset.name = "mnist";
  all[2].network.channels = 65;
  all[3].topology = Topology::unshared(8);
  all[4].training.weight_decay = 0.5;
  all[5].fusion.strategy = FusionStrategy::mean;
  all[6].transform.kind = TransformKind::affine;
  std::set<std::uint64_t> hashes;
  for (const auto& config : all) hashes.insert(texts.hash_of(config));
  EXPECT_EQ(hashes.size(), all.size());
}

TEST(Canonical, IsIdempotent) {
  auto config = fused_on_fashion_mnist();
  config.dataset.root = "/data//";
  config.network.heads = 3;
  EXPECT_EQ(canonical(canonical(config)), canonical(config));
}

}  // namespace
}  // namespace spin
