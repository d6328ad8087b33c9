using KafkaFs.MasterHost;

return args is ["cleanup", .. string[] places] ? MasterProgram.Cleanup(places) : await MasterProgram.RunAsync(args);
