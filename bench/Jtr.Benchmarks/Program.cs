using BenchmarkDotNet.Running;
using Jtr.Benchmarks.Loader;

// dotnet run -c Release --project bench/Jtr.Benchmarks -- loader    CPU time a sample and samples/s, in seconds (bench/LOADER.md)
// dotnet run -c Release --project bench/Jtr.Benchmarks -- [options of BenchmarkDotNet, such as --filter '*' --job short]
if (args is ["loader"])
{
    LoaderReport.Run();
    return;
}
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
