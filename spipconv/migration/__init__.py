"""A whole SPIP site, from its database to the files of another system.

sources -> encoding -> tables -> base (a working copy) -> plan (addresses) -> pages -> targets -> files; beside them
old addresses, redirects and the report.
"""
