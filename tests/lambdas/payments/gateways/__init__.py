"""Tests of the gateways, apart from the package of the same name for the type checker."""
