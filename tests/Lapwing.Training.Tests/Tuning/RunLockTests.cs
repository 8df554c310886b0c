namespace Lapwing.Training.Tests.Tuning;

public sealed class RunLockTests
{
    [Fact]
    public void A_folder_is_one_runs_until_it_ends()
    {
        using var files = new TemporaryFiles();
        using (RunLock.Take(files.Folder))
        {
            Assert.Contains("another run is writing there", Assert.Throws<IOException>(() => RunLock.Take(files.Folder)).Message);
            TuneRun.ClaimFolder(files.Folder, resume: false); // what a killed run left is in nobody's way
        }
        Assert.Empty(Directory.EnumerateFileSystemEntries(files.Folder));
        RunLock.Take(files.Folder).Dispose();
    }
}
