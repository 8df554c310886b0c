using Lapwing.Formats.Tests;

// With "child NAME FOLDER" the program plays the process that a test kills or pulls a file from under; otherwise it runs the tests.
if (args is ["child", var name, var folder]) return ChildProcess.Play(name, folder);
return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
