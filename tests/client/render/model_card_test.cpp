#include "client/render/model_card.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "client/render/load_script.h"
#include "schema/design/family.h"

namespace spin::render {
namespace {

constexpr const char* kConfig =
    R"({"dataset":{"channels":1,"classes":10,"eval_limit":0,"name":"fashion-mnist",
"resolution":28,"train_limit":20000},"fusion":{"init":"pretrained","strategy":"mean"},"init_from":
"5df952879579309a3735bcb0d8d387302be254a257c3492059706c20a407bff6","network":{"activation":"gelu","channels":64,
"depth":8,"dropout":0.0,"family":"convmixer","kernel":3,"patch":4,"pointwise_residual":false,"resolution":28},"seed":7,
"sharing":{"components":["pointwise"],"layers":[0,0,1,1,2,2,3,3]},"task":"train","training":{"batch_size":128,"clip_grad_norm":1.0,
"cutmix":0.0,"epochs":3,"label_noise":0.0,"label_smoothing":0.1,"lr":0.01,"mixup":0.0,"optimizer":"adamw","precision":
"fp32","randaugment":null,"random_erasing":0.0,"schedule":"one_cycle","warmup_epochs":0.0,"weight_decay":2e-05},
"transform":{"kind":"none"},"version":3})";

Train task() { return *config_from_json(nlohmann::json::parse(kConfig)); }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ModelCard, SaysWhatTheNetworkIsWhatItTakesWhatItFoundAndHowItWasMade) {
  TakenModel model{
      .job = {}, .task = task(), .file = {{}, ArtifactKind::model, 166'912}, .command = "spinctl model x"};
  model.job.row.name = "convmixer-64-8-4-3.sequential-2.mean.s7";
  model.job.row.params = 25'930;
  model.job.row.flops = 1'988'864;
  model.job.sweeps = {"first", "second"};
  model.job.result = JobResult{
      Outcome::completed,
      {{Metric::top1, 88.66}, {Metric::top5, 99.7}, {Metric::images_per_second, 2100}, {Metric::seconds, 31}},
      {"0123", "60000 + 10000 images"}};
  const auto card = model_card(model);
  for (const char* part : {"# convmixer-64-8-4-3.sequential-2.mean.s7\n",
                           "| sweeps | first, second |",
                           "| model.safetensors | 163.0 KiB |",
                           "| top-1 % | 88.66 |",
                           "| top-5 % | 99.70 |",
                           "| images/s | 2.1 k |",
                           "| time | 31s |",
                           "| trained on | 60000 + 10000 images (0123) |",
                           "| seed | 7 |",
                           "| epochs | 3 |",
                           "| family | convmixer |",
                           "| channels | 64 |",
                           "| norm | BatchNorm |",
                           "| norm eps | 1e-05 |",
                           "\"layers\":[0,0,1,1,2,2,3,3]",
                           "| group of each layer | 0 0 1 1 2 2 3 3 (4 groups) |",
                           "| a group shares | pointwise |",
                           "| transform | none |",
                           "| fusion | mean |",
                           "| params | 25930 |",
                           "| FLOPs | 1988864 |",
                           "| data set | fashion-mnist |",
                           "| channels | 1 (gray) |",
                           "| size | 28 x 28 pixels |",
                           "| mean | 0.286 |",
                           "| deviation | 0.353 |",
                           "| training images | the first 20000 |",
                           "| lr | 0.01 |",
                           "    spinctl model x\n",
                           "--init unshared.safetensors   # the model of job 5df952879579309a",
                           "\"name\":\"fashion-mnist\""})
    EXPECT_TRUE(has(card, part)) << part << '\n' << card;
}

TEST(ModelCard, ItsJsonIsTheJob) {
  const auto card = model_card({.job = {}, .task = task(), .file = {}, .command = ""});
  const auto begin = card.find("```json\n") + 8;
  const auto config = nlohmann::json::parse(card.substr(begin, card.rfind("```") - begin));
  EXPECT_EQ(*config_from_json(config), task());
}

TEST(LoadScript, EachFamilyHasOne) {
  for (const auto* family : kFamilies) {
    auto of = task();
    of.network.family = family->family;
    const auto script = load_script(of);
    EXPECT_TRUE(has(script, "\ndef network(x):")) << family->name;
    EXPECT_TRUE(has(script, "eps=1e-0")) << family->name;
    EXPECT_TRUE(has(script, "mean, deviation = torch.tensor([0.286]), torch.tensor([0.353])"))
        << family->name;
    for (const char* mark : {"@MEAN@", "@DEVIATION@", "@EPS@"})
      EXPECT_FALSE(has(script, mark)) << family->name;
  }
}

}  // namespace
}  // namespace spin::render
