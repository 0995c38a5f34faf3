"""Publish the zips and templates to the bucket."""
