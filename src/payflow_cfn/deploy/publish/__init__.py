"""The zips and templates into the bucket."""
