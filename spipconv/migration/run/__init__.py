"""The whole migration, in one or several processes: a source comes in, a finished folder and its report go out."""
