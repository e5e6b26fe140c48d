using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Jtr.Interop.Json;

/// <summary>
/// JSON files that people write: with a byte order mark or without, in UTF-8 or with a mark in UTF-16 or UTF-32, and with mistakes, which
/// are told in the words of the file.
/// </summary>
internal static class JsonFile
{
    private static readonly UTF8Encoding _plain = new(encoderShouldEmitUTF8Identifier: false);

    // Longest mark first: that of UTF-32 begins as that of UTF-16.
    private static readonly Encoding[] _marked =
    [
        new UTF32Encoding(bigEndian: false, byteOrderMark: true),
        new UTF32Encoding(bigEndian: true, byteOrderMark: true),
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true),
    ];

    /// <summary>Reads a file as UTF-8 without a byte order mark.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it holds, for messages.</param>
    /// <exception cref="JtrFormatException">It is in another encoding and has no mark that says in which.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] ReadBytes(string path, string what = "JSON")
    {
        byte[] bytes = File.ReadAllBytes(path);
        foreach (Encoding encoding in _marked)
        {
            ReadOnlySpan<byte> mark = encoding.GetPreamble();
            if (!bytes.AsSpan().StartsWith(mark))
                continue;
            byte[] rest = bytes[mark.Length..];
            bytes = encoding is UTF8Encoding ? rest : Encoding.Convert(encoding, _plain, rest);
            break;
        }
        if (!Utf8.IsValid(bytes))
            throw new JtrFormatException(path, $"the file is not in UTF-8, which {what} has to be: save it as UTF-8", FirstFault(bytes));
        return bytes;
    }

    /// <summary>Reads a file of a known form.</summary>
    /// <param name="path">The file.</param>
    /// <param name="form">What it holds.</param>
    /// <exception cref="JtrFormatException">It is damaged; the message names the key and what it has to be.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static T Read<T>(string path, JsonTypeInfo<T> form)
        where T : class
    {
        byte[] bytes = ReadBytes(path);
        try
        {
            JsonDocumentOptions options = new()
            {
                CommentHandling = form.Options.ReadCommentHandling,
                AllowTrailingCommas = form.Options.AllowTrailingCommas,
            };
            using JsonDocument document = JsonDocument.Parse(bytes, options);
            JsonForm.Check(path, document.RootElement, form);
            return document.RootElement.Deserialize(form) ?? throw new JtrFormatException(path, "it holds null");
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, Describe(e), innerException: e);
        }
        catch (InvalidOperationException e)
        {
            // Strings are decoded late: only when they are asked for does it show that they are no Unicode.
            throw new JtrFormatException(path, $"no JSON: {e.Message}", innerException: e);
        }
    }

    /// <summary>Where JSON ends to be JSON, as an editor counts lines.</summary>
    private static string Describe(JsonException e)
    {
        string message = e.Message;
        int place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (place > 0)
            message = message[..place].TrimEnd();
        return e.LineNumber is long line
            ? string.Create(CultureInfo.InvariantCulture, $"no JSON: {message} (line {line + 1}, byte {(e.BytePositionInLine ?? 0) + 1})")
            : $"no JSON: {message}";
    }

    private static long FirstFault(byte[] bytes)
    {
        int valid = 0;
        while (Rune.DecodeFromUtf8(bytes.AsSpan(valid), out _, out int length) == System.Buffers.OperationStatus.Done)
            valid += length;
        return valid;
    }
}
