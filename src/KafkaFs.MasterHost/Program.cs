using KafkaFs.MasterHost;

return args switch
{
    ["cleanup", .. string[] places] => MasterProgram.Cleanup(places),
    [MountCompanion.Command, .. string[] arguments] => MountCompanion.Run(arguments),
    _ => await MasterProgram.RunAsync(args, isService: true),
};
