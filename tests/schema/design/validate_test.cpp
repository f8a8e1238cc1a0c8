#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

using Edit = std::function<void(Train&)>;

std::string fault(const Edit& edit, Train config = fused_on_fashion_mnist()) {
  edit(config);
  const auto status = validate(config);
  if (status.ok()) return "valid";
  EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
  return status.error().message;
}

TEST(Validate, AcceptsGoodConfigurations) {
  EXPECT_TRUE(validate(fused_on_fashion_mnist()).ok());
  EXPECT_TRUE(validate(convmixer(768, 32, 14, 3)).ok());
  EXPECT_TRUE(validate(convmixer(16'384, 1'024, 1, 63)).ok());
}

TEST(Validate, EveryNumberHasItsRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const struct {
    const char* path;
    std::vector<Edit> edits;
  } cases[] = {
      {"network.channels",
       {[](auto& c) { c.network.channels = 0; }, [](auto& c) { c.network.channels = 16'385; }}},
      {"network.depth", {[](auto& c) { c.network.depth = 0; }, [](auto& c) { c.network.depth = 1'025; }}},
      {"network.patch", {[](auto& c) { c.network.patch = 0; }, [](auto& c) { c.network.patch = -4; }}},
      {"network.kernel", {[](auto& c) { c.network.kernel = 0; }, [](auto& c) { c.network.kernel = 65; }}},
      {"network.resolution",
       {[](auto& c) { c.network.resolution = 0; }, [](auto& c) { c.network.resolution = 5'000; }}},
      {"network.dropout",
       {[](auto& c) { c.network.dropout = 1; }, [](auto& c) { c.network.dropout = -0.1; }}},
      {"network.layer_scale", {[](auto& c) {
         c.network.family = Family::convnext;
         c.network.layer_scale = -1;
       }}},
      {"network.token_ratio", {[](auto& c) {
         c.network.family = Family::mlp_mixer;
         c.network.token_ratio = 65;
       }}},
      {"dataset.train_limit", {[](auto& c) { c.dataset.train_limit = -1; }}},
      {"dataset.eval_limit", {[](auto& c) { c.dataset.eval_limit = -1; }}},
      {"dataset.channels", {[](auto& c) { c.dataset.facts.channels = 3; }}},
      {"dataset.classes", {[](auto& c) { c.dataset.facts.classes = 11; }}},
      {"training.epochs",
       {[](auto& c) { c.training.epochs = 0; }, [](auto& c) { c.training.epochs = 100'001; }}},
      {"training.batch_size", {[](auto& c) { c.training.batch_size = 0; }}},
      {"training.lr",
       {[](auto& c) { c.training.lr = 0; }, [](auto& c) { c.training.lr = -1; },
        [=](auto& c) { c.training.lr = nan; }}},
      {"training.weight_decay", {[](auto& c) { c.training.weight_decay = -1e-9; }}},
      {"training.warmup_epochs",
       {[](auto& c) { c.training.warmup_epochs = -1; }, [](auto& c) { c.training.warmup_epochs = 10.5; }}},
      {"training.clip_grad_norm", {[](auto& c) { c.training.clip_grad_norm = -1; }}},
      {"training.label_smoothing", {[](auto& c) { c.training.label_smoothing = 1; }}},
      {"training.mixup", {[](auto& c) { c.training.mixup = -1; }}},
      {"training.cutmix", {[=](auto& c) { c.training.cutmix = nan; }}},
      {"training.random_erasing", {[](auto& c) { c.training.random_erasing = 1.1; }}},
      {"training.randaugment.layers", {[](auto& c) {
         c.training.randaugment = RandAugment{0, 9};
       }}},
      {"training.randaugment.magnitude", {[](auto& c) {
         c.training.randaugment = RandAugment{2, 31};
       }}},
      {"training.randaugment.magnitude_std", {[](auto& c) {
         c.training.randaugment = RandAugment{2, 9, -0.5};
       }}},
      {"training.label_noise", {[](auto& c) { c.training.label_noise = 1.01; }}},
      {"training.eps",
       {[](auto& c) { c.training.eps = 0; }, [](auto& c) { c.training.eps = 1.1; },
        [=](auto& c) { c.training.eps = nan; }}},
      {"training.pct_start",
       {[](auto& c) { c.training.pct_start = -0.1; }, [](auto& c) { c.training.pct_start = 1.1; }}},
      {"training.base_momentum", {[](auto& c) { c.training.base_momentum = -0.1; }}},
      {"training.max_momentum", {[](auto& c) { c.training.max_momentum = 1; }}},
      {"training.stochastic_depth", {[](auto& c) { c.training.stochastic_depth = 1; }}},
      {"training.repeated_augmentation",
       {[](auto& c) { c.training.repeated_augmentation = 0; },
        [](auto& c) { c.training.repeated_augmentation = 65; }}},
      {"seed", {[](auto& c) { c.seed = -1; }}},
  };
  for (const auto& [path, edits] : cases)
    for (const auto& edit : edits) {
      const auto message = fault(edit);
      EXPECT_EQ(message.substr(0, message.find(": ")), path) << message;
    }
}

TEST(Validate, SaysValueAndRange) {
  EXPECT_EQ(fault([](auto& c) { c.training.epochs = 0; }),
            "training.epochs: 0 is out of range; a whole number from 1 to 100000 is accepted");
  EXPECT_EQ(fault([](auto& c) { c.network.dropout = 1.5; }),
            "network.dropout: 1.5 is out of range; a number from 0 to below 1 is accepted");
}

TEST(Validate, RefusesImpossibleNetworks) {
  EXPECT_EQ(fault([](auto& c) { c.network.patch = 29; }),
            "network.patch: 29 pixels are larger than the image of 28; give at most 28");
  EXPECT_EQ(fault([](auto& c) { c.network.kernel = 4; }),
            "network.kernel: 4 is even; give an odd number from 1 to 63");
  const auto deit = [](auto& c) {
    c = convmixer(192, 12, 16, 0);
    c.network.family = Family::deit;
    c.network.heads = 5;
  };
  EXPECT_EQ(fault(deit),
            "network.heads: 5 heads do not divide the 192 channels; give a divisor of the channels");
  const auto convnext = [](auto& c) {
    c = convmixer(10, 12, 16, 7);
    c.network.family = Family::convnext;
    c.network.mlp_ratio = 1.25;
  };
  EXPECT_NE(fault(convnext).find("network.mlp_ratio: 1.25 times 10 channels is not a whole number"),
            std::string::npos);
}

TEST(Validate, RefusesImpossibleSharing) {
  EXPECT_NE(fault([](auto& c) {
              c.topology = Topology::from_labels({0, 0, 1, 1, 2, 2});
            }).find("network.depth is 8"),
            std::string::npos);
  EXPECT_EQ(
      fault([](auto& c) { c.components.add(Component::attention); }),
      "sharing.components: attention is no part of a convmixer; it has pointwise | depthwise | bias | bn");
}

TEST(Validate, RefusesTransformAndFusionThatCannotBe) {
  const auto affine = [](int group) {
    return [group](Train& c) { c.transform = {TransformKind::affine, group}; };
  };
  EXPECT_EQ(fault(affine(16)), "valid");
  EXPECT_EQ(fault(affine(48)),
            "transform.group: 48 does not divide the 64 channels; give a divisor of the channels");
  EXPECT_NE(fault(affine(128)).find("transform.group: 128 is out of range"), std::string::npos);
  const auto plain = convmixer(64, 8, 4, 3, "fashion-mnist");
  EXPECT_EQ(fault(affine(48), plain), "valid");  // nothing is shared: canonical() drops it
  EXPECT_NE(
      fault([](auto& c) { c.fusion.strategy = FusionStrategy::mean; }, plain)
          .find("fusion.strategy: mean fuses the weights of layers that share, but no layers share any"),
      std::string::npos);
}

TEST(Validate, RefusesFusionOfNoComponent) {
  EXPECT_TRUE(
      fault([](auto& c) { c.components = {}; }).starts_with("fusion.strategy: channel_weighted_mean fuses"));
}

TEST(Validate, RefusesRecipesThatCannotBe) {
  EXPECT_EQ(fault([](auto& c) {
              c.training.randaugment = RandAugment{2, 11, 0.5, true};
            }),
            "training.randaugment.magnitude: 11 is out of range; a whole number from 0 to 10 is accepted");
  EXPECT_EQ(fault([](auto& c) { c.training.randaugment = RandAugment{2, 11, 0.5, false}; }), "valid");
  EXPECT_EQ(fault([](auto& c) { c.training.base_momentum = 0.96; }),
            "training.base_momentum: 0.96 is above training.max_momentum, 0.95; give at most that");
  EXPECT_TRUE(fault([](auto& c) {
                c.training.stochastic_depth = 0.1;
              }).starts_with("training.stochastic_depth: leaves out branches, and a convmixer has none"));
}

TEST(Validate, RefusesANormOfOneValue) {
  const auto one_position = convmixer(8, 2, 32, 3, "synthetic");
  EXPECT_EQ(
      fault([](auto& c) { c.training.batch_size = 1; }, one_position),
      "training.batch_size: BatchNorm sees 1 value of each channel, from batches of 1 image of 1 position "
      "(network.patch 32, network.resolution 32), and one value cannot be normalised; give at least 2 "
      "images, or a smaller network.patch");
  EXPECT_EQ(
      fault([](auto& c) { c.training.accumulation = 128; }, one_position),
      "training.accumulation: BatchNorm sees 1 value of each channel, from passes of 1 image of 1 position "
      "(network.patch 32, network.resolution 32), and one value cannot be normalised; give fewer passes "
      "than the 128 images of a batch, or a smaller network.patch");
  // A patch above half of the image leaves one position, too.
  EXPECT_NE(fault([](auto& c) { c.training.batch_size = 1, c.network.patch = 17; }, one_position), "valid");
  EXPECT_EQ(fault([](auto& c) { c.training.batch_size = 2; }, one_position), "valid");
  EXPECT_EQ(fault([](auto& c) { c.training.accumulation = 64; }, one_position), "valid");
  EXPECT_EQ(fault([](auto& c) { c.training.batch_size = 1, c.network.patch = 16; }, one_position), "valid");
  const auto convnext = [](int channels) {
    return [channels](Train& c) {
      c.network.family = Family::convnext;
      c.network.channels = channels;
      c.training.batch_size = 1;
    };
  };
  EXPECT_EQ(fault(convnext(2), one_position), "valid");
  EXPECT_EQ(fault(convnext(1), one_position),
            "network.channels: LayerNorm over 1 channel leaves nothing of an image; give at least 2");
}

TEST(Validate, RefusesABatchAboveTheTrainingSet) {
  EXPECT_EQ(fault([](auto& c) { c.dataset.train_limit = 100; }),
            "training.batch_size: 128 images are more than the 100 of the training set; give at most 100");
  EXPECT_EQ(fault([](auto& c) { c.dataset.train_limit = 128; }), "valid");
  EXPECT_EQ(
      fault([](auto& c) { c.training.batch_size = 60'001; }),
      "training.batch_size: 60001 images are more than the 60000 of the training set; give at most 60000");
}

TEST(Validate, RefusesDataSetsThatAreNone) {
  EXPECT_EQ(fault([](auto& c) { c.dataset.name = "fashion"; }),
            "dataset.name: 'fashion' is none of fashion-mnist | mnist | cifar10 | cifar100 | imagenet | "
            "imagefolder | "
            "synthetic");
  const auto folder = convmixer(64, 8, 4, 3, "imagefolder");
  EXPECT_NE(fault([](auto&) {}, folder).find("dataset.root: is missing"), std::string::npos);
  EXPECT_EQ(fault([](auto& c) { c.dataset.root = "/data", c.dataset.facts.classes = 17; }, folder), "valid");
  EXPECT_EQ(fault([](auto& c) { c.dataset.id = "pets"; }, folder), "valid");
}

}  // namespace
}  // namespace spin
