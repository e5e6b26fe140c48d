// MTPSL against the published code's numbers: every .npz of tests/golden/mtpsl and of $JTR_GOLDEN/mtpsl.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>

#include "methods/method_fixture.h"
#include "npz.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

/// Losses and gradients in double agree to the order in which sums are taken; the issue asks for this.
constexpr double kTolerance = 1e-8;

std::vector<std::string> golden_files() {
  std::vector<fs::path> folders = {fs::path(JTR_GOLDEN_DIR) / "mtpsl"};
  if (const char* given = std::getenv("JTR_GOLDEN")) {
    // Golden files of other parts alone are fine; a folder that does not exist is not.
    if (!fs::is_directory(given)) throw std::runtime_error(text("JTR_GOLDEN: there is no folder ", given));
    if (fs::is_directory(fs::path(given) / "mtpsl")) folders.push_back(fs::path(given) / "mtpsl");
  }
  std::vector<std::string> files;
  for (const fs::path& folder : folders) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".npz") files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

class MtpslGolden : public testing::TestWithParam<std::tuple<std::string, Recomputation>> {};

TEST_P(MtpslGolden, LossesAndGradientsAgreeWithThePublishedCode) {
  const std::map<std::string, at::Tensor> golden = test::read_npz(std::get<0>(GetParam()));
  const at::Tensor seg = golden.at("seg_logits"), feature = golden.at("feature");
  const TaskSet tasks({test::segmentation(seg.size(1)), test::depth(), test::normals()});
  const test::MadeMethod mtpsl(tasks, "mtpsl", Json::object(), feature.size(1) / 8, 1, std::get<1>(GetParam()));

  std::vector<std::pair<std::string, at::Tensor>> gradients;
  size_t loaded = 0;
  for (const OwnNetwork& own : mtpsl->networks()) {
    for (const NamedTensor& tensor : own.store->parameter_list()) {
      slice(own.store->flat_parameters(), tensor).copy_(golden.at(own.prefix + tensor.name));
      gradients.emplace_back("grad/" + own.prefix + tensor.name, slice(own.store->flat_gradients(), tensor));
      ++loaded;
    }
  }
  size_t expected_gradients = 0;
  for (const auto& entry : golden) expected_gradients += entry.first.rfind("grad/mapping/", 0) == 0;
  ASSERT_EQ(loaded, expected_gradients);

  test::LossBatch batch;
  batch.samples = seg.size(0);
  const int64_t slots = mtpsl->needs().noise_slots;
  batch.predictions = {at::Tensor{}, at::cat({seg, golden.at("depth"), golden.at("normal")}, 1)};
  batch.labels = {
      at::Tensor{},
      at::cat({golden.at("seg_label").unsqueeze(1), golden.at("depth_label"), golden.at("normal_label")}, 1)};
  batch.labelled = golden.at("labeled").ne(0);
  const at::Tensor labelled = golden.at("labeled").to(at::kByte).contiguous();
  batch.labelled_host.assign(labelled.data_ptr<uint8_t>(), labelled.data_ptr<uint8_t>() + labelled.numel());
  // A sample has at most two pairs whose source is segmentation; the file's third slot is never read.
  batch.noise = golden.at("gumbel_exponential").narrow(1, 0, slots);
  batch.features = {at::Tensor{}, feature};
  const at::Tensor grad = at::zeros_like(batch.predictions[1]);
  const test::LossTerms terms = test::compute(*mtpsl, tasks, batch, {at::Tensor{}, grad});

  EXPECT_LT(test::relative_error(terms.dist, golden.at("consistency")), kTolerance);
  EXPECT_LT(test::relative_error(terms.loss.mean(), golden.at("loss")), kTolerance);
  EXPECT_LT(test::relative_error(tasks.prediction(grad, 0), golden.at("grad/seg_logits")), kTolerance);
  EXPECT_LT(test::relative_error(tasks.prediction(grad, 1), golden.at("grad/depth")), kTolerance);
  EXPECT_LT(test::relative_error(tasks.prediction(grad, 2), golden.at("grad/normal")), kTolerance);
  size_t compared = 0;
  for (const auto& [name, gradient] : gradients) {
    // The true gradient of a bias in front of a norm is zero.
    const bool first = name.find("pred_encoder_source") != std::string::npos;
    if (ends_with(name, first ? ".0.bias" : ".conv.bias")) continue;
    EXPECT_LT(test::relative_error(gradient, golden.at(name)), kTolerance) << name;
    ++compared;
  }
  EXPECT_GT(compared, 60u);
}

INSTANTIATE_TEST_SUITE_P(Files, MtpslGolden,
                         testing::Combine(testing::ValuesIn(golden_files()),
                                          testing::Values(Recomputation::kNorms, Recomputation::kStages)),
                         [](const auto& info) {
                           const bool stages = std::get<1>(info.param) == Recomputation::kStages;
                           std::string name = fs::path(std::get<0>(info.param)).stem().string() +
                                              (stages ? "_stages_" : "_") + std::to_string(info.index);
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace jtr
