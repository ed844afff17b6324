"""The output folder: names and contents come in, whole files go out; what a user has changed stays."""
