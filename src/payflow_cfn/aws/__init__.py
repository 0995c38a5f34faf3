"""AWS's own facts: regions, runtimes, limits, S3 addresses, tags, the template language."""
