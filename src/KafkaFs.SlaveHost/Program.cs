return await KafkaFs.SlaveHost.SlaveProgram.RunAsync(args, isService: true);
