"""The Lambda zips, and the files beside the templates."""
