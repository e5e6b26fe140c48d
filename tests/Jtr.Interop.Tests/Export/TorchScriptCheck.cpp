// Loads a TorchScript file with libtorch and nothing of this project, and runs it:
//   torch_script_check <file> <N> <H> <W> < images > predictions
// images: N x 3 x H x W floats; predictions: for each task in the order of its name, a line "name N C H W" and the floats.
#include <torch/script.h>

#include <cstdio>
#include <map>
#include <string>

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  try {
    torch::jit::Module module = torch::jit::load(argv[1]);
    module.eval();
    const int64_t n = std::stoll(argv[2]), h = std::stoll(argv[3]), w = std::stoll(argv[4]);
    at::Tensor images = torch::empty({n, 3, h, w});
    const size_t count = static_cast<size_t>(images.numel());
    if (std::fread(images.data_ptr<float>(), sizeof(float), count, stdin) != count) return 3;
    const torch::NoGradGuard guard;
    std::map<std::string, at::Tensor> outputs;
    for (const auto& entry : module.forward({images}).toGenericDict()) {
      outputs[entry.key().toStringRef()] = entry.value().toTensor().contiguous();
    }
    for (const auto& [name, value] : outputs) {
      std::printf("%s", name.c_str());
      for (const int64_t size : value.sizes()) std::printf(" %lld", (long long)size);
      std::printf("\n");
      std::fwrite(value.data_ptr<float>(), sizeof(float), static_cast<size_t>(value.numel()), stdout);
    }
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
