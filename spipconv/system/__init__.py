"""What the uses ask of the operating system: files written whole, locks between processes, how many to start."""
