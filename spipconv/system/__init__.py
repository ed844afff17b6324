"""Services of the operating system for all uses: writing whole files, locks between processes, counting processors."""
