"""The Lambda zips, and the manifest and bills of materials beside the templates."""
