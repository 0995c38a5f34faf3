"""One function per permission; each returns an awacs Statement, and documents are lists of them.

Functions take ARNs and names as values (text or intrinsic functions), so that these modules know no resource.
"""
