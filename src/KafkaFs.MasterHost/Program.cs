return await KafkaFs.MasterHost.MasterProgram.RunAsync(args);
