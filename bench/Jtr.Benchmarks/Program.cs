using BenchmarkDotNet.Running;
using Jtr.Benchmarks.Loader;
using Jtr.Benchmarks.Training;

// dotnet run -c Release --project bench/Jtr.Benchmarks -- loader    CPU time a sample and samples/s, in seconds (bench/LOADER.md)
// dotnet run -c Release --project bench/Jtr.Benchmarks -- step      a step from C# against one from C, in seconds
// dotnet run -c Release --project bench/Jtr.Benchmarks -- [options of BenchmarkDotNet, such as --filter '*' --job short]
switch (args)
{
    case ["loader"]:
        LoaderReport.Run();
        break;
    case ["step"]:
        StepReport.Run();
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}
