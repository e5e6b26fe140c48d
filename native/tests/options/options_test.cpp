// Options as JSON: reading, ranges, names that are nearly right, the schema, and kinds that register themselves.
#include "options/options.h"

#include "options/registry.h"
#include "support.h"
#include "training/trainer_options.h"

namespace jtr {
namespace {

enum class Colour { kRed, kGreen };

struct Paint {
  double weight = 0.5;
  int64_t coats = 2;
  uint64_t seed = 7;
  bool dry = false;
  std::string label = "none";
  Colour colour = Colour::kGreen;
  std::vector<double> shades = {0.25};

  void visit(OptionVisitor& v) {
    v.number("weight", weight, below(0, 1), "How much.");
    v.integer("coats", coats, at_least(1), "How often.");
    v.seed("seed", seed, "Of the brush.");
    v.flag("dry", dry, "Whether to wait.");
    v.word("label", label, "What stands on it.");
    v.choice("colour", colour, {{"red", Colour::kRed}, {"green", Colour::kGreen}}, "Which colour.");
    v.numbers("shades", shades, at_least(0), "How dark.");
  }
  void check(const std::string& path) const {
    require(!dry || coats > 1, join_path(path, "dry").c_str(), "takes two coats");
  }
};

Paint read(const std::string& text) { return read_options<Paint>(parse_json(text, "options"), "paint"); }

TEST(Options, WhatIsLeftOutHasItsDefault) {
  const Paint paint = read("{}");
  EXPECT_EQ(paint.weight, 0.5);
  EXPECT_EQ(paint.colour, Colour::kGreen);
  EXPECT_EQ(paint.shades, std::vector<double>{0.25});
}

TEST(Options, EveryTypeIsReadAndWrittenBack) {
  const std::string text =
      R"({"weight":0.75,"coats":3,"seed":18446744073709551615,"dry":true,"label":"ä","colour":"red","shades":[0.0,1.0]})";
  const Paint paint = read(text);
  EXPECT_EQ(paint.seed, UINT64_MAX);
  EXPECT_EQ(paint.colour, Colour::kRed);
  EXPECT_EQ(write_options(paint).dump(), text);
  EXPECT_EQ(read(R"({"coats": 3.0})").coats, 3);  // some writers know one kind of number only
}

TEST(Options, WhatIsWrongIsToldByItsPath) {
  const std::vector<std::pair<const char*, const char*>> wrongs = {
      {"paint.weight", R"({"weight": 1})"},       {"paint.weight", R"({"weight": "much"})"},
      {"paint.coats", R"({"coats": 1.5})"},       {"paint.coats", R"({"coats": 0})"},
      {"paint.coats", R"({"coats": 1e300})"},     {"paint.coats", R"({"coats": 9223372036854775808})"},
      {"paint.seed", R"({"seed": -1})"},          {"paint.dry", R"({"dry": 1})"},
      {"paint.label", R"({"label": null})"},      {"paint.colour", R"({"colour": "rde"})"},
      {"paint.shades", R"({"shades": 1})"},       {"paint.shades[1]", R"({"shades": [1, -1]})"},
      {"paint.shades[0]", R"({"shades": [[]]})"}, {"paint.dry", R"({"dry": true, "coats": 1})"},
      {"paint.wieght", R"({"wieght": 0.5})"}};
  for (const auto& [field, text] : wrongs) {
    const Error e = test::caught([t = text] { read(t); });
    EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT) << text;
    EXPECT_EQ(e.field(), field) << e.what();
  }
  EXPECT_NE(std::string(test::caught([] { read(R"({"wieght": 0.5})"); }).what()).find("'weight'?"), std::string::npos);
  EXPECT_NE(std::string(test::caught([] { read(R"({"colour": "rde"})"); }).what()).find("'red'?"), std::string::npos);
  EXPECT_NE(std::string(test::caught([] { read(R"({"weight": 1})"); }).what()).find("in [0, 1), not 1"),
            std::string::npos);
}

TEST(Options, TextThatIsNoJsonIsRefused) {
  for (const char* text : {"", "{", "[1", "{\"a\": 1} x", "{'a': 1}", "{\"a\": nan}"}) {
    const Error e = test::caught([text] { parse_json(text, "options"); });
    EXPECT_EQ(e.field(), "options") << text;
    EXPECT_EQ(std::string(e.what()).find("json.exception"), std::string::npos) << e.what();
  }
  EXPECT_EQ(test::caught([] { read("[]"); }).field(), "paint");
  const Error twice = test::caught([] { parse_json(R"({"a": {"b": 1, "b": 2}})", "options"); });
  EXPECT_NE(std::string(twice.what()).find("'b' stands twice"), std::string::npos) << twice.what();
  EXPECT_NO_THROW(parse_json(R"({"a": {"b": 1}, "b": {"b": 2}})", "options"));
}

TEST(Options, TheSchemaSaysTypesRangesAndDefaults) {
  const Json schema = options_schema<Paint>();
  const Json& properties = schema["properties"];
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(properties["weight"]["minimum"], 0);
  EXPECT_EQ(properties["weight"]["exclusiveMaximum"], 1);
  EXPECT_EQ(properties["weight"]["default"], 0.5);
  EXPECT_EQ(properties["coats"]["type"], "integer");
  EXPECT_EQ(properties["colour"]["enum"], (Json{"red", "green"}));
  EXPECT_EQ(properties["colour"]["default"], "green");
  EXPECT_EQ(properties["shades"]["items"]["minimum"], 0);
}

TrainerOptions trainer_of(const std::string& text) {
  return read_options<TrainerOptions>(parse_json(text, "options"), "");
}

TEST(TrainerOptions, EveryWrongOptionIsRefusedByItsPath) {
  const auto document = [](const std::string& rest) {
    return R"({"tasks": [{"name": "depth", "kind": "depth"}, {"name": "edge", "kind": "map"}], )" + rest + "}";
  };
  const std::vector<std::pair<const char*, std::string>> wrongs = {
      {"tasks", "{}"},
      {"tasks", R"({"tasks": []})"},
      {"tasks", R"({"tasks": {"name": "depth"}})"},
      {"tasks[0]", R"({"tasks": ["depth"]})"},
      {"tasks[0].kind", R"({"tasks": [{"name": "depth"}]})"},
      {"tasks[0].kind", R"({"tasks": [{"name": "depth", "kind": "dept"}]})"},
      {"tasks[0].std", R"({"tasks": [{"name": "depth", "kind": "depth", "std": 0}]})"},
      {"tasks[0].classes", R"({"tasks": [{"name": "seg", "kind": "segmentation", "classes": 1}]})"},
      {"tasks[0].channels", R"({"tasks": [{"name": "edge", "kind": "map", "channels": 0}]})"},
      {"tasks[0].classes", R"({"tasks": [{"name": "depth", "kind": "depth", "classes": 3}]})"},
      {"network.name", document(R"("network": {"name": "vgg"})")},
      {"network.width", document(R"("network": {"name": "segnet", "width": 0})")},
      {"method", document(R"("method": "jtr")")},
      {"method.name", document(R"("method": {"name": "magic"})")},
      {"method.lambda_dist", document(R"("method": {"name": "jtr", "lambda_dist": -1})")},
      {"method.mode", document(R"("method": {"name": "jtr", "mode": "quick"})")},
      {"method.temperature", document(R"("method": {"name": "consistency", "temperature": 0})")},
      {"method.width", document(R"("method": {"name": "direct_map", "width": -1})")},
      {"method.film_optimizer.learning_rate",
       document(R"("method": {"name": "mtpsl", "film_optimizer": {"name": "adam", "learning_rate": 0}})")},
      {"balancing.name", document(R"("balancing": {"name": "loud"})")},
      {"balancing.temperature", document(R"("balancing": {"name": "dwa", "temperature": 0})")},
      {"balancing.period_steps", document(R"("balancing": {"name": "dwa", "period_steps": 0})")},
      {"optimizer.beta1", document(R"("optimizer": {"name": "adam", "beta1": 1})")},
      {"optimizer.momentum", document(R"("optimizer": {"name": "sgd", "momentum": 1})")},
      {"schedule.decay_factor", document(R"("schedule": {"name": "step", "decay_factor": 1.5})")},
      {"schedule.decay_steps", document(R"("schedule": {"name": "cosine", "decay_steps": 5, "warmup_steps": 5})")},
      {"max_gradient_norm", document(R"("max_gradient_norm": -1)")},
      {"ema_decay", document(R"("ema_decay": 1)")},
      {"seed", document(R"("seed": 0.5)")},
      {"precision", document(R"("precision": "float16")")},
      {"device", document(R"("device": "tpu")")},
      {"recomputation", document(R"("recomputation": true)")},
      {"parallel.name", document(R"("parallel": {"name": "many"})")},
      {"learning_rate", document(R"("learning_rate": 1)")}};
  for (const auto& [field, text] : wrongs) {
    const Error e = test::caught([&t = text] { trainer_of(t); });
    EXPECT_EQ(e.status(), JTR_STATUS_INVALID_ARGUMENT) << text;
    EXPECT_EQ(e.field(), field) << e.what();
  }
}

TEST(TrainerOptions, OptionsThatDoNotGoTogetherAreRefusedWhenTheTrainerIsMade) {
  const auto field = [](TrainerOptions options) { return test::caught([&] { Trainer trainer(options); }).field(); };
  TrainerOptions options = test::trainer_options({test::depth()}, "mtpsl");
  EXPECT_EQ(field(options), "tasks");
  options = test::trainer_options({test::depth(), test::map()}, "single_task");
  options.balancing = Variant::of("pcgrad");
  EXPECT_EQ(field(options), "balancing.name");
  options.balancing = Variant::of("fixed");
  EXPECT_EQ(field(options), "balancing.weights");
}

TEST(TrainerOptions, ACompletedDocumentReadsAsItself) {
  const Json once =
      write_options(trainer_of(R"({"tasks": [{"name": "d", "kind": "depth"}], "method": {"name": "mtpsl"}})"));
  EXPECT_EQ(write_options(trainer_of(once.dump())), once);
  EXPECT_EQ(once["optimizer"]["learning_rate"], 1e-4);
  EXPECT_EQ(once["method"]["film_optimizer"]["learning_rate"], 1e-3);
  EXPECT_EQ(once["tasks"][0]["mean"], 2.3618);
}

TEST(TrainerOptions, TheSchemaHoldsEveryKindWithItsSentence) {
  const Json schema = schema_of_all_options();
  const auto names = [&](const Json& kinds) {
    std::vector<std::string> all;
    for (const Json& kind : kinds) {
      all.push_back(kind["title"]);
      EXPECT_FALSE(kind["description"].get<std::string>().empty()) << all.back();
      for (const auto& option : kind["properties"].items()) {
        EXPECT_TRUE(option.value().contains("const") || option.value().contains("description")) << option.key();
      }
    }
    return all;
  };
  const Json& properties = schema["properties"];
  EXPECT_EQ(names(properties["method"]["oneOf"]),
            (std::vector<std::string>{"supervised", "single_task", "consistency", "direct_map", "perceptual_map",
                                      "mtpsl", "jtr", "teacher", "supervised+", "prototypes", "brightness_agreement"}));
  EXPECT_EQ(
      names(properties["balancing"]["oneOf"]),
      (std::vector<std::string>{"equal", "fixed", "uncertainty", "dwa", "random", "pcgrad", "labels", "progress"}));
  EXPECT_EQ(names(properties["tasks"]["items"]["oneOf"]),
            (std::vector<std::string>{"segmentation", "depth", "normals", "map", "classification", "tags", "regression",
                                      "brightness", "ordinal"}));
  EXPECT_EQ(names(properties["optimizer"]["oneOf"]), (std::vector<std::string>{"adam", "adamw", "sgd"}));
  EXPECT_EQ(names(properties["schedule"]["oneOf"]), (std::vector<std::string>{"step", "cosine", "constant"}));
  EXPECT_EQ(properties["method"]["oneOf"][6]["x-facts"]["views"], 3);
  EXPECT_EQ(properties["method"]["oneOf"][6]["x-source"], "Nishi et al., CVPR 2024");
  EXPECT_TRUE(schema["$defs"]["joint_task_loss"]["properties"].contains("method"));
}

}  // namespace
}  // namespace jtr
