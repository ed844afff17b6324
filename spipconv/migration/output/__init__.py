"""The output folder: names and contents come in, whole files go out; files that the user has changed stay."""
