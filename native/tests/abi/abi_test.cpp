// The border: null arguments, struct sizes, errors per thread, the log.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "jtr/jtr.h"

namespace {

template <typename T>
T make() {
  T value;
  std::memset(&value, 0, sizeof value);
  value.struct_size = sizeof value;
  return value;
}

jtr_error last_error() {
  jtr_error error = make<jtr_error>();
  jtr_last_error(&error);
  return error;
}

struct Options {
  Options() : task(make<jtr_task_desc>()), trainer(make<jtr_trainer_options>()) {
    task.name = "depth";
    task.kind = JTR_TASK_KIND_DEPTH;
    task.channels = 1;
    task.depth_mean = 2;
    task.depth_std = 1;
    trainer.tasks = &task;
    trainer.task_count = 1;
    trainer.width = 2;
    trainer.method = "jtr";
    trainer.joint_task = make<jtr_joint_task_options>();
    trainer.joint_task.width = 2;
    trainer.joint_task.lambda_dist = 4;
    trainer.joint_task.lambda_recon = 2;
    trainer.consistency = make<jtr_consistency_options>();
    trainer.consistency.temperature = 1;
    for (jtr_pair_map_options* maps : {&trainer.direct_map, &trainer.perceptual_map}) {
      *maps = make<jtr_pair_map_options>();
      maps->width = 2;
    }
    trainer.mtpsl = make<jtr_mtpsl_options>();
    trainer.mtpsl.film = make<jtr_adam_options>();
    trainer.mtpsl.film.learning_rate = 1e-3;
    trainer.mtpsl.film.epsilon = 1e-8;
    trainer.mtpsl.film.decay_factor = 0.5;
    trainer.balancing = make<jtr_balancing_options>();
    trainer.balancing.name = "equal";
    trainer.balancing.temperature = 2;
    trainer.balancing.period_steps = 1;
    trainer.adam = make<jtr_adam_options>();
    trainer.adam.learning_rate = 1e-4;
    trainer.adam.beta1 = 0.9;
    trainer.adam.beta2 = 0.999;
    trainer.adam.epsilon = 1e-8;
    trainer.adam.decay_factor = 0.5;
    trainer.device = JTR_DEVICE_KIND_CPU;
  }
  jtr_task_desc task;
  jtr_trainer_options trainer;
};

TEST(Abi, EveryWrongOptionIsRefusedByItsName) {
  struct Wrong {
    const char* field;
    void (*spoil)(Options&);
  };
  const std::vector<Wrong> wrongs = {
      {"options.struct_size", [](Options& o) { o.trainer.struct_size = 8; }},
      {"options.task_count", [](Options& o) { o.trainer.task_count = 0; }},
      {"options.task_count", [](Options& o) { o.trainer.task_count = 65; }},
      {"options.tasks", [](Options& o) { o.trainer.tasks = nullptr; }},
      {"options.tasks.struct_size", [](Options& o) { o.task.struct_size = 0; }},
      {"tasks.name", [](Options& o) { o.task.name = ""; }},
      {"tasks.kind", [](Options& o) { o.task.kind = static_cast<jtr_task_kind>(17); }},
      {"tasks.channels", [](Options& o) { o.task.channels = 2; }},
      {"tasks.depth_std", [](Options& o) { o.task.depth_std = 0; }},
      {"options.width", [](Options& o) { o.trainer.width = 0; }},
      {"options.method", [](Options& o) { o.trainer.method = nullptr; }},
      {"method", [](Options& o) { o.trainer.method = "magic"; }},
      {"tasks", [](Options& o) { o.trainer.method = "mtpsl"; }},
      {"tasks", [](Options& o) { o.trainer.method = "direct_map"; }},
      {"tasks", [](Options& o) { o.trainer.method = "perceptual_map"; }},
      {"consistency.weight", [](Options& o) { o.trainer.consistency.weight = -1; }},
      {"consistency.temperature", [](Options& o) { o.trainer.consistency.temperature = 0; }},
      {"direct_map.width", [](Options& o) { o.trainer.direct_map.width = 0; }},
      {"perceptual_map.weight", [](Options& o) { o.trainer.perceptual_map.weight = NAN; }},
      {"mtpsl.con_weight", [](Options& o) { o.trainer.mtpsl.con_weight = -1; }},
      {"mtpsl.reg_weight", [](Options& o) { o.trainer.mtpsl.reg_weight = -1; }},
      {"mtpsl.ramp_up_steps", [](Options& o) { o.trainer.mtpsl.ramp_up_steps = -1; }},
      {"mtpsl.micro_batch", [](Options& o) { o.trainer.mtpsl.micro_batch = -1; }},
      {"mtpsl.film.learning_rate", [](Options& o) { o.trainer.mtpsl.film.learning_rate = 0; }},
      {"balancing.name", [](Options& o) { o.trainer.balancing.name = "loud"; }},
      {"balancing.weights", [](Options& o) { o.trainer.balancing.name = "fixed"; }},
      {"balancing.name",
       [](Options& o) {
         o.trainer.method = "single_task";
         o.trainer.balancing.name = "pcgrad";
       }},
      {"balancing.temperature",
       [](Options& o) {
         o.trainer.balancing.name = "dwa";
         o.trainer.balancing.temperature = 0;
       }},
      {"balancing.period_steps",
       [](Options& o) {
         o.trainer.balancing.name = "dwa";
         o.trainer.balancing.period_steps = 0;
       }},
      {"balancing.initial_log_variance",
       [](Options& o) {
         o.trainer.balancing.name = "uncertainty";
         o.trainer.balancing.initial_log_variance = INFINITY;
       }},
      {"joint_task.mode", [](Options& o) { o.trainer.joint_task.mode = static_cast<jtr_joint_task_mode>(2); }},
      {"joint_task.width", [](Options& o) { o.trainer.joint_task.width = -1; }},
      {"joint_task.lambda_dist", [](Options& o) { o.trainer.joint_task.lambda_dist = -1; }},
      {"joint_task.lambda_recon", [](Options& o) { o.trainer.joint_task.lambda_recon = -0.5; }},
      {"joint_task.micro_batch", [](Options& o) { o.trainer.joint_task.micro_batch = -1; }},
      {"adam.learning_rate", [](Options& o) { o.trainer.adam.learning_rate = 0; }},
      {"adam.beta1", [](Options& o) { o.trainer.adam.beta1 = 1; }},
      {"adam.beta2", [](Options& o) { o.trainer.adam.beta2 = -0.1; }},
      {"adam.epsilon", [](Options& o) { o.trainer.adam.epsilon = 0; }},
      {"adam.decay_steps", [](Options& o) { o.trainer.adam.decay_steps = -1; }},
      {"adam.decay_factor", [](Options& o) { o.trainer.adam.decay_factor = 1.5; }},
      {"options.dtype", [](Options& o) { o.trainer.dtype = static_cast<jtr_dtype>(9); }},
      {"options.recomputation", [](Options& o) { o.trainer.recomputation = static_cast<jtr_recomputation>(3); }},
      {"options.device", [](Options& o) { o.trainer.device = static_cast<jtr_device_kind>(9); }},
  };
  for (const Wrong& wrong : wrongs) {
    Options options;
    wrong.spoil(options);
    EXPECT_EQ(jtr_trainer_create(&options.trainer), nullptr) << wrong.field;
    const jtr_error error = last_error();
    EXPECT_EQ(error.status, JTR_STATUS_INVALID_ARGUMENT) << wrong.field;
    EXPECT_STREQ(error.field, wrong.field);
    EXPECT_NE(std::string(error.message), "");
  }
}

TEST(Abi, NullArgumentsAreRefusedAndNeverFollowed) {
  EXPECT_EQ(jtr_trainer_create(nullptr), nullptr);
  EXPECT_STREQ(last_error().field, "options");
  EXPECT_EQ(jtr_trainer_step(nullptr, nullptr, nullptr, nullptr), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "trainer");
  EXPECT_EQ(jtr_trainer_get_step(nullptr), -1);
  EXPECT_EQ(jtr_trainer_tensor_count(nullptr, JTR_TENSOR_KIND_STATE), -1);
  EXPECT_EQ(jtr_trainer_save(nullptr, "x", nullptr, 0), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_checkpoint_open(nullptr), nullptr);
  EXPECT_EQ(jtr_regularizer_update(nullptr), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_get_runtime_info(nullptr), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_method_views(nullptr), 0);
  EXPECT_EQ(jtr_method_name(-1), nullptr);
  jtr_trainer_destroy(nullptr);
  jtr_regularizer_destroy(nullptr);
  jtr_checkpoint_destroy(nullptr);
  jtr_last_error(nullptr);
}

TEST(Abi, TheLastErrorBelongsToItsThread) {
  EXPECT_EQ(jtr_set_threads(0), JTR_STATUS_INVALID_ARGUMENT);
  std::string other;
  std::thread([&] {
    other = last_error().message;
    EXPECT_EQ(jtr_checkpoint_open("/no/such/file"), nullptr);
    EXPECT_EQ(last_error().status, JTR_STATUS_IO);
    EXPECT_STREQ(last_error().path, "/no/such/file");
  }).join();
  EXPECT_EQ(other, "");
  EXPECT_STREQ(last_error().field, "threads");
}

TEST(Abi, TensorsAreReadAndWrittenByPlace) {
  Options options;
  jtr_trainer* trainer = jtr_trainer_create(&options.trainer);
  ASSERT_NE(trainer, nullptr) << last_error().message;
  jtr_tensor_info info = make<jtr_tensor_info>();
  ASSERT_EQ(jtr_trainer_get_tensor_info(trainer, JTR_TENSOR_KIND_STATE, 0, &info), JTR_STATUS_OK);
  EXPECT_STREQ(info.name, "model/encoder_block.0.0.weight");
  ASSERT_EQ(info.dimensions, 4);
  EXPECT_EQ(info.sizes[0], 2);
  EXPECT_EQ(info.elements, 2 * 3 * 3 * 3);
  std::vector<double> values(54, 0.25), back(54);
  EXPECT_EQ(jtr_trainer_write_tensor(trainer, JTR_TENSOR_KIND_STATE, 0, values.data(), 54), JTR_STATUS_OK);
  EXPECT_EQ(jtr_trainer_read_tensor(trainer, JTR_TENSOR_KIND_STATE, 0, back.data(), 54), JTR_STATUS_OK);
  EXPECT_EQ(values, back);
  EXPECT_EQ(jtr_trainer_read_tensor(trainer, JTR_TENSOR_KIND_STATE, 0, back.data(), 53), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "count");
  EXPECT_EQ(jtr_trainer_write_tensor(trainer, JTR_TENSOR_KIND_GRADIENT, 0, back.data(), 54),
            JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_trainer_read_tensor(trainer, JTR_TENSOR_KIND_STATE, 100000, back.data(), 54),
            JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "index");
  jtr_trainer_destroy(trainer);
}

TEST(Abi, TheNextBatchOfARequestIsOptionalAndItsSizeIsChecked) {
  Options options;
  options.trainer.method = "supervised";
  jtr_trainer* trainer = jtr_trainer_create(&options.trainer);
  ASSERT_NE(trainer, nullptr) << last_error().message;
  const std::vector<float> images(3 * 32 * 32, 0.5f), labels(32 * 32, 2.0f);
  const uint8_t labelled = 1;
  jtr_batch batch = make<jtr_batch>();
  batch.views = batch.samples = 1;
  batch.height = batch.width = 32;
  batch.images = images.data();
  batch.labels = labels.data();
  batch.labelled = &labelled;
  jtr_batch next = batch;
  jtr_step_request request = make<jtr_step_request>();
  jtr_step_result result = make<jtr_step_result>();
  EXPECT_EQ(jtr_trainer_step(trainer, &batch, &request, &result), JTR_STATUS_OK) << last_error().message;
  request.next = &next;
  EXPECT_EQ(jtr_trainer_step(trainer, &batch, &request, &result), JTR_STATUS_OK) << last_error().message;
  next.struct_size = 8;
  EXPECT_EQ(jtr_trainer_step(trainer, &batch, &request, &result), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "request.next.struct_size");
  EXPECT_EQ(result.step, 2);
  jtr_trainer_destroy(trainer);
}

TEST(Abi, MessagesReachTheLogCallback) {
  std::vector<std::string> messages;
  jtr_set_log_callback([](jtr_log_level, const char* message,
                          void* user) { static_cast<std::vector<std::string>*>(user)->push_back(message); },
                       &messages);
  Options options;
  jtr_trainer_destroy(jtr_trainer_create(&options.trainer));
  jtr_set_log_callback(nullptr, nullptr);
  jtr_trainer_destroy(jtr_trainer_create(&options.trainer));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("jtr"), std::string::npos);
  EXPECT_NE(messages[0].find("cpu"), std::string::npos);
}

TEST(Abi, TellsWhatEachMethodNeeds) {
  EXPECT_EQ(jtr_method_min_tasks("jtr"), 1);
  EXPECT_EQ(jtr_method_min_tasks("mtpsl"), 2);
  EXPECT_EQ(jtr_method_min_tasks("magic"), 0);
  EXPECT_EQ(jtr_method_noise_slots("jtr", 3), 5);
  EXPECT_EQ(jtr_method_noise_slots("mtpsl", 3), 2);
  EXPECT_EQ(jtr_method_noise_slots("supervised", 3), 0);
  EXPECT_EQ(jtr_method_noise_slots("jtr", 0), -1);
  EXPECT_STREQ(last_error().field, "task_count");
  std::vector<std::string> rules;
  for (int32_t i = 0; i < jtr_balancing_count(); ++i) rules.push_back(jtr_balancing_name(i));
  EXPECT_EQ(rules, (std::vector<std::string>{"equal", "fixed", "uncertainty", "dwa", "random", "pcgrad"}));
  EXPECT_EQ(jtr_balancing_name(6), nullptr);
}

TEST(Abi, LayoutsCoverEveryStruct) {
  const int32_t count = jtr_field_layout_count();
  std::vector<std::string> structs;
  for (int32_t i = 0; i < count; ++i) {
    jtr_field_layout layout = make<jtr_field_layout>();
    ASSERT_EQ(jtr_get_field_layout(i, &layout), JTR_STATUS_OK);
    if (structs.empty() || structs.back() != layout.struct_name) {
      structs.push_back(layout.struct_name);
      EXPECT_STREQ(layout.field_name, "struct_size");
      EXPECT_EQ(layout.field_offset, 0);
    }
    EXPECT_LT(layout.field_offset, layout.struct_bytes);
  }
  EXPECT_EQ(structs.size(), 20u);
  jtr_field_layout layout = make<jtr_field_layout>();
  EXPECT_EQ(jtr_get_field_layout(count, &layout), JTR_STATUS_INVALID_ARGUMENT);
}

}  // namespace
