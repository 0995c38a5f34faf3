"""One function per permission; each returns an awacs Statement, and documents are lists of them.

Functions take ARNs and names as arguments (text or intrinsic functions), so these modules do not depend on resources.
"""
