using Jtr.ApiDocs;

// Writes the pages of docs/api anew: ./build.sh docs
if (args is not [string folder])
{
    Console.Error.WriteLine("usage: Jtr.ApiDocs FOLDER");
    return 2;
}
Directory.CreateDirectory(folder);
foreach (string old in Directory.GetFiles(folder, "*.md"))
    File.Delete(old);
foreach ((string name, string text) in ApiReference.Pages())
    File.WriteAllText(Path.Combine(folder, name), text);
Console.WriteLine($"{Directory.GetFiles(folder).Length} pages in {folder}");
return 0;
