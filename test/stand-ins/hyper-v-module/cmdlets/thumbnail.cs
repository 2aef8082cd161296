// A machine's screen as GetVirtualSystemThumbnailImage gives it: raw RGB565, little-endian.
using System;
using System.IO;
using System.Text;
using System.Text.Json;

namespace Ringzero.PowerShellHost;

public static class Thumbnail
{
    public static byte[] Capture(VirtualMachine machine, int width, int height)
    {
        var file = machine.File($"screen.{Environment.ProcessId}.ppm");
        Monitor.Execute(machine, "screendump", JsonSerializer.Serialize(new { filename = file }));
        var picture = File.ReadAllBytes(file);
        File.Delete(file);
        // P6, width, height, 255, each ended by white space; then three bytes a pixel.
        var position = 0;
        string Word()
        {
            var start = position;
            while (picture[position] > 32) position++;
            return Encoding.ASCII.GetString(picture, start, position++ - start);
        }
        Word();
        var (fullWidth, fullHeight) = (int.Parse(Word()), int.Parse(Word()));
        Word();
        var pixels = new byte[width * height * 2];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var from = position + (y * fullHeight / height * fullWidth + x * fullWidth / width) * 3;
                var value = (picture[from] >> 3 << 11) | (picture[from + 1] >> 2 << 5) | (picture[from + 2] >> 3);
                BitConverter.TryWriteBytes(pixels.AsSpan((y * width + x) * 2), (ushort)value);
            }
        return pixels;
    }
}
