"""The version of this release, and of the template sets that it renders; setup.cfg reads it from here."""

# A literal: setuptools reads it from the source, without importing the package.
TEMPLATE_VERSION = "1.1.0"
