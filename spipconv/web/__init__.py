"""Serving over HTTP, what preview and forum share: connections, limits, proxies, reading, refusals and logs."""
