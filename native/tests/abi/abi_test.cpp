// The border: null arguments, struct sizes, tensors by name, errors per thread, the log.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
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

constexpr char kOptions[] = R"({"tasks": [{"name": "far", "kind": "depth"}], "network": {"name": "segnet", "width": 2},
                               "method": {"name": "supervised"}, "device": "cpu"})";

/// A trainer of one depth task, and a batch for it.
struct Border : testing::Test {
  Border() : trainer(jtr_trainer_create(kOptions)) {
    EXPECT_NE(trainer, nullptr) << last_error().message;
    add(inputs, "image", JTR_DTYPE_FLOAT32, image_sizes, images.data(), images.size() * sizeof(float));
    add(inputs, "label.far", JTR_DTYPE_FLOAT32, label_sizes, labels.data(), labels.size() * sizeof(float));
    add(inputs, "labelled", JTR_DTYPE_UINT8, labelled_sizes, &labelled, 1);
    request.inputs = inputs.data();
    request.input_count = 3;
  }
  ~Border() override { jtr_trainer_destroy(trainer); }

  static void add(std::vector<jtr_tensor>& tensors, const char* name, int32_t dtype, const std::vector<int64_t>& sizes,
                  void* data, size_t bytes) {
    jtr_tensor tensor = make<jtr_tensor>();
    tensor.name = name;
    tensor.dtype = dtype;
    tensor.dimensions = static_cast<int32_t>(sizes.size());
    tensor.sizes = sizes.data();
    tensor.data = data;
    tensor.bytes = static_cast<int64_t>(bytes);
    tensors.push_back(tensor);
  }
  jtr_status step() { return jtr_trainer_step(trainer, &request, &result); }
  void expect_refused(const char* field) {
    EXPECT_EQ(step(), JTR_STATUS_INVALID_ARGUMENT) << field;
    EXPECT_STREQ(last_error().field, field) << last_error().message;
  }

  std::vector<float> images = std::vector<float>(3 * 32 * 32, 0.5f), labels = std::vector<float>(32 * 32, 2.0f);
  uint8_t labelled = 1;
  std::vector<int64_t> image_sizes = {1, 1, 3, 32, 32}, label_sizes = {1, 1, 1, 32, 32}, labelled_sizes = {1, 1};
  std::vector<jtr_tensor> inputs, outputs;
  jtr_step_request request = make<jtr_step_request>();
  jtr_step_result result = make<jtr_step_result>();
  jtr_trainer* trainer;
};

TEST(Abi, OptionsThatCannotBeAreRefusedByTheirPath) {
  const std::vector<std::pair<const char*, const char*>> wrongs = {
      {"options", nullptr},
      {"options", "{"},
      {"options", "[]"},
      {"tasks", "{}"},
      {"tasks[0].name", R"({"tasks": [{"kind": "depth"}]})"},
      {"tasks[1].name", R"({"tasks": [{"name": "d", "kind": "depth"}, {"name": "d", "kind": "map"}]})"},
      {"tasks[0].kind", R"({"tasks": [{"name": "d", "kind": "deep"}]})"},
      {"method.lambda_dsit",
       R"({"tasks": [{"name": "d", "kind": "depth"}], "method": {"name": "jtr", "lambda_dsit": 1}})"}};
  for (const auto& [field, options] : wrongs) {
    EXPECT_EQ(jtr_trainer_create(options), nullptr) << field;
    const jtr_error error = last_error();
    EXPECT_EQ(error.status, JTR_STATUS_INVALID_ARGUMENT) << field;
    EXPECT_STREQ(error.field, field) << error.message;
    EXPECT_NE(std::string(error.message), "");
  }
  EXPECT_NE(std::string(last_error().message).find("'lambda_dist'?"), std::string::npos) << last_error().message;
}

TEST(Abi, NullArgumentsAreRefusedAndNeverFollowed) {
  EXPECT_EQ(jtr_trainer_create(nullptr), nullptr);
  EXPECT_STREQ(last_error().field, "options");
  EXPECT_EQ(jtr_trainer_step(nullptr, nullptr, nullptr), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "trainer");
  EXPECT_EQ(jtr_trainer_predict(nullptr, nullptr), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_trainer_reduce(nullptr, nullptr, 0, 0), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_trainer_describe(nullptr), nullptr);
  EXPECT_EQ(jtr_trainer_get_step(nullptr), -1);
  EXPECT_EQ(jtr_trainer_tensor_count(nullptr, JTR_TENSOR_KIND_STATE), -1);
  EXPECT_EQ(jtr_trainer_save(nullptr, "x", nullptr, 0), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_checkpoint_open(nullptr), nullptr);
  EXPECT_EQ(jtr_regularizer_create(nullptr), nullptr);
  EXPECT_EQ(jtr_regularizer_compute(nullptr, nullptr, nullptr), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_regularizer_update(nullptr), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(jtr_get_runtime_info(nullptr), JTR_STATUS_INVALID_ARGUMENT);
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

TEST(Abi, AnOlderCallersErrorIsFilledAsFarAsItGoes) {
  EXPECT_EQ(jtr_set_threads(0), JTR_STATUS_INVALID_ARGUMENT);
  jtr_error error = make<jtr_error>();
  error.struct_size = offsetof(jtr_error, path);
  error.path = "untouched";
  jtr_last_error(&error);
  EXPECT_EQ(error.status, JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(error.field, "threads");
  EXPECT_STREQ(error.path, "untouched");
}

struct Newer {
  jtr_error error;
  uint64_t more;
};

TEST(Abi, ANewerCallersErrorIsFilledWhereItsRestIsZero) {
  EXPECT_EQ(jtr_set_threads(0), JTR_STATUS_INVALID_ARGUMENT);
  Newer newer{};
  newer.error.struct_size = sizeof newer;
  jtr_last_error(&newer.error);
  EXPECT_STREQ(newer.error.field, "threads");
}

TEST(Abi, AVersionThatIsNotKnownIsToldInWords) {
  struct {
    jtr_runtime_info info;
    uint64_t more;
  } newer{};
  newer.info.struct_size = sizeof newer;
  EXPECT_EQ(jtr_get_runtime_info(&newer.info), JTR_STATUS_OK) << last_error().message;
  newer.more = 1;
  EXPECT_EQ(jtr_get_runtime_info(&newer.info), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "info.struct_size");
  EXPECT_NE(std::string(last_error().message).find("newer jtr.h"), std::string::npos) << last_error().message;

  // jtr_last_error cannot say so but in the log.
  std::vector<std::string> seen;
  jtr_set_log_callback([](int32_t, const char* message,
                          void* user) { static_cast<std::vector<std::string>*>(user)->push_back(message); },
                       &seen);
  Newer error{};
  error.error.struct_size = sizeof error;
  error.more = 1;
  jtr_last_error(&error.error);
  jtr_set_log_callback(nullptr, nullptr);
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_NE(seen[0].find("newer jtr.h"), std::string::npos) << seen[0];
}

TEST(Abi, TheLibtorchThatIsLoadedTellsItsVersion) {
  jtr_runtime_info info = make<jtr_runtime_info>();
  ASSERT_EQ(jtr_get_runtime_info(&info), JTR_STATUS_OK);
  EXPECT_EQ(info.abi_version, 6);
  EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(info.torch_version[0]))) << info.torch_version;
}

TEST_F(Border, TensorsAreReadAndWrittenByName) {
  jtr_tensor_info info = make<jtr_tensor_info>();
  ASSERT_EQ(jtr_trainer_get_tensor_info(trainer, JTR_TENSOR_KIND_STATE, 0, &info), JTR_STATUS_OK);
  EXPECT_STREQ(info.name, "model/encoder_block.0.0.weight");
  ASSERT_EQ(info.dimensions, 4);
  EXPECT_EQ(info.elements, 2 * 3 * 3 * 3);
  std::vector<double> values(54, 0.25), back(54);
  jtr_tensor tensor = make<jtr_tensor>();
  tensor.name = info.name;
  tensor.dtype = JTR_DTYPE_FLOAT64;
  tensor.dimensions = info.dimensions;
  tensor.sizes = info.sizes;
  tensor.data = values.data();
  tensor.bytes = 54 * 8;
  EXPECT_EQ(jtr_trainer_write_tensor(trainer, &tensor), JTR_STATUS_OK) << last_error().message;
  tensor.data = back.data();
  EXPECT_EQ(jtr_trainer_read_tensor(trainer, JTR_TENSOR_KIND_STATE, &tensor), JTR_STATUS_OK);
  EXPECT_EQ(values, back);
  EXPECT_EQ(jtr_trainer_read_tensor(trainer, 7, &tensor), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "kind");
  tensor.bytes = 54 * 8 - 1;
  EXPECT_EQ(jtr_trainer_read_tensor(trainer, JTR_TENSOR_KIND_STATE, &tensor), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "tensor.bytes");
  tensor.bytes = 54 * 8;
  tensor.dimensions = 3;
  EXPECT_EQ(jtr_trainer_read_tensor(trainer, JTR_TENSOR_KIND_STATE, &tensor), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "tensor.sizes");
  tensor.dimensions = 4;
  tensor.name = "model/encoder_block.0.0.wieght";
  EXPECT_EQ(jtr_trainer_read_tensor(trainer, JTR_TENSOR_KIND_STATE, &tensor), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "name");
  EXPECT_NE(std::string(last_error().message).find("'model/encoder_block.0.0.weight'?"), std::string::npos);
  EXPECT_EQ(jtr_trainer_get_tensor_info(trainer, JTR_TENSOR_KIND_STATE, 100000, &info), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "index");
}

TEST_F(Border, AStepReportsNamedTerms) {
  ASSERT_EQ(step(), JTR_STATUS_OK) << last_error().message;
  EXPECT_EQ(result.step, 1);
  ASSERT_EQ(result.term_count, 2);
  EXPECT_STREQ(result.terms[0].name, "supervised");
  EXPECT_STREQ(result.terms[1].name, "supervised.far");
  EXPECT_EQ(result.terms[0].value, result.loss);
  const auto described = nlohmann::json::parse(jtr_trainer_describe(trainer));
  EXPECT_EQ(described["terms"], (nlohmann::json{"supervised", "supervised.far"}));
  EXPECT_EQ(described["stride"], 1);  // supervised takes every size
  EXPECT_EQ(described["options"]["network"]["width"], 2);
  EXPECT_EQ(described["options"]["optimizer"]["beta2"], 0.999);
}

TEST_F(Border, EveryWrongTensorIsRefusedByItsName) {
  const auto with = [&](size_t i, void (*spoil)(jtr_tensor&), const char* field) {
    const jtr_tensor good = inputs[i];
    spoil(inputs[i]);
    expect_refused(field);
    inputs[i] = good;
  };
  with(
      0, [](jtr_tensor& t) { t.struct_size = 3; }, "request.inputs[0].struct_size");
  with(
      1, [](jtr_tensor& t) { t.name = nullptr; }, "request.inputs[1].name");
  with(
      1, [](jtr_tensor& t) { t.name = "image"; }, "request.inputs[1].name");
  with(
      1, [](jtr_tensor& t) { t.name = "label.near"; }, "batch.label.near");
  with(
      0, [](jtr_tensor& t) { t.dtype = 99; }, "batch.image.dtype");
  with(
      0, [](jtr_tensor& t) { t.dtype = JTR_DTYPE_UINT8; }, "batch.image");
  with(
      0, [](jtr_tensor& t) { t.dimensions = 9; }, "batch.image.dimensions");
  with(
      0, [](jtr_tensor& t) { t.dimensions = -1; }, "batch.image.dimensions");
  with(
      0, [](jtr_tensor& t) { t.sizes = nullptr; }, "batch.image.sizes");
  with(
      0, [](jtr_tensor& t) { t.data = nullptr; }, "batch.image.data");
  with(
      0, [](jtr_tensor& t) { t.data = static_cast<char*>(t.data) + 1; }, "batch.image.data");
  with(
      0, [](jtr_tensor& t) { --t.bytes; }, "batch.image.bytes");
  static const int64_t huge[] = {INT64_MAX, 2, 3, 32, 32}, negative[] = {1, -1, 3, 32, 32};
  with(
      0, [](jtr_tensor& t) { t.sizes = huge; }, "batch.image.sizes");
  with(
      0, [](jtr_tensor& t) { t.sizes = negative; }, "batch.image.sizes");
  static const int64_t far[] = {1, 1, 1024, 32, 1 << 20};
  with(
      0, [](jtr_tensor& t) { t.strides = far; }, "batch.image.bytes");
  static const int64_t gaps[] = {3072, 3072, 1024, 32, 0};
  with(
      0, [](jtr_tensor& t) { t.strides = gaps; }, "batch.image");
  request.input_count = -1;
  expect_refused("request.inputs_count");
  request.input_count = 2;
  expect_refused("batch.labelled");
  request.input_count = 3;
  request.options = R"({"speed": 1})";
  expect_refused("options.speed");
  request.options = "{}";
  EXPECT_EQ(step(), JTR_STATUS_OK) << last_error().message;
}

TEST_F(Border, OutputsAreDeliveredWhereTheyAreWanted) {
  // Two samples that lie with a gap between them: in a stack of two tasks' labels, say.
  images.assign(2 * 2 * 3 * 32 * 32, 0.5f);
  labels.assign(3 * 2 * 32 * 32, 2.0f);
  image_sizes = {1, 2, 3, 32, 32};
  label_sizes = {1, 2, 1, 32, 32};
  labelled_sizes = {2, 1};
  const std::vector<uint8_t> both = {1, 1};
  const std::vector<int64_t> image_strides = {0, 2 * 3 * 1024, 1024, 32, 1}, label_strides = {0, 3 * 1024, 1024, 32, 1};
  inputs[0].data = images.data();
  inputs[0].bytes = static_cast<int64_t>(images.size() * sizeof(float));
  inputs[0].strides = image_strides.data();
  inputs[1].data = labels.data();
  inputs[1].bytes = static_cast<int64_t>(labels.size() * sizeof(float));
  inputs[1].strides = label_strides.data();
  inputs[2].data = const_cast<uint8_t*>(both.data());
  inputs[2].bytes = 2;
  std::vector<double> losses(2), task(1), term(2), prediction(2 * 1024), gradient(2 * 1024);
  const std::vector<int64_t> two = {2}, one = {1}, planes = {1, 2, 1, 32, 32};
  add(outputs, "loss", JTR_DTYPE_FLOAT64, two, losses.data(), 16);
  add(outputs, "task_loss", JTR_DTYPE_FLOAT64, one, task.data(), 8);
  add(outputs, "supervised.far", JTR_DTYPE_FLOAT64, two, term.data(), 16);
  add(outputs, "prediction.far", JTR_DTYPE_FLOAT64, planes, prediction.data(), prediction.size() * 8);
  add(outputs, "prediction_grad.far", JTR_DTYPE_FLOAT64, planes, gradient.data(), gradient.size() * 8);
  request.outputs = outputs.data();
  request.output_count = static_cast<int32_t>(outputs.size());
  ASSERT_EQ(step(), JTR_STATUS_OK) << last_error().message;
  EXPECT_NEAR((losses[0] + losses[1]) / 2, result.loss, 1e-12);
  EXPECT_EQ(losses, term);
  EXPECT_NEAR(task[0], result.loss, 1e-12);
  double error = 0;
  for (size_t i = 0; i < 1024; ++i) error += std::abs(prediction[i] - 2) / 1024;
  EXPECT_NEAR(error, losses[0], 1e-6);
  EXPECT_NEAR(std::abs(gradient[5]), 1.0 / 2048, 1e-9);
  outputs[0].name = "loses";
  expect_refused("output.loses");
  outputs[0].name = "loss";
  outputs[0].dtype = JTR_DTYPE_FLOAT32;
  expect_refused("output.loss");
}

TEST_F(Border, TheNextBatchOfARequestIsOptionalAndChecked) {
  std::vector<jtr_tensor> next = inputs;
  request.next_inputs = next.data();
  request.next_input_count = 3;
  EXPECT_EQ(step(), JTR_STATUS_OK) << last_error().message;
  next[0].struct_size = 1;
  expect_refused("request.next_inputs[0].struct_size");
  EXPECT_EQ(result.step, 1);
}

TEST_F(Border, AnOlderCallersStructsAreServed) {
  // Before next_inputs was there, and before the result told its terms.
  request.next_inputs = reinterpret_cast<const jtr_tensor*>(8);  // not looked at
  request.struct_size = offsetof(jtr_step_request, next_inputs);
  result.struct_size = offsetof(jtr_step_result, terms);
  result.term_count = 77;
  EXPECT_EQ(step(), JTR_STATUS_OK) << last_error().message;
  EXPECT_EQ(result.step, 1);
  EXPECT_EQ(result.term_count, 77);
}

TEST_F(Border, DomainsCrossByName) {
  std::vector<int64_t> domain = {0};
  const std::vector<int64_t> sizes = {1};
  add(inputs, "domain", JTR_DTYPE_INT64, sizes, domain.data(), 8);
  request.inputs = inputs.data();
  request.input_count = 4;
  EXPECT_EQ(step(), JTR_STATUS_OK) << last_error().message;
  domain[0] = 1;
  expect_refused("batch.domain");
  inputs[3].dtype = JTR_DTYPE_FLOAT64;
  expect_refused("batch.domain");
  jtr_trainer_destroy(trainer);
  trainer =
      jtr_trainer_create(R"({"tasks": [{"name": "far", "kind": "depth"}], "network": {"name": "segnet", "width": 2},
      "method": {"name": "supervised"}, "device": "cpu", "domains": ["a", "b"],
      "domain_techniques": [{"name": "norms"}, {"name": "adversarial"}]})");
  ASSERT_NE(trainer, nullptr) << last_error().message;
  inputs[3].dtype = JTR_DTYPE_INT64;
  EXPECT_EQ(step(), JTR_STATUS_OK) << last_error().message;
  jtr_predict_request predict = make<jtr_predict_request>();
  std::vector<float> out(1024, -1), of_domain(1024, -1);
  const std::vector<int64_t> out_sizes = {1, 1, 32, 32};
  image_sizes = {1, 3, 32, 32};
  inputs[0].dimensions = 4;
  std::vector<jtr_tensor> given = {inputs[0], inputs[3]};
  predict.inputs = given.data();
  predict.input_count = 2;
  add(outputs, "prediction.far", JTR_DTYPE_FLOAT32, out_sizes, of_domain.data(), 4096);
  predict.outputs = outputs.data();
  predict.output_count = 1;
  for (int64_t i = 0; i < 2; ++i) {
    // Domain 1 was seen, domain 0 was not: it has the mixture, which is that of domain 1.
    domain[0] = 1 - i;
    ASSERT_EQ(jtr_trainer_predict(trainer, &predict), JTR_STATUS_OK) << last_error().message;
    if (i == 0) out = of_domain;
  }
  EXPECT_EQ(out, of_domain);
  domain[0] = 2;
  EXPECT_EQ(jtr_trainer_predict(trainer, &predict), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "domain");
}

TEST_F(Border, ImagesArePredictedByName) {
  image_sizes = {1, 3, 32, 32};
  inputs[0].dimensions = 4;
  std::vector<float> out(1024, -1);
  const std::vector<int64_t> sizes = {1, 1, 32, 32};
  add(outputs, "prediction.far", JTR_DTYPE_FLOAT32, sizes, out.data(), out.size() * 4);
  jtr_predict_request predict = make<jtr_predict_request>();
  predict.inputs = inputs.data();
  predict.input_count = 1;
  predict.outputs = outputs.data();
  predict.output_count = 1;
  ASSERT_EQ(jtr_trainer_predict(trainer, &predict), JTR_STATUS_OK) << last_error().message;
  EXPECT_NE(out[0], -1);
  int32_t cancel = 1;
  predict.cancel = &cancel;
  EXPECT_EQ(jtr_trainer_predict(trainer, &predict), JTR_STATUS_CANCELLED);
  predict.cancel = nullptr;
  outputs[0].name = "prediction.fra";
  EXPECT_EQ(jtr_trainer_predict(trainer, &predict), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_NE(std::string(last_error().message).find("'prediction.far'?"), std::string::npos) << last_error().message;
  predict.input_count = 0;
  EXPECT_EQ(jtr_trainer_predict(trainer, &predict), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "image");
}

TEST_F(Border, OneProcessReducesToItself) {
  std::vector<double> values = {1, 2, 3};
  EXPECT_EQ(jtr_trainer_reduce(trainer, values.data(), 3, JTR_REDUCTION_SUM), JTR_STATUS_OK);
  EXPECT_EQ(values, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(jtr_trainer_reduce(trainer, nullptr, 0, JTR_REDUCTION_MAX), JTR_STATUS_OK);
  EXPECT_EQ(jtr_trainer_reduce(trainer, values.data(), 3, 9), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "reduction");
}

TEST(Abi, MessagesReachTheLogCallback) {
  std::vector<std::string> seen;
  jtr_set_log_callback([](int32_t, const char* message,
                          void* user) { static_cast<std::vector<std::string>*>(user)->push_back(message); },
                       &seen);
  jtr_trainer_destroy(jtr_trainer_create(kOptions));
  jtr_set_log_callback(nullptr, nullptr);
  jtr_trainer_destroy(jtr_trainer_create(kOptions));
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_NE(seen[0].find("supervised"), std::string::npos);
  EXPECT_NE(seen[0].find("cpu"), std::string::npos);
}

TEST(Abi, ACallbackMayCallTheLibraryAndSetACallback) {
  // Item 10: this hung.
  static int calls;
  calls = 0;
  jtr_set_log_callback(
      [](int32_t, const char*, void*) {
        ++calls;
        jtr_set_log_callback(nullptr, nullptr);
        jtr_trainer_destroy(jtr_trainer_create(kOptions));
      },
      nullptr);
  jtr_trainer_destroy(jtr_trainer_create(kOptions));
  jtr_trainer_destroy(jtr_trainer_create(kOptions));
  EXPECT_EQ(calls, 1);
}

TEST(Abi, TheSchemaIsJson) {
  const auto schema = nlohmann::json::parse(jtr_options_schema());
  EXPECT_TRUE(schema["properties"].contains("method"));
  EXPECT_EQ(jtr_options_schema(), jtr_options_schema());
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
  EXPECT_EQ(structs.size(), 11u);
  jtr_field_layout layout = make<jtr_field_layout>();
  EXPECT_EQ(jtr_get_field_layout(count, &layout), JTR_STATUS_INVALID_ARGUMENT);
}

/// The JTR loss alone.
TEST(Abi, TheLossAloneTakesPredictionsByName) {
  jtr_regularizer* regularizer = jtr_regularizer_create(
      R"({"tasks": [{"name": "far", "kind": "depth"}, {"name": "edge", "kind": "map"}],
          "method": {"name": "jtr", "width": 2}, "device": "cpu"})");
  ASSERT_NE(regularizer, nullptr) << last_error().message;
  std::vector<float> predictions(2 * 2 * 1024, 0.5f), labels(2 * 2 * 1024, 0.75f), gradient(2 * 1024, 9.0f);
  std::vector<uint8_t> labelled = {1, 0};
  // Both tasks' planes lie in one stack [2, B, 2, H, W].
  const std::vector<int64_t> sizes = {2, 1, 1, 32, 32}, strides = {2048, 2048, 1024, 32, 1}, matrix = {1, 2};
  std::vector<jtr_tensor> inputs, outputs;
  for (size_t t = 0; t < 2; ++t) {
    Border::add(inputs, t == 0 ? "prediction.far" : "prediction.edge", JTR_DTYPE_FLOAT32, sizes,
                predictions.data() + 1024 * t, (predictions.size() - 1024 * t) * 4);
    Border::add(inputs, t == 0 ? "label.far" : "label.edge", JTR_DTYPE_FLOAT32, sizes, labels.data() + 1024 * t,
                (labels.size() - 1024 * t) * 4);
  }
  for (jtr_tensor& tensor : inputs) tensor.strides = strides.data();
  Border::add(inputs, "labelled", JTR_DTYPE_UINT8, matrix, labelled.data(), 2);
  Border::add(outputs, "prediction_grad.edge", JTR_DTYPE_FLOAT32, sizes, gradient.data(), gradient.size() * 4);
  jtr_step_request request = make<jtr_step_request>();
  request.inputs = inputs.data();
  request.input_count = static_cast<int32_t>(inputs.size());
  request.outputs = outputs.data();
  request.output_count = 1;
  jtr_step_result result = make<jtr_step_result>();
  ASSERT_EQ(jtr_regularizer_compute(regularizer, &request, &result), JTR_STATUS_OK) << last_error().message;
  ASSERT_EQ(result.term_count, 2);
  EXPECT_STREQ(result.terms[0].name, "jtr.dist");
  EXPECT_NEAR(result.loss, 4 * result.terms[0].value + 2 * result.terms[1].value, 1e-5 * result.loss);
  EXPECT_NE(gradient[0], 0);
  EXPECT_NE(gradient[0], 9);
  EXPECT_EQ(gradient[1024], 0);  // the second view
  EXPECT_EQ(jtr_regularizer_update(regularizer), JTR_STATUS_OK);
  EXPECT_EQ(jtr_regularizer_update(regularizer), JTR_STATUS_INVALID_STATE);
  inputs[0].dimensions = 4;
  EXPECT_EQ(jtr_regularizer_compute(regularizer, &request, &result), JTR_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().field, "batch.prediction.far") << last_error().message;
  jtr_regularizer_destroy(regularizer);
}

}  // namespace
