"""What the uses ask of the operating system: locks between processes, how many of these are worth starting."""
