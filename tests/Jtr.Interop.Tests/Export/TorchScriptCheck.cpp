// Loads a TorchScript file with libtorch and nothing of this project, and runs it:
//   torch_script_check <file> <N> <H> <W> [sizes ...] < images > predictions
// images: N x 3 x H x W floats, then, for each of the further sizes such as 2xHxW or 5, as many for each sample;
// predictions: for each task in the order of its name, a line "name N C H W" and the floats.
#include <torch/script.h>

#include <cstdio>
#include <map>
#include <sstream>
#include <string>

bool read(at::Tensor& tensor) {
  const size_t count = static_cast<size_t>(tensor.numel());
  return std::fread(tensor.data_ptr<float>(), sizeof(float), count, stdin) == count;
}

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  try {
    torch::jit::Module module = torch::jit::load(argv[1]);
    module.eval();
    const int64_t n = std::stoll(argv[2]), h = std::stoll(argv[3]), w = std::stoll(argv[4]);
    std::vector<c10::IValue> inputs;
    at::Tensor images = torch::empty({n, 3, h, w});
    if (!read(images)) return 3;
    inputs.emplace_back(images);
    for (int i = 5; i < argc; ++i) {
      std::vector<int64_t> sizes = {n};
      std::istringstream words(argv[i]);
      for (std::string size; std::getline(words, size, 'x');) sizes.push_back(std::stoll(size));
      at::Tensor further = torch::empty(sizes);
      if (!read(further)) return 3;
      inputs.emplace_back(further);
    }
    const torch::NoGradGuard guard;
    std::map<std::string, at::Tensor> outputs;
    for (const auto& entry : module.forward(inputs).toGenericDict()) {
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
